/** The Decode tab in a page without a server: joins it to the sidebar. Knows both, not what they show. */

import { fetchScoresAfter, fetchWordIds } from "../common/server.js";
import { DecodeTab } from "../decode/tab.js";
import { connect } from "../distribution/served.js";
import { makeStops } from "../glossary/stops.js";
import { askThrough } from "../models/word_ids.js";
import { isComputedHere } from "./computed_here.js";

/** @param {import("./sidebar.js").Sidebar} sidebar @returns {DecodeTab} */
export function decodeBeside(sidebar) {
  const tab = new DecodeTab({ settings: () => sidebar.move(), look: () => {}, forget: () => {} });
  tab.step.view.chain.offers = isComputedHere;
  document.addEventListener("playground:settings", (event) => tab.applySettings(event.detail));
  document.addEventListener("playground:preset", (event) => tab.step.view.chain.clear(event.detail));
  makeStops();
  askThrough(fetchWordIds);
  connect(fetchScoresAfter);
  new ResizeObserver(() => tab.fit()).observe(tab.element);
  addEventListener("resize", () => tab.fit());
  return tab;
}
