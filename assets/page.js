/**
 * Does what concerns the whole page: passes the controls' values to the views, handles Ctrl+Enter, and reopens tabs.
 * Knows Gradio's element ids. Loaded once, from the document's head.
 */

import "./common/connection_line.js";
import { reopenTab } from "./common/kept_controls.js";
import { openTabOnceThere } from "./common/views.js";

/**
 * Gradio calls this, without the server, whenever a control changes.
 * @param {string[]} names settings' names
 * @param {unknown[]} values in the same order
 */
window.playgroundTell = (names, values) => {
  const settings = Object.fromEntries(names.map((name, place) => [name, values[place]]));
  window.playgroundSettings = settings;
  document.dispatchEvent(new CustomEvent("playground:settings", { detail: settings }));
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    /** @type {HTMLElement | null} */
    const generate = document.querySelector("#pg-generate");
    if (!event.repeat) generate?.click();
  }
});

/** Opens the Compare prompts tab for a link to it, once the tab is there. The tab's view reads the rest of the link. */
function followLink() {
  if (location.hash.startsWith("#prompts=")) openTabOnceThere("Compare prompts");
}

followLink();
reopenTab();
addEventListener("hashchange", followLink);
