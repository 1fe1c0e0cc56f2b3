/**
 * Does what concerns the whole page: passes the controls' values to the views, handles Ctrl+Enter, and opens the view
 * that the address names. Knows Gradio's element ids. Loaded once, from the document's head.
 */

import "./common/connection_line.js";
import "./common/look_again.js";
import "./first_picture.js";
import "./class_door.js";
import "./lesson_door.js";
import "./common/missing_part.js";
import "./skip_link.js";
import { settingsInSidebar } from "./common/controls.js";
import { face } from "./common/face.js";
import { keepBeforeLeaving } from "./common/keeping.js";
import { keepView, keptView } from "./common/kept_controls.js";
import { startNavigation } from "./common/navigation.js";
import { fetchScoresAfter, fetchWordIds } from "./common/server.js";
import { tellSettings } from "./common/tell_settings.js";
import { connect } from "./distribution/served.js";
import { makeStops } from "./glossary/stops.js";
import { addLanguageChoice } from "./language_choice.js";
import "./models/example.js";
import { askThrough } from "./models/word_ids.js";
import { hasGenerate } from "./sidebar.js";

/**
 * Gradio calls this, without the server, whenever a control changes.
 * @param {string[]} names settings' names
 * @param {unknown[]} values in the same order
 */
window.playgroundTell = (names, values) => {
  tellSettings(Object.fromEntries(names.map((name, place) => [name, values[place]])));
};

document.addEventListener("playground:further", () => tellSettings(settingsInSidebar()));

/** Ctrl+Enter presses the button that the open view is there for. */
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  if (!event.repeat) primary()?.click();
});

/** @returns {HTMLElement | null | undefined} the filled button of the open view, in the view or in the sidebar */
function primary() {
  if (hasGenerate()) return document.querySelector(face() === "simple" ? "#pg-step" : "#pg-generate"); // also in a closed sheet
  /** @type {NodeListOf<HTMLElement>} */
  const filled = document.querySelectorAll("#pg-views .pg-primary");
  return Array.from(filled).find((one) => one.checkVisibility());
}

askThrough(fetchWordIds);
connect(fetchScoresAfter);
keepBeforeLeaving();
addLanguageChoice();
makeStops();
document.addEventListener("playground:view", keepView);
document.addEventListener("playground:view", ({ detail }) => {
  document.documentElement.dataset.view = detail; // styles fold by it
});
startNavigation(keptView());
