/**
 * The views of the model below the text of a page without a server: those that were recorded with it, as tabs. They follow
 * the step of the text that is in view. `playground/web/inside/taken_home.py` records them. Knows their names, not what
 * they draw.
 *
 * @typedef {object} Told  what was recorded
 * @property {string[]} views  the names of the views, which are panes of "Inside the model"
 * @property {number} step  the index of the step that was in view
 * @property {number} position  the place of the token whose views were recorded
 * @property {string[]} why  the questions that have an answer in the view Why
 * @property {Partial<import("../attention/choice.js").Choice>} choice  the layer and the head that were in view
 * @property {{model: string, family: "decoder" | "encoder-decoder"}} model
 */

import { choose } from "../attention/choice.js";
import { mount as mountAttention } from "../attention/mount.js";
import { mount as mountLayers } from "../inside/layers/mount.js";
import { lookingOnPage } from "../inside/looking.js";
import { mountAnswered } from "../inside/why/mount.js";
import { button, make } from "../common/dom.js";
import { t } from "../common/language.js";
import { viewName } from "../common/navigation.js";
import { recordedBytes } from "../common/recorded.js";
import { shownOnDecode } from "../common/shown.js";
import { placeInView, tellInView } from "../common/views.js";
import { chooseModel, learnModel } from "../models/models.js";
import { knowVocabulary } from "../models/words.js";
import { TabList } from "./tab_list.js";

const [FILE, WORDS] = ["views.json", "words.json"]; // the same names in recorded.py
const TITLE = t("Inside the model");
const ABOUT = t("These views show the text above, and follow its step in view. They hold what was recorded when the page was saved.");
/** What is said of a view that has answers at one token alone. @type {Record<string, (token: string) => string>} */
const ALONE = {
  layers: (token) => t("Layers says who wrote a logit after “{token}” alone.", { token }),
  why: (token) => t("Why has answers after “{token}” alone.", { token }),
};
/** @type {Record<string, (told: Told, ...place: [HTMLElement, any, any, any]) => void>} */
const MOUNTS = {
  attention: (_, ...place) => mountAttention(...place),
  layers: (_, ...place) => mountLayers(...place),
  why: ({ why }, ...place) => mountAnswered(why, ...place),
};

/** @param {import("./page.js").Place} place */
export function addViews({ main, tab, message }) {
  /** @type {Told} */
  const told = jsonOf(FILE);
  const { views, step, position, choice, model } = told;
  learnModel({ size: "", dtype: "", device: "", loaded: true, built_in: false, ...model });
  chooseModel(model.model);
  const { vocabulary_size: size, words } = message.header;
  /** @type {Record<string, string>} */
  const named = { ...words, ...jsonOf(WORDS) };
  knowVocabulary(model.model, Array.from({ length: size }, (_, id) => named[id] ?? `#${id}`));
  document.addEventListener("playground:shown", tellPlace);
  tab.turnTo(step);
  choose(choice);
  const list = new TabList(TITLE, views.map((view) => ({ id: `inside/${view}`, name: viewName(`inside/${view}`), panel: panelOf(view, told) })));
  const token = named[[...message.header.prompt_ids, ...message.steps.map(({ token_id: id }) => id)][position]];
  const about = make("p", "", ABOUT);
  const alone = views.filter((view) => view in ALONE).map((view) => ALONE[view](token));
  if (alone.length) about.append(` ${alone.join(" ")} `, button(t("Go to “{token}”", { token }), () => lookingOnPage().turn(position)));
  const section = make("section", "pg-root pg-take-home-views", make("header", "", make("h2", "", TITLE), list.element, about), ...list.panels);
  section.ariaLabel = TITLE;
  main.append(section);
  turnOnce(position);
  document.addEventListener("playground:view", ({ detail }) => {
    if (list.open(detail)) section.scrollIntoView();
  });
}

/** Turns the views to the token that was chosen in them, once their text is there. @param {number} position */
function turnOnce(position) {
  const looking = lookingOnPage();
  const begun = new AbortController();
  const turn = () => {
    if (!looking.text) return;
    begun.abort();
    looking.turn(position);
  };
  document.addEventListener("playground:looked", turn, begun);
}

const jsonOf = (path) => JSON.parse(new TextDecoder().decode(recordedBytes(path)));

/** Tells the views which step is in view above. On the playground's page Decode does so only for texts that the server has. */
function tellPlace() {
  const { trace, step } = shownOnDecode() ?? {};
  const place = placeInView();
  if (!trace || (place?.traceId === trace.id && place.index === step.index)) return;
  tellInView({ traceId: trace.id, index: step.index });
}

/** @param {string} view @param {Told} told @returns {HTMLElement} */
function panelOf(view, told) {
  const element = make("div");
  element.id = `pg-${view}`;
  const read = () => {}; // such a page has no other text
  MOUNTS[view](told, element, { value: null }, read, () => {});
  return element;
}
