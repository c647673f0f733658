// What the page knows: signals fed by the one stream of events, and the one way to ask for something.
import { computed, signal } from "@preact/signals";

const EVENTS_SHOWN = 150;
const FRAMES_SHOWN = 400;
const NOTICE_S = 5;

export const settings = signal(null);
export const world = signal(null);
export const status = signal(null);
export const parcels = signal({ rows: [], inside: {} });
export const faults = signal([]);
export const menu = signal([]);
export const labels = signal([]);
export const events = signal([]);
export const messages = signal([]);
export const frames = signal([]);
export const violations = signal([]);
export const orders = signal([]);
export const grants = signal([]);
export const online = signal(false);
export const notices = signal([]);

export const inHand = signal("");      // the tracking code of the parcel the operator holds
export const chosen = signal("");      // the compartment whose card is open
export const scannedAt = signal(0);    // for the flash of the scanner's window

export const compartments = computed(() => new Map((world.value?.compartments ?? []).map((c) => [c.id, c])));
export const held = computed(() => parcels.value.rows.find((row) => row.tracking_code === inHand.value));

const whole = { world, status, parcels, faults, menu, labels, events, messages, violations, orders, grants };

function add(list, items, most) {
  list.value = [...list.value, ...items].slice(-most);
}

// Polls repeat many times a second: equal frames of one line and sender are one row with a count.
export function gather(rows, fresh) {
  const kept = [...rows];
  for (const frame of fresh) {
    const key = `${frame.line} ${frame.sender} ${frame.hex} ${frame.note}`;
    const at = kept.findIndex((row) => row.key === key);
    const count = at >= 0 ? kept.splice(at, 1)[0].count + 1 : 1;
    kept.push({ ...frame, key, count });
  }
  return kept.slice(-FRAMES_SHOWN);
}

export function notice(text, good = true) {
  const one = { text, good, id: crypto.randomUUID() };
  notices.value = [...notices.value, one].slice(-4);
  setTimeout(() => { notices.value = notices.value.filter((other) => other.id !== one.id); }, NOTICE_S * 1000);
}

export async function connect() {
  settings.value = await (await fetch("/settings")).json();
  const stream = new EventSource("/live");
  const on = (kind, handle) => stream.addEventListener(kind, (message) => handle(JSON.parse(message.data)));
  on("state", (state) => {
    for (const [name, target] of Object.entries(whole)) target.value = state[name];
    frames.value = gather([], state.wire);
  });
  for (const name of ["world", "status", "parcels", "faults", "labels", "orders", "grants"]) on(name, (value) => { whole[name].value = value; });
  on("event", (event) => add(events, [event], EVENTS_SHOWN));
  on("message", (message) => add(messages, [message], 60));
  on("violation", (violation) => add(violations, [violation], 20));
  on("wire", (fresh) => { frames.value = gather(frames.value, fresh); });
  on("notice", (one) => notice(one.text, one.good));
  stream.onopen = () => { online.value = true; };
  stream.onerror = () => { online.value = false; };
}

// Ask the server for an action; what came of it is told in a notice.  True when it was done.
export async function act(action, fields = {}) {
  try {
    const response = await fetch("/do", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ do: action, ...fields }),
    });
    const answer = await response.json();
    notice(answer.done ?? answer.error, response.ok);
    return response.ok;
  } catch {
    notice("the console does not answer", false);
    return false;
  }
}

export async function scan(text, identifier) {
  if (await act("scan", { scanner: settings.value.scanners[0], text, identifier })) scannedAt.value = Date.now();
}
