/** Lays out the parts of the Attention pane. */

import { make } from "../common/dom.js";

/** @param {Record<string, any>} pane  its parts @returns {HTMLElement} */
export function bodyOf({ kind, controls, maps, switchOff, heads, tokens, sink, tables, bertviz, limits }) {
  const bar = make("div", "pg-attention-bar", kind.element, controls.element, maps.controls, switchOff.bar);
  const pictures = make("div", "pg-pictures", maps.element, heads.element);
  const more = make("div", "pg-more", kind.note, sink.element, switchOff.element, tables.element, bertviz.element, limits.element);
  return make("div", "pg-attention", ...tokens.elements, bar, pictures, more);
}
