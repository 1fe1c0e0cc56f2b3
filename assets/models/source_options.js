/**
 * What the sidebar offers for a model with an encoder: the languages of a translation, if the model has tokens for them,
 * and the prefixes of its tasks, one of which can be written before the text. For other models it is empty.
 */

import { promptInSidebar, typePrompt } from "../common/controls.js";
import { button, make } from "../common/dom.js";
import { select } from "../common/fields.js";
import { whileMounted } from "../common/while_mounted.js";
import { chosenFacts } from "./models.js";

const USUAL = "as the model does by itself";

/**
 * Called by gr.HTML's js_on_load.
 *
 * @param {HTMLElement} element  the element to fill
 * @param {{value: {source: string, target: string}}} props  the codes of the languages, "" for the usual ones
 */
export function mount(element, props) {
  const show = () => {
    const { languages = [], prefixes = [] } = chosenFacts() ?? {};
    const kept = (code) => (languages.includes(code) ? code : "");
    const { source, target } = props.value;
    if (kept(source) !== source || kept(target) !== target) props.value = { source: kept(source), target: kept(target) };
    const parts = [];
    if (languages.length) parts.push(row("from", "source", "Source language"), row("to", "target", "Target language"));
    if (prefixes.length) parts.push(make("div", "pg-source-prefixes", ...prefixes.map((prefix) => chip(prefix, prefixes))));
    element.replaceChildren(...(parts.length ? [make("div", "pg-root pg-source-options", ...parts)] : []));

    function row(word, side, label) {
      const list = select(label, [], { onChange: () => (props.value = { ...props.value, [side]: list.value }) });
      list.append(option("", USUAL), ...languages.map((code) => option(code, named(code))).sort(byWords));
      list.value = props.value[side];
      return make("label", "", make("span", "pg-muted", word), list);
    }
  };
  whileMounted(element).onDocument("playground:model", show);
  show();
}

/** @param {string} code  "fr_XX", "fr" or "fra_Latn" @returns {string} "French (fr_XX)", or the code if it has no name */
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
