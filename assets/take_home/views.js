/**
 * The views of the model below the text of a page without a server: those that were recorded with it, as tabs. They follow
 * the step of the text that is in view. `playground/web/inside/taken_home.py` records them. Knows their names, not what
 * they draw.
 *
 * @typedef {object} Told  what was recorded
 * @property {string[]} views  the names of the views, which are panes of "Inside the model"
 * @property {number} step  the index of the step that was in view
 * @property {Partial<import("../attention/choice.js").Choice>} choice  the layer and the head that were in view
 * @property {{model: string, family: "decoder" | "encoder-decoder"}} model
 */

import { choose } from "../attention/choice.js";
import { mount as mountAttention } from "../attention/mount.js";
import { make } from "../common/dom.js";
import { t } from "../common/language.js";
import { viewName } from "../common/navigation.js";
import { recordedBytes } from "../common/recorded.js";
import { shownOnDecode } from "../common/shown.js";
import { placeInView, tellInView } from "../common/views.js";
import { chooseModel, learnModel } from "../models/models.js";
import { knowVocabulary } from "../models/words.js";
import { TabList } from "./tab_list.js";

const FILE = "views.json"; // the same name in page.py
const TITLE = t("Inside the model");
const ABOUT = t("These views show the text above, and follow its step in view. They hold what was recorded when the page was saved.");
/** @type {Record<string, (...place: Parameters<typeof mountAttention>) => void>} */
const MOUNTS = { attention: mountAttention };

/** @param {import("./page.js").Place} place */
export function addViews({ main, tab, message }) {
  /** @type {Told} */
  const { views, step, choice, model } = JSON.parse(new TextDecoder().decode(recordedBytes(FILE)));
  learnModel({ size: "", dtype: "", device: "", loaded: true, built_in: false, ...model });
  chooseModel(model.model);
  const { vocabulary_size: size, words } = message.header;
  knowVocabulary(model.model, Array.from({ length: size }, (_, id) => words[id] ?? `#${id}`));
  document.addEventListener("playground:shown", tellPlace);
  tab.turnTo(step);
  choose(choice);
  const list = new TabList(TITLE, views.map((view) => ({ id: `inside/${view}`, name: viewName(`inside/${view}`), panel: panelOf(view) })));
  const section = make("section", "pg-take-home-views", make("header", "", make("h2", "", TITLE), list.element, make("p", "", ABOUT)), ...list.panels);
  section.ariaLabel = TITLE;
  main.append(section);
  document.addEventListener("playground:view", ({ detail }) => {
    if (list.open(detail)) section.scrollIntoView();
  });
}

/** Tells the views which step is in view above. On the playground's page Decode does so only for texts that the server has. */
function tellPlace() {
  const { trace, step } = shownOnDecode() ?? {};
  const place = placeInView();
  if (!trace || (place?.traceId === trace.id && place.index === step.index)) return;
  tellInView({ traceId: trace.id, index: step.index });
}

/** @param {string} view @returns {HTMLElement} */
function panelOf(view) {
  const element = make("div");
  element.id = `pg-${view}`;
  const read = () => {}; // such a page has no other text
  MOUNTS[view](element, { value: null }, read, () => {});
  return element;
}
