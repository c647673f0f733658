import { render } from "preact";
import { App } from "/static/app.js";
import { html } from "/static/html.js";
import { connect } from "/static/store.js";

render(html`<${App} />`, document.body);
connect();
