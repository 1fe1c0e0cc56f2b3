/**
 * Knows the views of the page by name, which of them is open, and opens one. No other module knows their names.
 *
 * The open view is in the page's address (`?tab=compare/settings`), so that Back, Forward and a reload find it. The
 * address's fragment is not touched: it belongs to links. `view` is not used as the name, because Gradio uses it.
 * Gradio keeps the views as tabs, whose ids are these names. Its own row of tabs is not shown: `assets/tab_rows.js`
 * draws the tabs. The first tab is Decode, or for an encoder-only model Fill in its place.
 *
 * @typedef {object} View
 * @property {string} id  the view's name in the address, and the id of Gradio's tab
 * @property {string} tab  the label in the first row
 * @property {string} name  the label in the second row, which a tab with several views has
 *
 * @typedef {object} Tab
 * @property {string} label
 * @property {string} id  the view that the tab opens
 * @property {boolean} isOpen
 */

import { encoderTab, isEncoder } from "../models/serving.js";
import { t } from "./language.js";
import { isAlone } from "./recorded.js";

/** A new view stands here, and in `playground/web/page.py` or `playground/web/panels/inside.py`. @type {View[]} */
const VIEWS = [
  { id: "decode", tab: t("Decode"), name: t("Decode") },
  { id: "fill", tab: t("Fill"), name: t("Fill") },
  { id: "compare/prompts", tab: t("Compare"), name: t("Prompts") },
  { id: "compare/settings", tab: t("Compare"), name: t("Settings") },
  { id: "compare/models", tab: t("Compare"), name: t("Models") },
  { id: "compare/families", tab: t("Compare"), name: t("Families") },
  { id: "beams", tab: t("Beams"), name: t("Beams") },
  { id: "inside/picture", tab: t("Inside the model"), name: t("Picture") },
  { id: "inside/tokens", tab: t("Inside the model"), name: t("Tokens") },
  { id: "inside/embeddings", tab: t("Inside the model"), name: t("Embeddings") },
  { id: "inside/positions", tab: t("Inside the model"), name: t("Positions") },
  { id: "inside/attention", tab: t("Inside the model"), name: t("Attention") },
  { id: "inside/layers", tab: t("Inside the model"), name: t("Layers") },
  { id: "inside/word", tab: t("Inside the model"), name: t("To a word") },
  { id: "inside/why", tab: t("Inside the model"), name: t("Why") },
  { id: "learn", tab: t("Learn"), name: t("Learn") },
];
/** What begins the fragment of a link to a view; the view's `link.js` reads the rest. Any other link is one to a text. */
const MARKS = { "#prompts=": "compare/prompts", "#models=": "compare/models", "#fill=": "fill" };
const PARAMETER = "tab";
const [FIRST, FILL] = VIEWS.map(({ id }) => id);

let open = FIRST;
const opened = new Set(); // ids
const latest = new Map(); // label of a tab -> the view of it that was open last

/** @returns {string[]} the ids of the views that were open since the page was loaded */
export const viewsOpened = () => [...opened];

/** @returns {string} the id of the open view */
export const openedView = () => open;

/** @returns {string} the id of the view after the open one, in the order of the tabs */
export function nextView() {
  const shown = shownViews();
  return shown[(shown.findIndex(({ id }) => id === open) + 1) % shown.length].id;
}

/** @returns {string} the id of the view with which the page opens for the chosen model */
export const firstView = () => (isEncoder() ? FILL : FIRST);

/** @returns {string} the view that stands in the place of `id` for the chosen model */
const suited = (id) => ([FIRST, FILL].includes(id) ? firstView() : id);

/** @returns {View[]} the views that have a tab: of Decode and Fill one, the open one before all */
function shownViews() {
  const first = [FIRST, FILL].includes(open) ? open : firstView();
  return VIEWS.filter(({ id }) => ![FIRST, FILL].includes(id) || id === first);
}

/** @param {string} id @returns {string} the id of the element of a view, which is on the page once the view was open */
export const panelId = (id) => `pg-view-${id.replace("/", "-")}`;

/** Opens a view, and adds a step to the browser's history. @param {string} id */
export function openView(id) {
  if (id === open) return;
  if (isAlone) return tellView(id); // its address stays as it is
  history.pushState({ view: id }, "", addressOf(id));
  show(id);
}

/** A page without a server shows another view now. Its address stays as it is. @param {string} id */
export function turnTo(id) {
  if (id === open) return;
  open = id;
  tellView(id);
}

/** Opens a view that another page shows, as no step of this browser's history. @param {string} id */
export function followView(id) {
  if (id === open) return;
  history.replaceState({ view: id }, "", addressOf(id));
  show(id);
}

/**
 * Opens the view that the address names, when the page is loaded: by its parameter, or by its link. Where it names none,
 * the view is opened that was kept from an earlier visit. From now on the view follows the address.
 *
 * @param {unknown} kept  the id of the view that was kept, if any
 */
export function startNavigation(kept) {
  const asked = fromAddress();
  const wanted = asked ?? (isView(kept) ? kept : FIRST);
  const id = linkedView() === wanted ? wanted : suited(wanted); // a link brings its own model
  history.replaceState({ view: id }, "", asked === id || (asked === null && id === FIRST) ? location.href : addressOf(id));
  show(id);
  addEventListener("popstate", () => show(suited(fromAddress() ?? FIRST)));
  addEventListener("hashchange", followLink);
  document.addEventListener("playground:model", followModel);
}

/** Opens Fill in the place of Decode, or Decode in that of Fill, if the chosen model has the other one. */
function followModel() {
  const id = suited(open);
  if (id === open) return;
  history.replaceState({ view: id }, "", addressOf(id));
  show(id);
}

/** Opens the view of a link that was put into the address of the open page. Back to an entry of before is no such link. */
function followLink() {
  const id = linkedView();
  if (history.state || !id) return;
  history.replaceState({ view: id }, "", addressOf(id));
  show(id);
}

/** @returns {Tab[]} the tabs of the first row, in order */
export function tabs() {
  const names = [...new Set(shownViews().map(({ tab }) => tab))];
  return names.map((name) => {
    const { id } = latest.get(name) ?? VIEWS.find(({ tab }) => tab === name);
    return { label: id === FILL ? encoderTab() : name, id, isOpen: name === viewOf(open).tab };
  });
}

/** @param {string} label  of a tab @returns {Tab[]} the tabs of its second row, in order; a tab with one view has none */
export function tabsWithin(label) {
  const within = VIEWS.filter(({ tab }) => tab === label);
  return within.length > 1 ? within.map(({ id, name }) => ({ label: name, id, isOpen: id === open })) : [];
}

/** @param {string} id @returns {string} the label of a view in its row of tabs */
export const viewName = (id) => viewOf(id).name;

/** @param {string} id @returns {string} the label of the tab that has a view */
export const tabOf = (id) => viewOf(id).tab;

const viewOf = (id) => VIEWS.find((view) => view.id === id);

/** @param {unknown} id @returns {id is string} whether the page has such a view */
export const isView = (id) => VIEWS.some((view) => view.id === id);

/** @returns {string | null} the view that the address names by its parameter, or else by its link */
function fromAddress() {
  const id = new URLSearchParams(location.search).get(PARAMETER);
  return isView(id) ? id : linkedView();
}

/** @returns {string | null} the view that shows what the address's link holds, null if it has no link */
export function linkedView() {
  const mark = Object.keys(MARKS).find((begin) => location.hash.startsWith(begin));
  return MARKS[mark] ?? (location.hash.includes("=") ? FIRST : null);
}

/** @returns {string} this page's address with another view, and with the link that it has */
function addressOf(id) {
  const asked = new URLSearchParams(location.search);
  asked.set(PARAMETER, id);
  return `${location.pathname}?${asked.toString().replaceAll("%2F", "/")}${location.hash}`;
}

function show(id) {
  open = id;
  latest.set(viewOf(id).tab, viewOf(id));
  opened.add(id);
  tellView(id);
  if (press()) return;
  const observer = new MutationObserver(() => press() && observer.disconnect()); // the page is still being built
  observer.observe(document, { childList: true, subtree: true });
}

const tellView = (id) => document.dispatchEvent(new CustomEvent("playground:view", { detail: id }));

/** Presses Gradio's tab of the open view. @returns {boolean} whether Gradio has made its tabs */
function press() {
  const tab = document.querySelector(`#pg-views > .tab-wrapper [data-tab-id="${open}"]`);
  if (!(tab instanceof HTMLElement)) return false;
  tab.closest(".tab-wrapper").addEventListener("click", follow); // the same listener is added only once
  tab.click();
  return true;
}

/** Opens the view whose tab of Gradio a script has pressed. @param {Event} event */
function follow({ target }) {
  const id = target instanceof Element && target.closest("[data-tab-id]")?.getAttribute("data-tab-id");
  if (isView(id)) openView(id);
}
