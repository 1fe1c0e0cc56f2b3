/**
 * A page that shows one recorded text without a server: the Decode tab with a sidebar of its own.
 * `playground/sharing/page.py` makes the page. Knows the tab and the sidebar, not how they draw.
 */

import { make } from "../common/dom.js";
import { t } from "../common/language.js";
import { recordedBytes } from "../common/recorded.js";
import { openTraceFile } from "../common/trace_file.js";
import { DecodeTab } from "../decode/tab.js";
import { makeStops } from "../glossary/stops.js";
import { headOf } from "./head.js";
import { Sidebar } from "./sidebar.js";

const FILE = "trace.json.gz"; // the same name in page.py

async function open() {
  const { message } = await openTraceFile(new File([recordedBytes(FILE)], FILE));
  const sidebar = new Sidebar();
  const tab = new DecodeTab({ settings: () => sidebar.move(), look: () => {}, forget: () => {} });
  tab.step.view.chain.offers = isComputedHere;
  document.addEventListener("playground:settings", (event) => tab.applySettings(event.detail));
  document.addEventListener("playground:preset", (event) => tab.step.view.chain.clear(event.detail));
  const view = make("div", "", tab.element);
  view.id = "pg-decode";
  const main = make("main", "main fillable", headOf(message.header), view);
  document.body.replaceChildren(make("div", "gradio-container", sidebar.element, main));
  makeStops();
  sidebar.begin(message.header.settings);
  tab.showFile(message);
  new ResizeObserver(() => tab.fit()).observe(tab.element);
  addEventListener("resize", () => tab.fit());
}

/** @param {import("../distribution/stages/all.js").Stage} stage @returns {boolean} whether it needs neither a model nor its tokenizer */
const isComputedHere = ({ kind, isServed, parameters }) =>
  kind !== "constraint" && kind !== "watermark" && !isServed && !parameters.some(({ hasWords }) => hasWords);

open().catch((error) => {
  document.body.replaceChildren(make("p", "pg-notice", t("This page cannot be shown. {error}", { error: error.message })));
});
