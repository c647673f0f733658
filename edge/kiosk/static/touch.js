// Which step a touch was meant for: the one on the screen when the finger came down.
// The view may change before the finger is up again, and the browser then clicks whatever lies there by that time.
let meant;

const drawn = () => document.querySelector("main")?.dataset.step;
const down = () => { meant = drawn(); };

addEventListener("pointerdown", (event) => { if (event.isPrimary) down(); }, { capture: true, passive: true });
// A button is pressed with the space bar when the bar comes up again; other keys act as they go down.
addEventListener("keydown", (event) => {
  if (event.key === " " && !event.repeat && event.target.tagName === "BUTTON") down();
}, { capture: true, passive: true });
// Whoever clicks without a finger, as a screen reader does, means what is drawn.
const over = () => { meant = undefined; };
addEventListener("pointercancel", over);
addEventListener("click", over);

// The step to send with a tap; to be asked while its event is being handled.
export const meantStep = () => meant ?? drawn();
