// What comes out: messages on a recipient's phone, printed labels, facts at the backend, bytes on the wire.
import { useRef, useState } from "preact/hooks";
import { Commands } from "/static/commands.js";
import { Grants } from "/static/grants.js";
import { html } from "/static/html.js";
import { events, frames, grants, labels, messages, orders, scan, settings, status, violations } from "/static/store.js";

const clock = (time) => new Date(time).toLocaleTimeString("en-GB");

function Tabs({ id, tabs }) {
  const [open, setOpen] = useState(tabs[0].name);
  const refs = useRef({});
  const current = tabs.find((tab) => tab.name === open);
  const keys = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(tabs.indexOf(current) + step + tabs.length) % tabs.length].name;
    setOpen(next);
    refs.current[next].focus();
  };
  return html`<section class="panel tabs ${id}">
    <div role="tablist" aria-label=${id} onKeyDown=${keys}>${tabs.map((tab) => html`
      <button key=${tab.name} type="button" role="tab" id=${`${id}-${tab.name}-tab`} aria-selected=${tab.name === open}
        aria-controls=${`${id}-panel`} tabindex=${tab.name === open ? 0 : -1} ref=${(node) => { refs.current[tab.name] = node; }}
        onClick=${() => setOpen(tab.name)}>${tab.name}${tab.count > 0 && html` <span class="count ${tab.tone ?? ""}">${tab.count}</span>`}</button>`)}
    </div>
    <div role="tabpanel" id=${`${id}-panel`} aria-labelledby=${`${id}-${open}-tab`} tabindex="0"><${current.body} /></div>
  </section>`;
}

function Bubble({ message }) {
  const grouped = message.code.replace(/(\d{3})(?=\d)/g, "$1 ");
  return html`<li class="bubble ${message.kind}">
    <p class="to"><span>${message.phone}</span><time>${clock(message.at)}</time></p>
    ${message.code && html`<p class="big"><span class="where">${message.compartment_number}</span><span class="code">${grouped}</span></p>`}
    <p lang="zh-CN">${message.zh}</p>
    <p class="en">${message.en}</p>
    ${message.qr && html`<button type="button" onClick=${() => scan(message.qr, "Q1")}>Hold its QR code under the scanner</button>`}
  </li>`;
}

function Phone() {
  const list = [...messages.value].reverse();
  if (!list.length) return html`<p class="empty">A recipient's messages appear here: the first when a parcel is deposited.</p>`;
  return html`<ul class="phone">${list.map((message) => html`<${Bubble} key=${message.sequence} message=${message} />`)}</ul>`;
}

function Labels() {
  const [shown, setShown] = useState("");
  const list = [...labels.value].reverse();
  if (!list.length) return html`<p class="empty">What the printer draws appears here.</p>`;
  return html`<ul class="labels">${list.map((label) => html`<li key=${label.name}>
      <button type="button" aria-label=${`Enlarge ${label.name}`} onClick=${() => setShown(label.name)}>
        <img src=${`/labels/${label.name}`} alt=${`Printed label ${label.name}`} loading="lazy" /></button>
    </li>`)}</ul>
    ${shown && html`<div class="overlay" role="dialog" aria-label="Printed label" onClick=${() => setShown("")}
        onKeyDown=${(event) => event.key === "Escape" && setShown("")}>
      <img src=${`/labels/${shown}`} alt=${`Printed label ${shown}, enlarged`} />
      <button type="button" autofocus onClick=${() => setShown("")}>Close</button>
    </div>`}`;
}

const DULL = new Set(["session", "unlock", "upu", "biz_step", "disposition", "seconds", "correlation_id", "reply_to", "boot",
  "recipient_key", "code_nonce", "expires_at_ms"]);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-/;

function gist(data) {
  return Object.entries(data)
    .filter(([name, value]) => !DULL.has(name) && ["string", "number", "boolean"].includes(typeof value) && value !== "" && value !== false && !UUID.test(value))
    .slice(0, 4).map(([, value]) => (value === true ? "yes" : String(value).slice(0, 28))).join(" · ");
}

function Fact({ event }) {
  const [, area, ...rest] = event.type.split(".");
  return html`<li><details>
    <summary><span class="seq">${event.sequence}</span><time>${clock(event.happened)}</time>
      <span class="kind ${area}">${area} ${rest.slice(0, -1).join(" ").replaceAll("-", " ")}</span>
      <span class="gist">${gist(event.data)}</span></summary>
    <p class="subject">${event.type} · ${event.subject}</p>
    <pre>${JSON.stringify(event.data, null, 1)}</pre>
  </details></li>`;
}

function Events() {
  const list = [...events.value].reverse();
  if (!list.length) return html`<p class="empty">Facts appear here when the backend has stored them.</p>`;
  return html`<ol class="events">${list.map((event) => html`<${Fact} key=${event.sequence} event=${event} />`)}</ol>`;
}

const POLL_AFTER = 12;   // a frame seen oftener is a station asking whether doors are closed

function Wire() {
  const [polls, setPolls] = useState(false);
  const list = frames.value.filter((frame) => polls || frame.count <= POLL_AFTER).slice(-80).reverse();
  return html`<label class="polls"><input type="checkbox" checked=${polls} onChange=${() => setPolls(!polls)} />
      show polling (frames seen more than ${POLL_AFTER} times)</label>
    ${!list.length && html`<p class="empty">Nothing but polling on the wires.</p>`}
    <ol class="wire">${list.map((frame) => html`<li key=${frame.key} class=${frame.sender === "host" ? "host" : "board"}>
    <span class="line">${frame.line}</span><span class="from">${frame.sender === "host" ? "→" : `← ${frame.sender}`}</span>
    <code>${frame.hex}</code>${frame.note && html`<em>${frame.note}</em>`}${frame.count > 1 && html`<span class="times">×${frame.count}</span>`}</li>`)}</ol>`;
}

function Contract() {
  const now = status.value;
  if (!now) return null;
  const list = [...violations.value].reverse();
  return html`<dl class="tally">
      <div><dt>facts stored, in order</dt><dd>${now.sequence}</dd></div>
      <div><dt>told again and dropped</dt><dd>${now.duplicates}</dd></div>
      <div><dt>waiting at the station (last heartbeat)</dt><dd>${now.backlog ?? "–"}</dd></div>
      <div><dt>set from afar</dt><dd>${now.config}</dd></div>
      <div><dt>last job</dt><dd>${now.job}</dd></div>
      <div><dt>told too early</dt><dd>${now.gaps}</dd></div>
      <div><dt>breaches of the contract</dt><dd>${now.violations}</dd></div>
    </dl>
    <ul class="violations">${list.map((each, index) => html`<li key=${index}><code>${each.topic}</code> ${each.what}</li>`)}</ul>`;
}

export function Outputs() {
  return html`<${Tabs} id="outputs" tabs=${[
    { name: "Phone", body: Phone, count: messages.value.length },
    { name: "Labels", body: Labels, count: labels.value.length },
    { name: "Commands", body: Commands, count: orders.value.length },
    ...(settings.value?.grants ? [{ name: "Grants", body: Grants, count: grants.value.length }] : []),
  ]} />`;
}

export function Facts() {
  const broken = status.value?.violations ?? 0;
  return html`<${Tabs} id="facts" tabs=${[
    { name: "Facts", body: Events, count: status.value?.sequence ?? 0 },
    { name: "Wire", body: Wire },
    { name: "Contract", body: Contract, count: broken, tone: "bad" },
  ]} />`;
}
