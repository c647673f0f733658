// Start: draw the page and connect it to the station.
import { render } from "preact";
import { App } from "./app.js";
import { html } from "./html.js";
import { connect } from "./link.js";

render(html`<${App} />`, document.body);
connect();
