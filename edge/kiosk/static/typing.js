// Typing: a fixed numeric keypad and a keyboard for tracking codes.  What is typed lives until the step ends.
import { effect, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { ready, step } from "./clock.js";
import { Say, text } from "./language.js";
import { online } from "./link.js";
import { press } from "./parts.js";

export const typed = signal("");
effect(() => { step.value; typed.value = ""; });
effect(() => { if (!online.value) typed.value = ""; }); // Who comes back to a screen after an outage may be somebody else.

// What each entry takes: its field in the tap, digits at least and at most, how it is shown.
export const ENTRIES = {
  pickup_code: { action: "enter_code", field: "code", least: 9, most: 9, groups: [3, 3, 3], accepts: /^[0-9]$/ },
  courier_id: { action: "enter_staff_id", field: "staff_id", least: 4, most: 6, groups: [6], accepts: /^[0-9]$/ },
  courier_pin: { action: "enter_pin", field: "pin", least: 6, most: 6, groups: [6], hidden: true, accepts: /^[0-9]$/ },
  deposit_scan: { action: "enter_tracking", field: "tracking_code", least: 6, most: 30, free: true, accepts: /^[0-9A-Z-]$/ },
};

const add = (entry, key) => {
  if (typed.value.length < entry.most && entry.accepts.test(key)) typed.value += key;
};
const remove = () => { typed.value = typed.value.slice(0, -1); };

async function submit(entry) {
  const value = typed.value;
  if (value.length < entry.least) return;
  // Unsent digits stay for another try; sent ones are gone, whatever the station thinks of them.
  if ((await press(entry.action, { [entry.field]: value })) !== "unsent" && typed.value === value) typed.value = "";
}

// A real keyboard works too: for tests, technicians and people who bring their own switch device.
function useKeyboard(entry) {
  useEffect(() => {
    const onKey = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Backspace") remove();
      else if (event.key === "Enter" && event.target.tagName !== "BUTTON") submit(entry);
      else add(entry, event.key.toUpperCase());
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [entry]);
}

export function Display({ entry }) {
  const value = typed.value;
  let at = 0;
  const cell = (index) => html`<span class=${index < value.length ? "cell full" : index === value.length ? "cell next" : "cell"}>
    ${index < value.length ? (entry.hidden ? html`<i class="dot" />` : value[index]) : ""}</span>`;
  return html`<div class=${entry.free ? "display free" : "display"}>
    <div aria-hidden="true">
      ${entry.free
        ? html`<span class="line">${value}<i class="caret" /></span>`
        : entry.groups.map((size) => html`<span class="group">${Array.from({ length: size }, () => cell(at++))}</span>`)}
    </div>
    <output class="unseen" aria-live="polite">
      ${text((t) => t.parts.typed, { count: value.length, most: entry.free ? 0 : entry.most })}</output>
  </div>`;
}

const Key = ({ name, onPress, ...rest }) =>
  html`<button type="button" class="key" data-key=${name} onClick=${() => ready.peek() && onPress()} ...${rest}>${name}</button>`;

function DeleteKey() {
  return html`<button type="button" class="key soft" data-key="delete" onClick=${remove}
    aria-label=${text((t) => t.parts.key_delete)}><${Icon} name="delete" /></button>`;
}

function DoneKey({ entry }) {
  const ready = typed.value.length >= entry.least;
  return html`<button type="button" class="key enter" data-action=${entry.action} aria-disabled=${String(!ready)}
    onClick=${() => submit(entry)}><${Say} pick=${(t) => t.parts.key_done} only=${true} /></button>`;
}

export function Keypad({ entry }) {
  useKeyboard(entry);
  const digit = (d) => html`<${Key} key=${d} name=${d} onPress=${() => add(entry, d)} />`;
  return html`<div class="keypad" role="group" aria-labelledby="title">
    ${["1", "2", "3", "4", "5", "6", "7", "8", "9"].map(digit)}
    <${DeleteKey} />${digit("0")}<${DoneKey} entry=${entry} />
  </div>`;
}

const ROWS = ["1234567890", "QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM-"];

export function Keyboard({ entry, onClose }) {
  useKeyboard(entry);
  const row = (keys) => [...keys].map((k) => html`<${Key} key=${k} name=${k} onPress=${() => add(entry, k)} />`);
  return html`<div class="keyboard" role="group" aria-labelledby="title">
    <div>${row(ROWS[0])}</div>
    <div>${row(ROWS[1])}</div>
    <div>${row(ROWS[2])}<${DeleteKey} /></div>
    <div>
      <button type="button" class="key soft" data-key="close" onClick=${onClose}
        aria-label=${text((t) => t.parts.close_keyboard)}><${Icon} name="left" /></button>
      ${row(ROWS[3])}<${DoneKey} entry=${entry} />
    </div>
  </div>`;
}
