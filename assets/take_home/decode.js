/** The Decode tab in a page without a server: joins it to the sidebar. Knows both, not what they show. */

import { DecodeTab } from "../decode/tab.js";
import { makeStops } from "../glossary/stops.js";

/** @param {import("./sidebar.js").Sidebar} sidebar @returns {DecodeTab} */
export function decodeBeside(sidebar) {
  const tab = new DecodeTab({ settings: () => sidebar.move(), look: () => {}, forget: () => {} });
  tab.step.view.chain.offers = isComputedHere;
  document.addEventListener("playground:settings", (event) => tab.applySettings(event.detail));
  document.addEventListener("playground:preset", (event) => tab.step.view.chain.clear(event.detail));
  makeStops();
  new ResizeObserver(() => tab.fit()).observe(tab.element);
  addEventListener("resize", () => tab.fit());
  return tab;
}

/** @param {import("../distribution/stages/all.js").Stage} stage @returns {boolean} whether it needs neither a model nor its tokenizer */
const isComputedHere = ({ kind, isServed, parameters }) =>
  kind !== "constraint" && kind !== "watermark" && !isServed && !parameters.some(({ hasWords }) => hasWords);
