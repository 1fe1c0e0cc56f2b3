/**
 * What the sidebar offers for a model with an encoder: the languages of a translation, if the model has tokens for them,
 * and the prefixes of its tasks, one of which can be written before the text. For other models it is empty. The event
 * "playground:languages" says that other languages are chosen.
 *
 * The event "playground:source" brings another text for the encoder: its languages, and a sentence that stands here until
 * the prompt changes or is used. What the reader had written there can be brought back.
 */

import { promptInSidebar, typePrompt } from "../common/controls.js";
import { button, make, nearest } from "../common/dom.js";
import { t } from "../common/language.js";
import { whileMounted } from "../common/while_mounted.js";
import { LanguageLists } from "./language_lists.js";
import { chosenFacts } from "./models.js";

/** @type {{value: import("./language_lists.js").Pair} | null} the component, once it is on the page */
let component = null;
let told = ""; // the choice that the page was told last

/** @returns {import("./language_lists.js").Pair} the languages that are chosen */
export const languagesInSidebar = () => component?.value ?? { source: "", target: "" };

/** Chooses the languages of a text. @param {Partial<import("./language_lists.js").Pair>} languages */
export function chooseLanguages({ source = "", target = "" }) {
  if (component) component.value = { source, target };
  tell();
}

/** Says on the page which languages are chosen, if they are other ones than before. */
function tell() {
  const now = JSON.stringify(languagesInSidebar());
  if (now === told) return;
  told = now;
  document.dispatchEvent(new Event("playground:languages"));
}

/**
 * Called by gr.HTML's js_on_load.
 *
 * @param {HTMLElement} element  the element to fill
 * @param {{value: import("./language_lists.js").Pair}} props
 * @param {(name: string, callback: () => void) => void} watch
 */
export function mount(element, props, watch) {
  component = props;
  told = JSON.stringify(props.value);
  let said = "";
  let former = "";
  const lists = new LanguageLists((change) => chooseLanguages({ ...props.value, ...change }));
  const show = () => {
    const { languages = [], prefixes = [], only_target: isOnlyTarget = false } = chosenFacts() ?? {};
    const kept = (code) => (languages.includes(code) ? code : "");
    const { source, target } = props.value;
    const known = { source: isOnlyTarget ? "" : kept(source), target: kept(target) };
    const isKnown = chosenFacts()?.languages !== undefined; // a model that is not loaded may have any
    if (isKnown && (known.source !== source || known.target !== target)) props.value = known;
    /** @type {HTMLElement[]} */
    const parts = said ? [make("p", "pg-source-said", said, ...(former ? [" ", back()] : []))] : [];
    lists.show({ languages, only_target: isOnlyTarget }, props.value);
    if (languages.length) parts.push(lists.element);
    if (prefixes.length) parts.push(make("div", "pg-source-prefixes", ...prefixes.map((prefix) => chip(prefix, prefixes))));
    element.replaceChildren(...(parts.length ? [make("div", "pg-root pg-source-options", ...parts)] : []));
    tell();

    function back() {
      return button(t("Bring back what I wrote"), () => typePrompt({ prompt: former, chat: false }), "pg-link");
    }
  };
  const say = (sentence) => {
    said = sentence;
    show();
  };
  watch("value", tell);
  const mounted = whileMounted(element);
  mounted.onDocument("playground:languages", () => !lists.shows(props.value) && show());
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
