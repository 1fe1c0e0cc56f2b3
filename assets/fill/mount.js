/** Puts the tab Fill on the page, and connects it to the events of the page. */

import { whileMounted } from "../common/while_mounted.js";
import { settingsInSidebar } from "../common/controls.js";
import { FillTab } from "./tab.js";

/**
 * Called by gr.HTML's js_on_load.
 *
 * @param {HTMLElement} element  the element to fill
 * @param {() => void} moveSliders  makes Gradio move the controls
 */
export function mount(element, moveSliders) {
  const tab = new FillTab(moveSliders);
  element.replaceChildren(tab.element);
  tab.applySettings(settingsInSidebar());
  const mounted = whileMounted(element);
  mounted.onDocument("playground:settings", ({ detail }) => tab.applySettings(detail));
  mounted.onDocument("playground:preset", ({ detail }) => tab.blank.step.chain.clear(detail));
  mounted.onDocument("playground:model", () => tab.begin());
  mounted.onDocument("playground:connection", ({ detail }) => detail.isAway || tab.goOn());
  mounted.onWindow("resize", () => tab.fit());
  mounted.onWindow("hashchange", () => tab.followLink());
  new ResizeObserver(() => tab.fit()).observe(element);
  tab.start();
}
