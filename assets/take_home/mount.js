/**
 * A page that shows one recorded text without a server: the Decode tab with a sidebar of its own.
 * `playground/sharing/page.py` makes the page. Knows the tab and the sidebar, not how they draw.
 */

import { make } from "../common/dom.js";
import { t } from "../common/language.js";
import { recordedBytes } from "../common/recorded.js";
import { openTraceFile } from "../common/trace_file.js";
import { decodeBeside } from "./decode.js";
import { headOf } from "./head.js";
import { Sidebar } from "./sidebar.js";

const FILE = "trace.json.gz"; // the same name in page.py

async function open() {
  const { message } = await openTraceFile(new File([recordedBytes(FILE)], FILE));
  const sidebar = new Sidebar();
  const tab = decodeBeside(sidebar);
  const view = make("div", "", tab.element);
  view.id = "pg-decode";
  const main = make("main", "main fillable", headOf(message.header), view);
  document.body.replaceChildren(make("div", "gradio-container", sidebar.element, main));
  sidebar.begin(message.header.settings);
  tab.showFile(message);
}

open().catch((error) => {
  document.body.replaceChildren(make("p", "pg-notice", t("This page cannot be shown. {error}", { error: error.message })));
});
