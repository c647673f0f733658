// What every screen is made of: the words on top, buttons, the time left, notices.
import { useMemo } from "preact/hooks";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { expectExtension, notice, ready, secondsLeft, waitLeft } from "./clock.js";
import { LANG_TAG, Say, first, screenText, text, withWait } from "./language.js";
import { tap } from "./link.js";
import { meantStep } from "./touch.js";

const HURRY_S = 15;

export const params = (v, more = {}) => ({
  ...v.counts,
  free: ["S", "M", "L", "XL"].reduce((sum, size) => sum + (v.counts[`free_${size}`] ?? 0), 0),
  staff: v.staff,
  number: v.compartment?.number ?? "",
  ...more,
});

// Send a tap unless the screen has only just changed; resolves to what `tap` of link.js says.
export async function press(action, fields) {
  if (!ready.peek()) return "unsent";
  const step = meantStep();
  if (action === "extend") expectExtension(true);
  const result = await tap(action, step, fields);
  if (action === "extend" && result !== "accepted") expectExtension(false);
  return result;
}

// `as` names other words than the screen's own.
export function Lead({ v, as = v.screen, children }) {
  const words = params(v);
  const named = { screen: as, purpose: v.purpose };
  const both = v.screen === "home" || v.screen === "out_of_order"; // Read by people who have chosen nothing yet.
  return html`<div class="lead">
    <div class="headline">
      <h1 id="title" tabindex="-1">
        <${Say} pick=${(t) => screenText(t, named, "title")} params=${words} both=${both} />
      </h1>
      <${TimeLeft} v=${v} />
    </div>
    <${Notice} v=${v} />
    <p class="hint">${v.screen === "home" && html`<${Icon} name="scan" />`}<span><${Say} pick=${(t) => screenText(t, named, "hint")} params=${words} both=${both} only=${!both} /></span></p>
    ${children}
  </div>`;
}

const GOOD = new Set([
  "DEPOSITED", "RELEASED", "RECALLED", "THANKS", "REFUSED_RECORDED", "REPORTED", "PRINTING",
  "DAMAGED_RECORDED", "NOT_EMPTY_RECORDED", "PARCEL_MISSING",
]);
const NEUTRAL = new Set(["NOTHING_TO_RECALL", "RESTARTED", "TIMEOUT", "SCAN_SIGN_IN_FIRST"]);
const tone = (code) => (GOOD.has(code) ? "good" : NEUTRAL.has(code) ? "neutral" : "warn");
const TONE_ICON = { good: "check", neutral: "info", warn: "alert" };

function noticeWords(v, said) {
  const words = params(v, { code: said.code, ...said.params });
  if (typeof words.seconds === "number") words.seconds = waitLeft(words.seconds);
  return { pick: (t) => t.notices[said.code] ?? t.notices.UNKNOWN, params: words };
}

function Notice({ v }) {
  const said = notice.value;
  if (said === null) return null;
  const kind = tone(said.code);
  return html`<div class="notice ${kind}" data-code=${said.code}>
    <${Icon} name=${TONE_ICON[kind]} />
    <p><${Say} ...${noticeWords(v, said)} both=${v.screen === "home"} /></p>
  </div>`;
}

// Speaks each new notice.  It stays in the page while screens change, or assistive technology would miss the change;
// a waiting time in it is spoken as it was at first, not each second.
export function Spoken({ v }) {
  const said = v === null ? null : notice.value;
  const words = useMemo(() => said && noticeWords(v, said), [said, v?.rev]);
  return html`<div class="unseen" role="status" aria-live="polite" lang=${LANG_TAG[first()]}>
    ${words && text(words.pick, withWait(first(), words.params))}</div>`;
}

const RADIUS = 44;
const AROUND = 2 * Math.PI * RADIUS;

// Where the station is the one at work there is nothing to hurry for.
const ITS_OWN = new Set(["courier_check", "door_opening"]);

function TimeLeft({ v }) {
  const left = secondsLeft.value;
  if (left === null || !v.seconds || ITS_OWN.has(v.screen)) return null;
  const share = Math.min(1, left / v.seconds);
  const hurry = left <= HURRY_S;
  const words = text((t) => t.parts.seconds_left, { seconds: left });
  return html`<div class=${hurry ? "time hurry" : "time"} role="timer" aria-live="off" aria-label=${words}>
    <svg viewBox="0 0 100 100" aria-hidden="true">
      <circle class="track" cx="50" cy="50" r=${RADIUS} />
      <circle class="rest" cx="50" cy="50" r=${RADIUS}
        stroke-dasharray=${AROUND} stroke-dashoffset=${AROUND * (1 - share)} />
    </svg>
    <span aria-hidden="true">${left}</span>
    <span class="unseen" role="status">${left === HURRY_S ? words : ""}</span>
  </div>`;
}

const KINDS = {
  start_pickup: "primary", done: "primary", confirm_in: "primary", retry: "primary", recall_next: "primary",
  cancel: "quiet", back: "quiet", sign_out: "quiet", extend: "more",
};
const ICONS = {
  start_pickup: "parcel", start_courier: "courier", cancel: "close", back: "left", done: "check", reopen: "door",
  put_back: "put_in", start_deposit: "put_in", start_recall: "take_out", sign_out: "out", print_receipt: "receipt",
  reject_damaged: "broken", confirm_in: "check", other_compartment: "other", take_back: "take_out",
  recall_next: "door", missing: "empty", extend: "clock", not_empty: "full", retry: "again", report: "tool",
  enter_tracking: "keyboard",
};

export function Button({ action, icon = ICONS[action], kind = KINDS[action] ?? "plain", onPress, children, ...rest }) {
  return html`<button type="button" class="button ${kind}" data-action=${action} ...${rest}
      onClick=${onPress ?? (() => press(action))}>
    <${Icon} name=${icon} />
    <span class="words">${children ?? html`<${Say} pick=${(t) => t.actions[action] ?? action} />`}</span>
  </button>`;
}

// What a button says may depend on where the parcel is: a failed deposit door asks that with its answers.
const actionText = (texts, v, action) =>
  texts.actions[`${action}.${v.screen}.${v.purpose}`] ?? texts.actions[action] ?? action;

const RANKS = ["primary", "plain", "more", "quiet"];

// The buttons of a screen: the answer most people give first, more time after all answers, the way out last.
export function Actions({ v, except = [], first: leading = null }) {
  const rank = (a) => RANKS.indexOf(KINDS[a] ?? "plain");
  const shown = v.actions.filter((a) => !except.includes(a)).sort((a, b) => rank(a) - rank(b));
  if (shown.length === 0 && leading === null) return null;
  const opensAgain = (a) => (a === "reopen" || a === "retry") && v.counts.unlocks_left !== undefined;
  return html`<div class="actions" data-count=${shown.length}>
    ${leading}
    ${shown.map((a) => html`<${Button} key=${a} action=${a}>
      <${Say} pick=${(t) => actionText(t, v, a)} />
      ${opensAgain(a) && html`<span class="detail">
        <${Say} pick=${(t) => t.details.unlocks_left} params=${params(v)} only=${true} /></span>`}
    <//>`)}
  </div>`;
}

// What parcel this is about, masked as the station sends it.
export function ParcelCard({ parcel }) {
  if (!parcel) return null;
  const rows = [["parcel", parcel.tracking_code], ["recipient", [parcel.recipient, parcel.phone].filter(Boolean).join("  ")]];
  return html`<dl class="parcel-card">
    ${rows.filter(([, value]) => value).map(([name, value]) => html`<div key=${name}>
      <dt><${Say} pick=${(t) => t.parts[name]} only=${true} /></dt><dd>${value}</dd></div>`)}
  </dl>`;
}

