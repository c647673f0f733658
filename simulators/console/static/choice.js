// A list to choose from, and what forms choose among: doors and announced parcels.
import { html } from "/static/html.js";
import { compartments, parcels } from "/static/store.js";

export function Choice({ id, value, set, options, none }) {
  return html`<select id=${id} value=${value} onChange=${(event) => set(event.target.value)}>
    ${none !== undefined && html`<option value="">${none}</option>`}
    ${options.map(([key, words]) => html`<option key=${key} value=${key}>${words}</option>`)}
  </select>`;
}

export const doors = () => [...compartments.value.values()].map((each) => [each.id, each.number]);
export const rows = () => parcels.value.rows.map((row) => [row.parcel, `${row.tracking_code} · ${row.state}`]);
