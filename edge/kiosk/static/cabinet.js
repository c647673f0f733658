// The cabinet as people see it: one column a bank, compartments from the top in printed order, the active one lit.
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { Say, text } from "./language.js";

const HEIGHT = { S: 2, M: 3, L: 4, XL: 6 }; // Relative; the true heights are not part of the view.

export function banksOf(cabinet) {
  const banks = new Map();
  for (const one of cabinet) banks.set(one.bank, [...(banks.get(one.bank) ?? []), one]);
  return [...banks];
}

export function Cabinet({ cabinet }) {
  const banks = banksOf(cabinet);
  const active = cabinet.find((one) => one.active);
  const label = active
    ? text((t) => t.parts.map_active, {
        number: active.number, bank: active.bank,
        place: banks.find(([bank]) => bank === active.bank)[1].indexOf(active) + 1,
      })
    : text((t) => t.parts.map);
  return html`<div class="cabinet" role="img" aria-label=${label}>
    ${banks.map(([bank, list]) => {
      const here = list.some((one) => one.active);
      return html`<div key=${bank} class=${here ? "bank here" : "bank"}>
        <div class="pointer">${here && html`<span><${Say} pick=${(t) => t.parts.look_here} only=${true} /></span>
          <${Icon} name="arrow_down" />`}</div>
        <div class="doors">
          ${list.map((one) => html`<div key=${one.number} data-number=${one.number} style=${{ flexGrow: HEIGHT[one.size] ?? 2 }}
            class="compartment ${one.state} ${one.active ? "active" : ""}">
            <span>${one.number}</span></div>`)}
        </div>
      </div>`;
    })}
  </div>`;
}

export const Plate = ({ v }) => v.compartment && html`<p class="plate">
  <span class="unseen"><${Say} pick=${(t) => t.parts.compartment} only=${true} /></span>
  <strong>${v.compartment.number}</strong></p>`;
