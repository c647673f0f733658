// What is ordered from afar: a form for each verb of the contract, and what came of every command.
import { useState } from "preact/hooks";
import { Choice, doors, rows } from "/static/choice.js";
import { html } from "/static/html.js";
import { act, orders, settings } from "/static/store.js";

const clock = (time) => new Date(time).toLocaleTimeString("en-GB");
const TONE = { succeeded: "good", sent: "" };

function Input({ field, value, set }) {
  const id = `order-${field.name}`;
  const none = field.needed ? "choose …" : "–";
  switch (field.kind) {
    case "compartment": return html`<${Choice} id=${id} value=${value} set=${set} options=${doors()} none=${none} />`;
    case "parcel": return html`<${Choice} id=${id} value=${value} set=${set} options=${rows()} none=${none} />`;
    case "choice": return html`<${Choice} id=${id} value=${value} set=${set} options=${field.choices.map((each) => [each, each])} none=${none} />`;
    case "hours":
    case "hours_on": return html`<input id=${id} type="number" step="any" value=${value} onInput=${(event) => set(event.target.value)} />`;
    default: return html`<input id=${id} type="text" maxlength="200" value=${value} autocomplete="off"
      placeholder=${field.kind === "compartments" ? "a01 a02 …" : ""} onInput=${(event) => set(event.target.value)} />`;
  }
}

function Form() {
  const [name, setName] = useState("open");
  const [values, setValues] = useState({});
  const verbs = settings.value?.verbs ?? [];
  const verb = verbs.find((each) => each.name === name) ?? verbs[0];
  if (!verb) return null;
  // What was typed for one command must not travel with another.
  const choose = (each) => { setName(each); setValues({}); };
  const submit = (event) => { event.preventDefault(); act("command", { verb: verb.name, values }); };
  return html`<form class="order" aria-label="A command" onSubmit=${submit}>
    <label for="order-verb">Command</label>
    <${Choice} id="order-verb" value=${verb.name} set=${choose} options=${verbs.map((each) => [each.name, each.name])} />
    ${verb.fields.map((field) => html`
      <label key=${`${field.name}-label`} for=${`order-${field.name}`}>${field.label}</label>
      <${Input} key=${field.name} field=${field} value=${values[field.name] ?? ""}
        set=${(text) => setValues({ ...values, [field.name]: text })} />`)}
    <p class="summary">${verb.summary}</p>
    <button type="submit" class="primary">Send</button>
  </form>`;
}

function Told({ order }) {
  const parts = [order.detail, ...Object.entries(order.doors).map(([door, what]) => `${door.toUpperCase()} ${what}`)].filter(Boolean);
  return html`${parts.length > 0 && html`<p class="subject">${parts.join(" · ")}</p>`}
    ${order.health && html`<details><summary>health</summary><pre>${JSON.stringify(order.health, null, 1)}</pre></details>`}`;
}

function Order({ order }) {
  const tone = TONE[order.result] ?? "bad";
  return html`<li><p><time>${clock(order.at)}</time> <b>${order.verb}</b> ${order.subject}${" "}
      <span class="ended ${tone}">${order.result === "sent" ? "waiting for the station …" : [...order.progress, order.result].join(" → ")}</span>${" "}
      ${order.error && html`<code>${order.error}</code>`}</p>
    <${Told} order=${order} /></li>`;
}

export function Commands() {
  return html`<${Form} />
    <ol class="orders" aria-label="Commands sent">${[...orders.value].reverse().map((order) => html`<${Order} key=${order.number} order=${order} />`)}</ol>`;
}
