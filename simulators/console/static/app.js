// The page: what the station says of itself on top, hands at the left, the wall, what comes out at the right.
import { CompartmentCard } from "/static/card.js";
import { Faults } from "/static/faults.js";
import { Facts, Outputs } from "/static/feeds.js";
import { html } from "/static/html.js";
import { Hands } from "/static/hands.js";
import { act, notices, online, settings, status, world } from "/static/store.js";
import { Wall } from "/static/wall.js";

const GOOD = new Set(["ready", "connected", "running"]);

function Chip({ name, value, good, title }) {
  const tone = good === undefined ? "" : good ? "good" : "bad";
  return html`<li class="chip ${tone}" title=${title}><span class="name">${name}</span> <strong>${value}</strong></li>`;
}

function Chips() {
  const now = status.value;
  if (!now) return null;
  return html`<ul class="chips" aria-label="State">
    <${Chip} name="Station" value=${now.station} good=${GOOD.has(now.station)} title="presence, as the station publishes it" />
    ${Object.entries(now.processes).map(([name, words]) => html`
      <${Chip} key=${name} name=${name} value=${words} good=${GOOD.has(words.split(" ")[0])} />`)}
    <${Chip} name="Backend" value=${now.connected ? `MQTT ${now.mqtt}` : "cut off"} good=${now.connected} />
    <${Chip} name="Facts" value=${`#${now.sequence}`} title="stored durably and acknowledged, in order" />
    <${Chip} name="Contract" value=${now.violations ? `${now.violations} broken` : "kept"} good=${!now.violations} />
  </ul>`;
}

function Controls() {
  const names = settings.value?.controls ?? [];
  return html`<div class="controls" role="group" aria-label="Processes">
    ${names.map((name) => html`
      <button key=${name} type="button" class=${/kill|stop/.test(name) ? "danger" : ""}
        onClick=${() => act("control", { name })}>${name.replaceAll("_", " ")}</button>`)}
  </div>`;
}

function Header() {
  return html`<header class="top">
    <img src="/static/mark.svg" alt="" width="34" height="34" />
    <div class="title">
      <h1>Pigeonhole <span>console</span></h1>
      <p>${world.value?.name ?? "…"}</p>
    </div>
    <${Chips} />
    <${Controls} />
  </header>`;
}

function Notices() {
  return html`<div class="notices" role="status" aria-live="polite">
    ${notices.value.map((one) => html`<p key=${one.id} class=${one.good ? "good" : "bad"}>${one.text}</p>`)}
  </div>`;
}

export function App() {
  return html`
    <${Header} />
    ${!online.value && html`<p class="cut" role="alert">The console is not answering – reconnecting …</p>`}
    <main>
      <div class="column left"><${Hands} /><${Faults} /></div>
      <${Wall} />
      <div class="column right"><${Outputs} /><${Facts} /></div>
    </main>
    <${CompartmentCard} />
    <${Notices} />`;
}
