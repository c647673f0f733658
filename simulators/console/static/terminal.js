// The middle of the wall: the real touch screen, the scanner's window, the printer's slot.
import { useEffect, useState } from "preact/hooks";
import { html } from "/static/html.js";
import { faults, labels, scannedAt, settings } from "/static/store.js";

const FLASH_MS = 700;
const SCREEN = { width: 720, height: 1280 };   // the touch screen's own pixels
const IN_WALL = 276;                           // its drawn width in the wall
const AROUND = 152;                            // what the enlarged terminal needs above and below the glass

function broken(target) {
  return faults.value.filter((fault) => fault.target === target).map((fault) => fault.name.replaceAll("_", " "));
}

function ScannerWindow() {
  const [lit, setLit] = useState(false);
  const at = scannedAt.value;
  useEffect(() => {
    if (!at) return undefined;
    setLit(true);
    const timer = setTimeout(() => setLit(false), FLASH_MS);
    return () => clearTimeout(timer);
  }, [at]);
  const name = settings.value?.scanners[0];
  const wrong = name ? broken(name) : [];
  return html`<div class="device scanner ${lit ? "lit" : ""} ${wrong.length ? "wrong" : ""}">
    <span class="window" aria-hidden="true"><i></i></span>
    <span>scanner <strong>${name ?? "none"}</strong>${wrong.map((each) => html` · <em>${each}</em>`)}</span>
  </div>`;
}

function PrinterSlot() {
  const name = settings.value?.printers[0];
  const last = labels.value.at(-1);
  const wrong = name ? broken(name) : [];
  return html`<div class="device printer ${wrong.length ? "wrong" : ""}">
    <span class="slot" aria-hidden="true">${last && html`<img key=${last.name} src=${`/labels/${last.name}`} alt="" />`}</span>
    <span>printer <strong>${name ?? "none"}</strong>${wrong.map((each) => html` · <em>${each}</em>`)}</span>
  </div>`;
}

export function Terminal() {
  const [large, setLarge] = useState(false);
  const { kiosk, screen, notes } = settings.value ?? {};
  const scale = large ? (innerHeight - AROUND) / SCREEN.height : IN_WALL / SCREEN.width;
  return html`<div class="stand"><div class="terminal ${large ? "large" : ""}">
    <div class="sign">鸽巢 <span>Pigeonhole</span></div>
    <div class="glass" style=${{ width: `${SCREEN.width * scale}px`, height: `${SCREEN.height * scale}px` }}>
      ${screen && html`<iframe src=${screen} title="Touch screen of the station" style=${{ transform: `scale(${scale})` }}></iframe>`}
    </div>
    <div class="under">
      <button type="button" aria-expanded=${large} onClick=${() => setLarge(!large)}>${large ? "Back into the wall" : "Enlarge"}</button>
      ${kiosk && html`<a href=${kiosk} target="_blank" rel="noreferrer">Own window</a>`}
    </div>
    <${ScannerWindow} />
    <${PrinterSlot} />
    ${notes?.length > 0 && html`<ul class="notes" aria-label="Good to know">${notes.map((note) => html`<li key=${note}>${note}</li>`)}</ul>`}
  </div></div>`;
}
