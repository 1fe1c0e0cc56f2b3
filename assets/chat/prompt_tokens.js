/**
 * Shows the prompt as the model reads it, token by token: the chat template's own text is in it, and special tokens are
 * marked. Knows the vocabulary. Does not know templates.
 */

import { make, setText } from "../common/dom.js";
import { t, tn } from "../common/language.js";
import { fetchVocabulary } from "../models/words.js";

const MOST = 2000; // tokens, each of which is an element

/**
 * Called by gr.HTML's js_on_load.
 *
 * @param {HTMLElement} element  the element to fill
 * @param {{value: {ids: number[], special: number[], refusal: string}}} props  `special` holds places in `ids`
 * @param {(name: string, callback: () => void) => void} watch
 */
export function mount(element, props, watch) {
  const head = make("p", "pg-muted");
  const list = make("div", "pg-read-tokens");
  list.tabIndex = 0; // a long prompt is scrolled by keyboard
  list.role = "group";
  list.ariaLabel = t("As the model reads it");
  element.replaceChildren(make("div", "pg-root pg-read", head, list));
  const show = async () => {
    const { ids, special, refusal } = props.value;
    const words = await fetchVocabulary().catch(() => null); // the Decode tab says why it did not come
    if (!words || props.value.ids !== ids) return;
    setText(head, refusal || headOf(ids.length, special.length));
    const signs = new Set(special);
    list.replaceChildren(...ids.slice(0, MOST).flatMap((id, place) => chip(words[id] ?? `#${id}`, signs.has(place))));
    if (ids.length > MOST) list.append(` ${tn("and {n} more token", "and {n} more tokens", ids.length - MOST)}`);
    list.hidden = !ids.length;
  };
  watch("value", show);
  show();
}

function headOf(count, special) {
  if (!special) return tn("{n} token", "{n} tokens", count);
  return tn("{n} token, {special} of them special (framed)", "{n} tokens, {special} of them special (framed)", count, { special });
}

function chip(text, isSpecial) {
  const element = make("span", isSpecial ? "pg-token pg-read-special" : "pg-token", text);
  return text.includes("⏎") ? [element, make("br")] : [element];
}
