// One function a screen: which figure it shows and which controls.  The words on top are the same for all.
import { signal, effect } from "@preact/signals";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { Cabinet, Plate } from "./cabinet.js";
import { step } from "./clock.js";
import { Say } from "./language.js";
import { Actions, Button, Lead, ParcelCard, params, press } from "./parts.js";
import { Display, ENTRIES, Keyboard, Keypad } from "./typing.js";

const Frame = ({ v, as, figure, controls, more }) => html`
  <${Lead} v=${v} as=${as}>${more}<//>
  <div class="figure">${figure}</div>
  <div class="controls">${controls}</div>`;

function Home({ v }) {
  const card = (action) => html`<${Button} key=${action} action=${action} class="button card ${action}">
    <${Say} pick=${(t) => t.actions[action]} both=${true} />
    <span class="detail"><${Say} pick=${(t) => t.details[action]} both=${true} /></span>
  <//>`;
  return html`<${Frame} v=${v} controls=${html`<div class="cards home">${v.actions.map(card)}</div>`} />`;
}

function Typing({ v }) {
  const entry = ENTRIES[v.screen];
  return html`<${Frame} v=${v} figure=${html`<${Display} entry=${entry} />`}
    controls=${html`<${Keypad} entry=${entry} /><${Actions} v=${v} except=${[entry.action]} />`} />`;
}

const Busy = () => html`<div class="busy" aria-hidden="true"><i /><i /><i /></div>`;
const Checking = ({ v }) => html`<${Frame} v=${v} figure=${html`<${Busy} />`} controls=${html`<${Actions} v=${v} />`} />`;

function Menu({ v }) {
  const card = (action) => html`<${Button} key=${action} action=${action} class="button card ${action}">
    <${Say} pick=${(t) => t.actions[action]} />
    <span class="detail"><${Say} pick=${(t) => t.details[action]} params=${params(v)} /></span>
  <//>`;
  const cards = ["start_deposit", "start_recall"].filter((a) => v.actions.includes(a));
  return html`<${Frame} v=${v} controls=${html`<div class="cards">${cards.map(card)}</div>
    <${Actions} v=${v} except=${cards} />`} />`;
}

const keyboardOpen = signal(false);
effect(() => { step.value; keyboardOpen.value = false; });

const ScanPicture = () => html`<div class="scan-picture" aria-hidden="true">
  <div class="label"><b /><b /><b /><div class="bars">${Array.from({ length: 22 }, (_, i) => html`<i key=${i} />`)}</div></div>
  <div class="beam" /></div>`;

const Done = ({ v }) => v.counts.done > 0 && html`<p class="tally">
  <${Icon} name="check" /><${Say} pick=${(t) => t.parts.done_count} params=${params(v)} only=${true} /></p>`;

function DepositScan({ v }) {
  const entry = ENTRIES.deposit_scan;
  if (keyboardOpen.value && v.actions.includes(entry.action)) {
    return html`<${Frame} v=${v} as="deposit_type" figure=${html`<${Display} entry=${entry} />`}
      controls=${html`<${Keyboard} entry=${entry} onClose=${() => { keyboardOpen.value = false; }} />`} />`;
  }
  const type = v.actions.includes(entry.action) && html`<${Button} action=${entry.action}
    onPress=${() => { keyboardOpen.value = true; }} />`;
  return html`<${Frame} v=${v} more=${html`<${Done} v=${v} />`} figure=${html`<${ScanPicture} />`}
    controls=${html`<${Actions} v=${v} except=${[entry.action]} first=${type} />`} />`;
}

const SIZES = ["S", "M", "L", "XL"];

function DepositSize({ v }) {
  // A parcel fits a bigger compartment too: a size is out only when nothing of it or above is free.
  const fits = (size) => SIZES.slice(SIZES.indexOf(size)).some((s) => (v.counts[`free_${s}`] ?? 0) > 0);
  const card = (size) => html`<button type="button" key=${size} class="button size-card" data-size=${size}
      disabled=${!fits(size)} onClick=${() => press("choose_size", { size })}>
    <span class="size-picture" data-size=${size} aria-hidden="true"><i /></span>
    <span class="words"><span class="size-name"><b>${size}</b> <${Say} pick=${(t) => t.sizes[size]} /></span>
      <span class="detail"><${Say} pick=${(t) => t.parts.free} params=${{ count: v.counts[`free_${size}`] ?? 0 }}
        only=${true} /></span></span>
  </button>`;
  return html`<${Frame} v=${v} more=${html`<${ParcelCard} parcel=${v.parcel} />`}
    controls=${html`<div class="cards sizes">${SIZES.map(card)}</div><${Actions} v=${v} except=${["choose_size"]} />`} />`;
}

const Door = ({ v }) => html`<${Frame} v=${v} figure=${html`<${Cabinet} cabinet=${v.cabinet} />`}
  more=${html`<div class="about"><${Plate} v=${v} /><${ParcelCard} parcel=${v.parcel} /></div>`}
  controls=${html`<${Actions} v=${v} />`} />`;

const RecallList = ({ v }) => html`<${Frame} v=${v} figure=${html`<p class="great-number" aria-hidden="true">${v.counts.expired ?? 0}</p>`}
  controls=${html`<${Actions} v=${v} />`} />`;

const Closed = ({ v }) => html`<${Frame} v=${v} figure=${html`<div class="closed" aria-hidden="true"><${Icon} name="tool" /></div>`} />`;

const Plain = ({ v }) => html`<${Frame} v=${v} controls=${html`<${Actions} v=${v} />`} />`;

// Screen to its drawing and layout; a screen nobody wrote yet still shows its buttons and the help line.
export const SCREENS = {
  home: [Home, "choice"],
  pickup_code: [Typing, "typing"],
  pickup_done: [Door, "answer"],
  courier_id: [Typing, "typing"],
  courier_pin: [Typing, "typing"],
  courier_check: [Checking, "plain"],
  courier_menu: [Menu, "choice"],
  deposit_scan: [DepositScan, "map"],
  deposit_size: [DepositSize, "choice"],
  deposit_confirm: [Door, "answer"],
  recall_list: [RecallList, "map"],
  recall_confirm: [Door, "answer"],
  service_done: [Door, "answer"],
  door_opening: [Door, "map"],
  door_open: [Door, "map"],
  door_failed: [Door, "answer"],
  out_of_order: [Closed, "plain"],
};

export const drawing = (screen) => SCREENS[screen] ?? [Plain, "choice"];
export const wideKeyboard = keyboardOpen;
