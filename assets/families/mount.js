/** Puts the view with a model of each family on the page, and keeps its list of models true. */

import { whileMounted } from "../common/while_mounted.js";
import { FamiliesTab } from "./tab.js";

/** Called by gr.HTML's js_on_load. @param {HTMLElement} element  the element to fill */
export function mount(element) {
  const tab = new FamiliesTab();
  element.replaceChildren(tab.element);
  const mounted = whileMounted(element);
  mounted.onDocument("playground:model", () => tab.showModels());
  mounted.onDocument("playground:connection", ({ detail }) => detail.isAway || tab.goOn());
}
