// Time on the page: how long this step lasts, when a new step began, how long a notice stays at home.
import { computed, effect, signal } from "@preact/signals";
import { view } from "./link.js";

const SETTLE_MS = 300;
const FAREWELL_S = 30;

const now = signal(performance.now());
setInterval(() => { now.value = performance.now(); }, 250);

const deadline = signal(null);
const shownAt = signal(0);

// Grows with each new step, so that what one person typed never meets the next.
export const step = signal(0);
// False while the buttons have only just come up: the second half of a double tap must not answer what nobody has read.
export const ready = signal(false);

export const stepKey = (v) => [v.screen, v.purpose, v.compartment?.number].join("/");
const buttons = (v) => v.actions.join();

let before = null;
let settling = 0;
const screenSince = signal(0);

function settle(at) {
  screenSince.value = at;
  ready.value = false;
  clearTimeout(settling);
  settling = setTimeout(() => { ready.value = true; }, SETTLE_MS);
}

let extending = false;

// The same person asked for more time: the station's next step is theirs too.
export const expectExtension = (expected) => { extending = expected; };

effect(() => {
  const v = view.value;
  if (v === null) return;
  const at = performance.now();
  const until = v.seconds_left === null ? null : at + v.seconds_left * 1000;
  const moved = before === null || stepKey(before) !== stepKey(v);
  const stepped = moved || before.step !== v.step;
  if (moved || buttons(before) !== buttons(v)) settle(at);
  if (moved || (stepped && !extending)) step.value = step.peek() + 1;
  if (stepped) extending = false;
  if (moved || JSON.stringify(before.notice) !== JSON.stringify(v.notice)) shownAt.value = at;
  before = v;
  deadline.value = until;
  now.value = at;
});

// Whole seconds left of this step, null when it has no end.
export const secondsLeft = computed(() =>
  deadline.value === null ? null : Math.max(0, Math.ceil((deadline.value - now.value) / 1000)));

const age = computed(() => Math.floor(Math.max(0, now.value - shownAt.value) / 1000));

// Seconds a notice's waiting time still runs.
export const waitLeft = (seconds) => Math.max(0, seconds - age.value);

// The notice to show: on the home screen a farewell goes after a while, elsewhere it stays with its step.
export const notice = computed(() => {
  const v = view.value;
  if (!v?.notice) return null;
  const lasts = Math.max(FAREWELL_S, v.notice.params?.seconds ?? 0);
  return v.screen === "home" && age.value >= lasts ? null : v.notice;
});

const touchedAt = signal(0);
for (const kind of ["pointerdown", "keydown"]) {
  addEventListener(kind, () => { touchedAt.value = performance.now(); }, { capture: true, passive: true });
}

// Whether the home screen has been left alone long enough to greet somebody new.
export const idleAtHome = computed(() =>
  view.value?.screen === "home" && now.value - Math.max(screenSince.value, touchedAt.value) >= FAREWELL_S * 1000);
