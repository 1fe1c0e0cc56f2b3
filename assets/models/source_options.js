/**
 * What the sidebar offers for a model with an encoder: the languages of a translation, if the model has tokens for them,
 * and the prefixes of its tasks, one of which can be written before the text. For other models it is empty.
 *
 * The event "playground:source" brings another text for the encoder: its languages, and a sentence that stands here until
 * the prompt changes or is used. What the reader had written there can be brought back.
 */

import { promptInSidebar, typePrompt } from "../common/controls.js";
import { button, make, nearest } from "../common/dom.js";
import { select } from "../common/fields.js";
import { whileMounted } from "../common/while_mounted.js";
import { chosenFacts } from "./models.js";

/** @type {{value: {source: string, target: string}} | null} the component, once it is on the page */
let component = null;

/** @returns {{source: string, target: string}} the codes of the chosen languages, "" for the usual ones */
export const languagesInSidebar = () => component?.value ?? { source: "", target: "" };

/** Chooses the languages of a text. @param {Record<string, string>} languages */
export function chooseLanguages({ source = "", target = "" }) {
  if (component) component.value = { source, target };
}

const USUAL = "as the model does by itself";

/**
 * Called by gr.HTML's js_on_load.
 *
 * @param {HTMLElement} element  the element to fill
 * @param {{value: {source: string, target: string}}} props  the codes of the languages, "" for the usual ones
 * @param {(name: string, callback: () => void) => void} watch
 */
export function mount(element, props, watch) {
  component = props;
  let said = "";
  let former = "";
  /** @type {Record<string, HTMLSelectElement>} */
  let lists = {};
  const show = () => {
    lists = {};
    const { languages = [], prefixes = [], only_target: isOnlyTarget = false } = chosenFacts() ?? {};
    const kept = (code) => (languages.includes(code) ? code : "");
    const { source, target } = props.value;
    const known = { source: isOnlyTarget ? "" : kept(source), target: kept(target) };
    const isKnown = chosenFacts()?.languages !== undefined; // a model that is not loaded may have any
    if (isKnown && (known.source !== source || known.target !== target)) props.value = known;
    /** @type {HTMLElement[]} */
    const parts = said ? [make("p", "pg-source-said", said, ...(former ? [" ", back()] : []))] : [];
    if (languages.length && !isOnlyTarget) parts.push(row("from", "source", "Source language"));
    if (languages.length) parts.push(row("to", "target", "Target language"));
    if (prefixes.length) parts.push(make("div", "pg-source-prefixes", ...prefixes.map((prefix) => chip(prefix, prefixes))));
    element.replaceChildren(...(parts.length ? [make("div", "pg-root pg-source-options", ...parts)] : []));

    function back() {
      return button("Bring back what I wrote", () => typePrompt({ prompt: former, chat: false }), "pg-link");
    }

    function row(word, side, label) {
      const list = select(label, [], { onChange: () => (props.value = { ...props.value, [side]: list.value }) });
      list.append(option("", USUAL), ...languages.map((code) => option(code, named(code))).sort(byWords));
      list.value = props.value[side];
      lists[side] = list;
      return make("label", "", make("span", "pg-muted", word), list);
    }
  };
  const say = (sentence) => {
    said = sentence;
    show();
  };
  watch("value", () => Object.entries(lists).some(([side, list]) => list.value !== props.value[side]) && show());
  const mounted = whileMounted(element);
  mounted.onDocument("playground:model", () => say(""));
  mounted.onDocument("playground:source", ({ detail }) => {
    chooseLanguages(detail.languages);
    former = detail.former;
    say(detail.said);
  });
  mounted.onDocument("input", (event) => said && nearest(event, "#pg-prompt") && say(""));
  mounted.onDocument("click", (event) => said && nearest(event, "#pg-generate, #pg-step") && say(""));
  show();
}

/** @param {string} code  "fr_XX", "fr", "fra" or "fra_Latn" @returns {string} "French (fr_XX)", or the code if it has no name */
export function named(code) {
  const [language] = code.split("_"); // what follows, a country or a script, stands in the code
  try {
    const name = new Intl.DisplayNames(["en"], { type: "language", fallback: "none" }).of(language);
    return name ? `${name} (${code})` : code;
  } catch {
    return code; // no tag of a language
  }
}

/** @param {string} text @param {string} prefix @param {readonly string[]} prefixes  that the text may begin with @returns {string} */
export function withPrefix(text, prefix, prefixes) {
  const before = prefixes.find((one) => text.startsWith(one)) ?? "";
  return prefix + text.slice(before.length);
}

function chip(prefix, prefixes) {
  return button(prefix.trim(), () => {
    const { prompt, chat } = promptInSidebar();
    typePrompt({ prompt: withPrefix(prompt, prefix, prefixes), chat });
  });
}

const option = (value, words) => Object.assign(make("option", "", words), { value });
const byWords = (one, other) => one.text.localeCompare(other.text, "en");
