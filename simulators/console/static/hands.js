// What a person at the cabinet holds: a parcel to scan and lay in, or any text under the scanner.
import { useState } from "preact/hooks";
import { html } from "/static/html.js";
import { held, inHand, parcels, scan, settings } from "/static/store.js";

// AIM symbology identifiers (ISO/IEC 15424) of what a locker's scanner meets.
export const SYMBOLOGIES = [
  ["C0", "Code 128"], ["C1", "GS1-128"], ["Q1", "QR Code"], ["d1", "Data Matrix"], ["E0", "EAN-13"],
  ["A0", "Code 39"], ["I0", "Interleaved 2 of 5"],
];

const ORDER = ["announced", "going in", "waiting", "expired", "refused", "unheard", "picked up", "taken back", "missing"];

function matches(row, words) {
  const text = `${row.tracking_code} ${row.recipient} ${row.parcel} ${row.state} ${row.compartment}`.toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

function Row({ row }) {
  const pressed = inHand.value === row.tracking_code;
  const take = () => { inHand.value = pressed ? "" : row.tracking_code; };
  return html`<li class=${pressed ? "held" : ""}>
    <button type="button" class="pick" aria-pressed=${pressed} onClick=${take} title="Take it in your hand">
      <span class="badge">${row.size}</span>
      <span class="code">${row.tracking_code}</span>
      <span class="who">${row.recipient}${row.consent ? "" : " · no consent"}</span>
      <span class="state ${row.state.replace(" ", "-")}">${row.compartment ? row.compartment.toUpperCase() : row.state}</span>
    </button>
    <button type="button" class="scan" aria-label=${`Scan ${row.tracking_code}`} onClick=${() => scan(row.tracking_code, "C0")}>Scan</button>
  </li>`;
}

function AnyText() {
  const [text, setText] = useState("");
  const [kind, setKind] = useState("C0");
  const submit = (event) => { event.preventDefault(); scan(text, kind); };
  return html`<form class="any" onSubmit=${submit}>
    <label><span>Scan any text</span>
      <input id="scan-text" value=${text} onInput=${(event) => setText(event.target.value)} placeholder="any text" required autocomplete="off" spellcheck=${false} /></label>
    <label><span>Symbology</span>
      <select value=${kind} onChange=${(event) => setKind(event.target.value)}>
        ${SYMBOLOGIES.map(([id, name]) => html`<option key=${id} value=${id}>${name}</option>`)}
      </select></label>
    <button type="submit" class="primary">Scan</button>
  </form>`;
}

export function Hands() {
  const [words, setWords] = useState("");
  const rows = parcels.value.rows.filter((row) => matches(row, words))
    .sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  const parcel = held.value;
  return html`<section class="panel hands" aria-labelledby="hands">
    <header><h2 id="hands">Parcels</h2>
      <input class="find" type="search" aria-label="Find a parcel" placeholder="find …" value=${words} onInput=${(event) => setWords(event.target.value)} /></header>
    <p class="holding">${parcel
      ? html`In your hand: <strong>${parcel.tracking_code}</strong> (${parcel.size}), for ${parcel.recipient}`
      : "Choose a parcel to hold it; open a compartment to lay it in."}</p>
    <ul class="parcels" tabindex="0" aria-label="Announced parcels">
      ${rows.map((row) => html`<${Row} key=${row.parcel} row=${row} />`)}
      ${!rows.length && html`<li class="none">${words ? "none like that" : "nothing announced yet"}</li>`}
    </ul>
    ${settings.value?.scanners.length > 0 && html`<${AnyText} />`}
  </section>`;
}
