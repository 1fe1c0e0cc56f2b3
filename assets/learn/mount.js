/** Puts the view with the list of lessons on the page. */

import { whileMounted } from "../common/while_mounted.js";
import { LearnTab } from "./tab.js";

/** Called by gr.HTML's js_on_load. @param {HTMLElement} element  the element to fill */
export function mount(element) {
  const tab = new LearnTab();
  element.replaceChildren(tab.element);
  const mounted = whileMounted(element);
  mounted.onDocument("playground:progress", () => tab.showProgress());
  mounted.onDocument("playground:teacher", () => tab.showTeacher());
  mounted.onDocument("playground:connection", ({ detail }) => detail.isAway || tab.goOn());
  mounted.onDocument("playground:door", () => tab.showRefusal());
  tab.showRefusal();
  tab.fetch();
}
