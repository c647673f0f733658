// The wall of compartments, drawn to scale from the world's own state, with the terminal in its middle.
import { html } from "/static/html.js";
import { chosen, parcels, world } from "/static/store.js";
import { Terminal } from "/static/terminal.js";

const BANK = 92;          // width of a bank, in drawing units (pixels at 1440 × 900)
const HEIGHT = 690;       // height of the doors together
const TOP = 10;
const PLINTH = 34;
const GAP = 3;

// A door ends where the one above begins; banks begin and end at the same heights.
function geometry(all) {
  const floors = all.map((each) => each.floor_mm);
  const low = Math.min(...floors);
  const banks = new Map();
  for (const each of all) banks.set(each.bank, [...(banks.get(each.bank) ?? []), each]);
  const tops = [...banks.values()].map((bank) => Math.max(...bank.map((each) => each.floor_mm)));
  const high = Math.max(...tops) + 80;
  const scale = HEIGHT / (high - low);
  const boxes = new Map();
  for (const bank of banks.values()) {
    const sorted = [...bank].sort((a, b) => a.floor_mm - b.floor_mm);
    sorted.forEach((each, index) => {
      const ceiling = sorted[index + 1]?.floor_mm ?? high;
      boxes.set(each.id, { y: TOP + (high - ceiling) * scale, height: (ceiling - each.floor_mm) * scale });
    });
  }
  return { banks, boxes };
}

function Parcel({ code, x, y, width, height }) {
  return html`<g class="parcel">
    <rect x=${x} y=${y} width=${width} height=${height} rx="1.5" class="carton" />
    <rect x=${x + width * 0.44} y=${y} width=${width * 0.12} height=${height} class="tape" />
    <rect x=${x + width * 0.08} y=${y + height * 0.2} width="30" height=${Math.min(12, height * 0.6)} rx="1" class="sticker" />
    <text x=${x + width * 0.08 + 15} y=${y + height * 0.2 + Math.min(12, height * 0.6) - 3} class="stickertext">${code.slice(-4)}</text>
  </g>`;
}

function Parcels({ list, x, y, width, height }) {
  const each = Math.min(height * 0.62, 46);
  return list.slice(0, 2).map((parcel, index) => html`
    <${Parcel} key=${parcel.tracking_code} code=${parcel.tracking_code} x=${x + 8 + index * 10}
      y=${y + height - each - 3 - index * 5} width=${width - 18} height=${each} />`);
}

// The panel as a path, so that it can swing: its outer edge comes forward and grows.
function panel(x, y, width, height, open) {
  const edge = open ? x + width * 0.24 : x + width;
  const more = open ? 6 : 0;
  return `M${x} ${y} L${edge} ${y - more} L${edge} ${y + height + more} L${x} ${y + height} Z`;
}

function describe(each, recorded) {
  const inside = each.parcels.length ? `${each.parcels.length} inside` : "empty";
  const doubt = differs(each, recorded) ? ", differs from the record" : "";
  const broken = each.faults.length ? `, fault: ${each.faults.join(", ")}` : "";
  return `${each.number}, door ${each.door}, ${inside}${doubt}${broken}`;
}

// What is there and what is recorded, while the door is closed and nobody is at work.
export function differs(each, recorded) {
  return each.door === "closed" && (each.parcels.length > 0) !== Boolean(recorded);
}

function Compartment({ each, x, box, recorded }) {
  const open = each.door === "open";
  const [y, width, height] = [box.y + GAP / 2, BANK - GAP, box.height - GAP];
  const classes = ["compartment", open && "open", chosen.value === each.id && "chosen",
    each.energised && "energised", differs(each, recorded) && "doubt"].filter(Boolean).join(" ");
  const choose = () => { chosen.value = chosen.value === each.id ? "" : each.id; };
  const keys = (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    choose();
  };
  const shape = panel(x, y, width, height, open);
  return html`<g class=${classes}><g aria-hidden="true">
    <rect x=${x} y=${y} width=${width} height=${height} rx="2" class="inside" />
    <${Parcels} list=${each.parcels} x=${open ? x + width * 0.26 : x} y=${y} width=${open ? width * 0.74 : width} height=${height} />
    <path d=${shape} style=${{ d: `path("${shape}")` }} class="door" />
    <text x=${open ? x + width - 8 : x + 8} y=${y + 16} class="number" text-anchor=${open ? "end" : "start"}>${each.number}</text>
    <g class="front">
      <text x=${x + width - 8} y=${y + 15} class="size" text-anchor="end">${each.size}</text>
      <rect x=${x + width - 11} y=${y + height / 2 - 7 + (height < 50 ? 6 : 0)} width="4" height="14" rx="2" class="handle" />
      ${each.parcels.length > 0 && html`<g class="ghost">
        <rect x=${x + 8} y=${y + height - 13} width="11" height="8" rx="1" />
        <text x=${x + 23} y=${y + height - 5.5}>${each.parcels[0].tracking_code.slice(-4)}</text></g>`}
    </g>
    <circle cx=${x + width - 9} cy=${y + height - 8} r="3" class="led ${each.latch}" />
    ${each.faults.length > 0 && html`<g class="fault"><circle cx=${x + width - 22} cy=${y + height - 9} r="6.5" />
      <text x=${x + width - 22} y=${y + height - 5.5}>!</text></g>`}
    </g>
    <rect x=${x + 0.5} y=${y + 0.5} width=${width - 1} height=${height - 1} rx="2" class="frame" id=${`c-${each.id}`}
      role="button" tabindex="0" aria-pressed=${chosen.value === each.id} aria-label=${describe(each, recorded)}
      onClick=${choose} onKeyDown=${keys} />
  </g>`;
}

function Half({ banks, boxes, label }) {
  const width = banks.length * BANK + GAP;
  const inside = parcels.value.inside;
  return html`<svg class="half" viewBox=${`0 0 ${width} ${TOP + HEIGHT + PLINTH}`} role="group" aria-label=${label}>
    <rect x="0" y="0" width=${width} height=${TOP + HEIGHT + 6} rx="5" class="body" />
    <rect x="8" y=${TOP + HEIGHT + 6} width=${width - 16} height=${PLINTH - 10} class="plinth" />
    ${banks.flatMap(([, list], column) => list.map((each) => html`
      <${Compartment} key=${each.id} each=${each} x=${GAP + column * BANK} box=${boxes.get(each.id)} recorded=${inside[each.id]} />`))}
  </svg>`;
}

export function Wall() {
  const all = world.value?.compartments ?? [];
  if (!all.length) return html`<section class="wall" aria-label="Cabinet"><p class="empty">waiting for the cabinet …</p></section>`;
  const { banks, boxes } = geometry(all);
  const columns = [...banks.entries()];
  const middle = Math.ceil(columns.length / 2);
  return html`<section class="wall" aria-label="Cabinet">
    <${Half} banks=${columns.slice(0, middle)} boxes=${boxes} label="Compartments left of the screen" />
    <${Terminal} />
    ${columns.length > 1 && html`<${Half} banks=${columns.slice(middle)} boxes=${boxes} label="Compartments right of the screen" />`}
  </section>`;
}
