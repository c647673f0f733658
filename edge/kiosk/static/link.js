// The line to the station: the view comes down as server-sent events, taps go up as POST.
import { signal } from "@preact/signals";

export const view = signal(null);
export const online = signal(false);

const TAP_LIMIT_MS = 4000; // The service answers in milliseconds; later than this it is gone.
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 5000; // Nobody waits at a dead screen longer than they must, and the service is local.

let retryMs = FIRST_RETRY_MS;
let sending = false;
let source = null;

export function connect() {
  source?.close();
  source = new EventSource("/events");
  source.addEventListener("view", (event) => {
    retryMs = FIRST_RETRY_MS;
    online.value = true;
    view.value = JSON.parse(event.data);
  });
  source.addEventListener("error", lost);
}

// EventSource retries by itself after a broken stream but gives up for good on a refused one; we never give up.
function lost() {
  if (source === null) return;
  source.close();
  source = null;
  online.value = false;
  setTimeout(connect, retryMs);
  retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
}

// True while a tap waits for its answer: the page sends one at a time.
export const busy = () => sending;

// Send one tap meant for `step`: "accepted", "refused" by the station, or "unsent" (busy, offline, or the line broke).
export async function tap(action, step, fields = {}) {
  if (sending || !online.value) return "unsent";
  sending = true;
  try {
    const answer = await fetch("/tap", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ action, step, ...fields }),
      signal: AbortSignal.timeout(TAP_LIMIT_MS),
    });
    return answer.ok ? "accepted" : "refused";
  } catch {
    lost();
    return "unsent";
  } finally {
    sending = false;
  }
}
