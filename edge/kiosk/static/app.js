// The page around the screen: who we are, the language, the help line, the low layout, the broken line.
import { effect, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { idleAtHome, ready, stepKey } from "./clock.js";
import { LANG_TAG, Say, TEXTS, face, first, language, text } from "./language.js";
import { online, view } from "./link.js";
import { Spoken } from "./parts.js";
import { drawing, wideKeyboard } from "./screens.js";

const lowReach = signal(false);
const everOnline = signal(false);

effect(() => { if (online.value) everOnline.value = true; });
effect(() => { document.documentElement.lang = LANG_TAG[first()]; });
// The next person starts as everybody does: both languages, the usual layout.
effect(() => { if (idleAtHome.value) { language.value = null; lowReach.value = false; } });

const Languages = () => html`<div class="languages" role="group" aria-label=${text((t) => t.parts.language)}>
  ${Object.entries(TEXTS).map(([code]) => html`<button type="button" key=${code} lang=${LANG_TAG[code]} class="button pick"
    data-language=${code} aria-pressed=${String(language.value === code)}
    onClick=${() => { language.value = code; }}>${code === "zh" ? "中文" : "English"}</button>`)}
</div>`;

const Help = () => html`<p class="help"><${Icon} name="phone" />
  <span><${Say} pick=${(t) => t.parts.help} /></span><strong>${face.phone}</strong></p>`;

// In the low layout what is touched goes down, and what is only read goes up in exchange.
const Header = () => html`<header>
  <img src="/static/mark.svg" alt="" />
  <div class="station"><p class="name">${face.name}</p><p class="address">${face.address}</p></div>
  ${lowReach.value ? html`<${Help} />` : html`<${Languages} />`}
</header>`;

const Footer = () => html`<footer>
  <button type="button" class="button pick reach" aria-pressed=${String(lowReach.value)}
      onClick=${() => { lowReach.value = !lowReach.value; }}>
    <${Icon} name="reach" /><span class="words"><${Say} pick=${(t) => t.parts.low_reach} /></span></button>
  ${lowReach.value ? html`<${Languages} />` : html`<${Help} />`}
</footer>`;

const Offline = () => html`<div class="offline" role="alert">
  <${Icon} name="alert" /><p><${Say} pick=${(t) => t.parts.offline} both=${true} /></p></div>`;

function Stage({ v }) {
  const place = useRef(null);
  const [Screen, kind] = drawing(v.screen);
  useEffect(() => { place.current?.querySelector("h1")?.focus({ preventScroll: true }); }, [stepKey(v)]);
  return html`<main ref=${place} key=${stepKey(v)} class="stage ${kind}" data-screen=${v.screen} data-rev=${v.rev} data-step=${v.step}
    data-ready=${String(ready.value)} inert=${!online.value}
    data-keyboard=${String(v.screen === "deposit_scan" && wideKeyboard.value)}><${Screen} v=${v} /></main>`;
}

export function App() {
  const v = view.value;
  return html`<div class=${lowReach.value ? "kiosk low" : "kiosk"}>
    <${Header} />
    ${everOnline.value && !online.value && html`<${Offline} />`}
    ${v === null ? html`<main class="stage plain" data-screen="connecting"><div class="lead"><h1>
      <${Say} pick=${(t) => t.screens.unknown.title} both=${true} /></h1></div></main>` : html`<${Stage} v=${v} />`}
    <${Spoken} v=${v} />
    <${Footer} />
  </div>`;
}
