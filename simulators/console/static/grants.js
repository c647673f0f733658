// Offline grants: sign one, hold its QR code under the scanner, take it back.
import { useState } from "preact/hooks";
import { Choice, doors, rows } from "/static/choice.js";
import { html } from "/static/html.js";
import { act, grants, scan } from "/static/store.js";

function GrantForm() {
  const [right, setRight] = useState("pickup");
  const [subject, setSubject] = useState("");
  const options = right === "service" ? doors() : rows();
  const submit = (event) => { event.preventDefault(); act("grant", { right, subject }); };
  return html`<form class="order" aria-label="An offline grant" onSubmit=${submit}>
    <label for="grant-right">Grant</label>
    <${Choice} id="grant-right" value=${right} set=${(each) => { setRight(each); setSubject(""); }}
      options=${[["pickup", "pickup"], ["deposit", "deposit"], ["service", "service"]]} />
    <label for="grant-subject">${right === "service" ? "Compartment" : "Parcel"}</label>
    <${Choice} id="grant-subject" value=${subject} set=${setSubject} options=${options} none="choose …" />
    <p class="summary">a QR code that opens one thing once within a day, without the network</p>
    <button type="submit" disabled=${!subject}>Sign</button>
  </form>`;
}

function Grant({ grant }) {
  return html`<li><p><b>${grant.right}</b> ${grant.subject} <span class="ended ${grant.state === "issued" ? "good" : ""}">${grant.state}</span></p>
    <p class="subject">${grant.name}, until ${new Date(grant.expires).toLocaleString("en-GB")}</p>
    <p><button type="button" onClick=${() => scan(grant.digits, "Q1")}>Hold its QR code under the scanner</button>
      <button type="button" disabled=${grant.state !== "issued"} onClick=${() => act("take_back", { grant: grant.name })}>Take back</button></p></li>`;
}

export function Grants() {
  return html`<${GrantForm} />
    <ol class="orders" aria-label="Grants">${[...grants.value].reverse().map((grant) => html`<${Grant} key=${grant.name} grant=${grant} />`)}</ol>`;
}
