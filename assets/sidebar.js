/**
 * Shows the sidebar in the views whose runs read it, and there only the parts that they read. A line says what it acts
 * on. On a phone the sidebar is a sheet at the bottom, and the line is a button that opens and closes it.
 *
 * The parts are chosen by `page.css`, with the attributes that are set here on the document's root.
 */

import { explainControls } from "./control_help.js";
import { translateLabels } from "./gradio_labels.js";
import { openedView } from "./common/navigation.js";
import { button, make, setText } from "./common/dom.js";
import { t } from "./common/language.js";
import { chosenFacts, namesToCompare } from "./models/models.js";
import { isServed } from "./models/serving.js";
import { orderSheet } from "./sheet_order.js";

/**
 * What a view reads: `prompt`, `runs` (the buttons that write a text), `settings`, `length` (the strategy and the number
 * of new tokens), `languages` (of a translation, which `prompt` has too), `strategy` (the strategy alone), `blanks` (no
 * seed, because the view has its own), `further` (a line that names the settings without a control, because the view does
 * not show the chain). A view that is not here reads nothing of the sidebar.
 *
 * @type {Record<string, {says: string, parts: string, isSheetOpen: boolean}>}
 */
const READS = {
  decode: { says: t("Prompt and settings of the text"), parts: "prompt runs settings length", isSheetOpen: true },
  fill: { says: t("Settings of the blanks"), parts: "settings strategy blanks", isSheetOpen: true },
  "compare/prompts": { says: t("Settings of all columns"), parts: "languages settings length further", isSheetOpen: false },
  ...(namesToCompare().length > 1 && {
    "compare/models": { says: t("Prompt and settings of all models"), parts: "prompt settings length further", isSheetOpen: false },
  }),
  beams: { says: t("Prompt of the search, settings of the sampled path"), parts: "prompt settings further", isSheetOpen: false },
  "inside/word": { says: t("Settings that the table follows"), parts: "settings length further", isSheetOpen: false },
};
/** In a window of so little height, a laptop's at 200 %, an open sheet would leave no room for the view. */
const isLow = matchMedia("(height < 600px)");
const chosen = new Map(); // view and whether the window is low -> whether the reader left the sheet open there
/** @returns {{says: string, parts: string, isSheetOpen: boolean} | undefined} what the open view reads for the chosen model */
function reads() {
  const hasBlanks = openedView() !== "fill" || chosenFacts()?.task === "fill-mask";
  return hasBlanks && isServed(openedView()) ? READS[openedView()] : undefined;
}
const here = () => `${openedView()} ${isLow.matches}`;

/**
 * Called by gr.HTML's js_on_load.
 *
 * @param {HTMLElement} element  the element at the top of the sidebar
 * @param {{presets: Record<string, string>}} props  what each preset does, by its name
 */
export function mount(element, { presets }) {
  const title = make("h2", "pg-sidebar-title");
  const handle = button("", () => {
    chosen.set(here(), !isOpen());
    show();
  }, "pg-sheet-handle");
  const tell = () => {
    const { says } = reads() ?? { says: "" };
    setText(title, says);
    setText(handle, says);
    handle.ariaExpanded = String(isOpen());
  };
  element.append(title, handle);
  const sidebar = element.closest(".sidebar");
  explainControls(sidebar, presets);
  translateLabels([...sidebar.querySelectorAll("#pg-prompt label > span, #pg-chat")]);
  orderSheet(element.closest(".sidebar-content > .column"));
  document.addEventListener("playground:sheet", tell);
  tell();
}

/** @returns {boolean} whether Generate writes a text of the open view */
export const hasGenerate = () => reads()?.parts.includes("runs") ?? false;

function isOpen() {
  return chosen.get(here()) ?? (!isLow.matches && (reads()?.isSheetOpen ?? false));
}

function show() {
  const root = document.documentElement;
  root.dataset.sidebar = reads()?.parts ?? "";
  root.dataset.sheet = isOpen() ? "open" : "closed";
  document.dispatchEvent(new Event("playground:sheet"));
}

for (const event of ["playground:view", "playground:model"]) document.addEventListener(event, show);
isLow.addEventListener("change", show);
