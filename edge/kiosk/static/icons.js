// Line icons on a 24-unit grid, drawn for this page.  Each is decoration: the text beside it says the same.
import { html } from "./html.js";

const PATHS = {
  parcel: ["M3 8l9-5 9 5v8l-9 5-9-5z", "M3 8l9 5 9-5", "M12 13v8", "M7.5 5.5l9 5"],
  courier: ["M2 7h11v10H2z", "M13 10h4l4 4v3h-8z", "M6.5 19.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4z", "M17 19.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4z"],
  put_in: ["M4 13v7h16v-7", "M12 3v11", "M7.5 9.5L12 14l4.5-4.5"],
  take_out: ["M4 13v7h16v-7", "M12 14V3", "M7.5 7.5L12 3l4.5 4.5"],
  left: ["M20 12H4", "M11 5l-7 7 7 7"],
  close: ["M5 5l14 14", "M19 5L5 19"],
  check: ["M4 12.5l5.5 5.5L20 6.5"],
  door: ["M5 21V3h14v18", "M3 21h18", "M15 12v1"],
  again: ["M20 12a8 8 0 1 1-2.5-5.8", "M20 3v4.5h-4.5"],
  clock: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z", "M12 7v5l3.5 2"],
  other: ["M4 4h7v7H4z", "M13 13h7v7h-7z", "M15 4h5v5", "M20 4l-6 6"],
  keyboard: ["M2 6h20v12H2z", "M6 10h.01", "M10 10h.01", "M14 10h.01", "M18 10h.01", "M8 14h8"],
  receipt: ["M6 3h12v18l-3-2-3 2-3-2-3 2z", "M9.5 8h5", "M9.5 12h5"],
  broken: ["M3 8l9-5 9 5v8l-9 5-9-5z", "M13 4l-3 5 4 3-3 4 1 4.5"],
  empty: ["M4 4h16v16H4z", "M9 9l6 6", "M15 9l-6 6"],
  full: ["M3 3h18v18H3z", "M8 11h8v7H8z"],
  tool: ["M14.5 6.5a4 4 0 0 0-5.3 5.3L3 18l3 3 6.2-6.2a4 4 0 0 0 5.3-5.3L15 12l-3-3z"],
  out: ["M14 4h6v16h-6", "M4 12h11", "M10.5 7.5L15 12l-4.5 4.5"],
  phone: ["M5 3h4l2 5-2.5 1.5a11 11 0 0 0 6 6L16 13l5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 3 5a2 2 0 0 1 2-2z"],
  alert: ["M12 3l10 18H2z", "M12 10v5", "M12 18h.01"],
  info: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z", "M12 11v6", "M12 7.5h.01"],
  delete: ["M9 5h12v14H9l-7-7z", "M12 9l6 6", "M18 9l-6 6"],
  arrow_down: ["M12 3v17", "M4.5 12.5L12 20l7.5-7.5"],
  reach: ["M11 5.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3z", "M11 8v6h6l3 6", "M11 10.5h5", "M8 12a5 5 0 1 0 7.5 6.5"],
  scan: ["M3 8V4h4", "M17 4h4v4", "M21 16v4h-4", "M7 20H3v-4", "M7 8v8", "M11 8v8", "M14 8v8", "M17 8v8"],
};

export const Icon = ({ name }) => html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
  ${(PATHS[name] ?? []).map((d) => html`<path d=${d} />`)}</svg>`;
