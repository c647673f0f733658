// Which language, and how a text is found.  `language` is null until somebody chooses: then both are shown.
import { signal } from "@preact/signals";
import { html } from "./html.js";
import zh from "./texts.zh.js";
import en from "./texts.en.js";

export const TEXTS = { zh, en };
export const LANG_TAG = { zh: "zh-CN", en: "en" };

export const language = signal(null);
export const first = () => language.value ?? "zh";
const second = () => (first() === "zh" ? "en" : "zh");

export const face = { ...document.body.dataset };
// A telephone number is read as one: word joiners keep a line from ending at its hyphens.
const phone = face.phone.replaceAll("-", "\u2060-\u2060");

const put = (text, params) => (typeof text === "function" ? text(params) : text);

// A text in one language; `pick` takes it from that language's texts.
export const textIn = (lang, pick, params = {}) =>
  put(pick(TEXTS[lang]), { phone, ...params });

// A text in the language of the screen, for labels that only assistive technology reads.
export const text = (pick, params) => textIn(first(), pick, params);

// A text as elements.  Both languages while nobody has chosen, or where `both` asks for it.
export function Say({ pick, params = {}, both = false, only = false }) {
  const alone = only || (language.value !== null && !both);
  const main = first();
  const other = second();
  return html`<span class="say" lang=${LANG_TAG[main]}>${textIn(main, pick, withWait(main, params))}</span>
    ${alone ? null : html`<span class="say second" lang=${LANG_TAG[other]}>
      ${textIn(other, pick, withWait(other, params))}</span>`}`;
}

// A waiting time in the words of that language.
export function withWait(lang, params) {
  return params.seconds === undefined ? params : { ...params, wait: TEXTS[lang].wait(params.seconds) };
}

export const screenText = (texts, v, part) =>
  (texts.screens[`${v.screen}.${v.purpose}`] ?? texts.screens[v.screen] ?? texts.screens.unknown)[part];
