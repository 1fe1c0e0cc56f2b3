/**
 * A page that shows one recorded text without a server: the Decode tab with a sidebar of its own.
 * `playground/sharing/page.py` makes the page. Knows the tab and the sidebar, not how they draw.
 *
 * @typedef {object} Place  what is on the page
 * @property {HTMLElement} main  the part beside the sidebar
 * @property {import("../decode/tab.js").DecodeTab} tab
 * @property {import("../common/trace.js").Message} message  the text
 */

import { make } from "../common/dom.js";
import { name } from "../common/known_texts.js";
import { t } from "../common/language.js";
import { recordedBytes } from "../common/recorded.js";
import { openTraceFile } from "../common/trace_file.js";
import { decodeBeside } from "./decode.js";
import { headOf } from "./head.js";
import { Sidebar } from "./sidebar.js";

const FILE = "trace.json.gz"; // the same name in page.py
const TEXT = "text"; // by which the recorded answers name the text; the same name in recorded.py

/** @param {(place: Place) => unknown} [add]  called with the page once it shows its text */
export function openPage(add = () => {}) {
  open(add).catch((error) => {
    document.body.replaceChildren(make("p", "pg-notice", t("This page cannot be shown. {error}", { error: error.message })));
  });
}

async function open(add) {
  const { message } = await openTraceFile(new File([recordedBytes(FILE)], FILE));
  name(message.trace_id, TEXT);
  const sidebar = new Sidebar();
  const tab = decodeBeside(sidebar);
  const view = make("div", "", tab.element);
  view.id = "pg-decode";
  const main = make("main", "main fillable", headOf(message.header), view);
  document.body.replaceChildren(make("div", "gradio-container", sidebar.element, main));
  sidebar.begin(message.header.settings);
  tab.showFile(message);
  await add({ main, tab, message });
}
