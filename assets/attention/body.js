/** Lays out the parts of the Attention pane. */

import { make } from "../common/dom.js";
import { isAlone } from "../common/recorded.js";

/** @param {Record<string, any>} pane  its parts @returns {HTMLElement} */
export function bodyOf({ kind, controls, maps, switchOff, heads, tokens, sink, tables, bertviz, limits }) {
  const served = isAlone ? { bar: [], below: [] } : { bar: [switchOff.bar], below: [bertviz.element] }; // they need a model, or a page of the server
  const bar = make("div", "pg-attention-bar", kind.element, controls.element, maps.controls, ...served.bar);
  const pictures = make("div", "pg-pictures", maps.element, heads.element);
  const more = make("div", "pg-more", kind.note, sink.element, switchOff.element, tables.element, ...served.below, limits.element);
  return make("div", "pg-attention", ...tokens.elements, bar, pictures, more);
}
