// The menu of everything that can break, and what is broken now.
import { useState } from "preact/hooks";
import { html } from "/static/html.js";
import { act, faults, menu } from "/static/store.js";

const GROUPS = [["line", "Lines"], ["board", "Lock boards"], ["scanner", "Scanners"], ["printer", "Printers"], ["compartment", "Compartments"]];
const AT_HAND = ["paper_out", "scanner_unplugged", "line_unplugged", "printer_unplugged"];

const words = (name) => name.replaceAll("_", " ");

function value(text, like) {
  return typeof like === "boolean" ? text === "true" : Number(text);
}

function Quick() {
  const kinds = AT_HAND.map((name) => menu.value.find((kind) => kind.name === name)).filter((kind) => kind?.targets.length);
  return html`<div class="quick">${kinds.flatMap((kind) => kind.targets.map((target) => {
    const on = faults.value.some((fault) => fault.name === kind.name && fault.target === target);
    const many = kind.targets.length > 1;
    return html`<button key=${kind.name + target} type="button" class="toggle" aria-pressed=${on} title=${kind.summary}
      onClick=${() => act(on ? "clear" : "inject", { fault: kind.name, target })}>${words(kind.name)}${many ? ` ${target}` : ""}</button>`;
  }))}</div>`;
}

function Params({ kind, params, setParams }) {
  return Object.entries(kind.params).map(([name, like]) => html`<label key=${name} class="param"><span>${words(name)}</span>
    ${typeof like === "boolean"
      ? html`<select value=${String(params[name] ?? like)} onChange=${(e) => setParams({ ...params, [name]: value(e.target.value, like) })}>
          <option value="true">yes</option><option value="false">no</option></select>`
      : html`<input type="number" step="any" value=${params[name] ?? like} onInput=${(e) => setParams({ ...params, [name]: value(e.target.value, like) })} />`}
  </label>`);
}

function Chooser() {
  const [name, setName] = useState("");
  const [target, setTarget] = useState("");
  const [params, setParams] = useState({});
  const kind = menu.value.find((each) => each.name === name) ?? menu.value[0];
  if (!kind) return null;
  const where = kind.targets.includes(target) ? target : kind.targets[0];
  const submit = (event) => { event.preventDefault(); act("inject", { fault: kind.name, target: where, params }); };
  return html`<form class="chooser" onSubmit=${submit}>
    <label><span>Fault</span><select id="fault-name" value=${kind.name} onChange=${(e) => { setName(e.target.value); setParams({}); }}>
      ${GROUPS.map(([group, title]) => html`<optgroup key=${group} label=${title}>
        ${menu.value.filter((each) => each.target === group).map((each) => html`<option key=${each.name} value=${each.name}>${words(each.name)}</option>`)}
      </optgroup>`)}
    </select></label>
    <label><span>On</span><select id="fault-target" value=${where} onChange=${(e) => setTarget(e.target.value)}>
      ${kind.targets.map((each) => html`<option key=${each} value=${each}>${each}</option>`)}
    </select></label>
    <${Params} kind=${kind} params=${params} setParams=${setParams} />
    <p class="summary">${kind.summary}</p>
    <button type="submit" class="danger">Break it</button>
  </form>`;
}

export function Faults() {
  const list = faults.value;
  return html`<section class="panel faults" aria-labelledby="faults">
    <header><h2 id="faults">Faults</h2>
      ${list.length > 0 && html`<button type="button" class="small" onClick=${() => act("clear_all")}>Repair all</button>`}</header>
    <${Quick} />
    ${list.length > 0 && html`<ul class="active" aria-label="Faults in force">${list.map((fault) => html`
      <li key=${fault.name + fault.target}><span><strong>${words(fault.name)}</strong> on ${fault.target}${fault.left ? `, ${fault.left} left` : ""}</span>
        <button type="button" class="small" aria-label=${`Repair ${words(fault.name)} on ${fault.target}`}
          onClick=${() => act("clear", { fault: fault.name, target: fault.target })}>Repair</button></li>`)}</ul>`}
    <${Chooser} />
  </section>`;
}
