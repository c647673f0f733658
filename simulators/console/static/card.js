// The card of one compartment: what hands can do to it, what can break, what is inside and what is recorded.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { html } from "/static/html.js";
import { act, chosen, compartments, faults, held, inHand, menu, parcels } from "/static/store.js";
import { differs } from "/static/wall.js";

const WIDTH = 320;
const MARGIN = 10;

function place(id, card) {
  const target = document.getElementById(`c-${id}`)?.getBoundingClientRect();
  if (!target || !card) return { left: MARGIN, top: MARGIN };
  const right = target.right + MARGIN;
  const left = right + WIDTH < innerWidth ? right : target.left - WIDTH - MARGIN;
  const top = Math.min(Math.max(target.top - 20, MARGIN), innerHeight - card.offsetHeight - MARGIN);
  return { left: Math.max(MARGIN, left), top: Math.max(MARGIN, top) };
}

function Facts({ each }) {
  const recorded = parcels.value.inside[each.id];
  const rows = [
    ["Door", html`<b class=${each.door}>${each.door}</b>, latch ${each.latch}`],
    ["Wired to", `${each.board}, channel ${each.channel}`],
    ["Unlock pulses", each.pulses],
    ["Inside", each.parcels.length ? each.parcels.map((p) => `${p.tracking_code} (${p.owner})`).join(", ") : "nothing"],
    ["On record", recorded ?? "empty"],
  ];
  return html`<dl>${rows.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    ${each.heat_s > 0.5 && html`<p class="heat">Coil heat <meter min="0" max="10" high="7" value=${each.heat_s}
      aria-label="coil heat in energised seconds"></meter> ${each.tripped ? "cut out" : `${each.heat_s} s`}</p>`}
    ${differs(each, recorded) && html`<p class="warn">What is inside and what is on record differ.</p>`}`;
}

function HandsOn({ each }) {
  const id = each.id;
  const open = each.door === "open";
  const parcel = held.value;
  const put = async () => { if (await act("put", { compartment: id, tracking_code: inHand.value })) inHand.value = ""; };
  return html`<div class="buttons">
    <button type="button" class="primary" disabled=${!open} onClick=${() => act("close", { compartment: id })}>Close the door</button>
    <button type="button" disabled=${!open || !parcel} onClick=${put}>Put in ${parcel ? `…${parcel.tracking_code.slice(-4)}` : "(hand is empty)"}</button>
    <button type="button" disabled=${!open || !each.parcels.length} onClick=${() => act("take", { compartment: id })}>Take out</button>
    <button type="button" disabled=${open} onClick=${() => act("open", { compartment: id })}>Ask the station to open</button>
    <button type="button" onClick=${() => act("set_service", { compartment: id, in_service: false })}>Out of service</button>
    <button type="button" onClick=${() => act("set_service", { compartment: id, in_service: true })}>Into service</button>
    <button type="button" class="danger" disabled=${open} onClick=${() => act("force_open", { compartment: id })}>Force open</button>
  </div>`;
}

function Breakages({ each }) {
  const kinds = menu.value.filter((kind) => kind.target === "compartment");
  const toggle = (kind, on) => act(on ? "clear" : "inject", { fault: kind.name, target: each.id });
  return html`<fieldset><legend>Faults here</legend>
    ${kinds.map((kind) => {
      const on = faults.value.some((fault) => fault.name === kind.name && fault.target === each.id);
      return html`<button key=${kind.name} type="button" class="toggle" aria-pressed=${on} title=${kind.summary}
        onClick=${() => toggle(kind, on)}>${kind.name.replaceAll("_", " ")}</button>`;
    })}
  </fieldset>`;
}

export function CompartmentCard() {
  const each = compartments.value.get(chosen.value);
  const ref = useRef(null);
  const [at, setAt] = useState({ left: -1000, top: 0 });
  const close = () => {
    document.getElementById(`c-${chosen.value}`)?.focus();
    chosen.value = "";
  };
  useLayoutEffect(() => { if (each) setAt(place(each.id, ref.current)); }, [each?.id]);
  useEffect(() => { if (each) ref.current?.focus(); }, [each?.id]);
  if (!each) return null;
  return html`<section class="card" role="dialog" aria-label=${`Compartment ${each.number}`} tabindex="-1" ref=${ref}
      style=${{ left: `${at.left}px`, top: `${at.top}px` }} onKeyDown=${(event) => event.key === "Escape" && close()}>
    <div class="head"><h2>${each.number}</h2><span class="badge">${each.size}</span>
      <button type="button" class="close" aria-label="Close this card" onClick=${close}>×</button></div>
    <${Facts} each=${each} />
    <${HandsOn} each=${each} />
    <${Breakages} each=${each} />
  </section>`;
}
