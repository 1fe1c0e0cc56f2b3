/**
 * Lists what a presenter can do, with the keys for it, and finds the action of a key. Remote controls send PageDown,
 * PageUp, and B or a full stop for their "black screen" button.
 *
 * @typedef {"next" | "back" | "view" | "guess" | "hide" | "more" | "freeze" | "full" | "leave"} Name
 *
 * @typedef {object} Action
 * @property {Name} name
 * @property {string} label
 * @property {string} shown  the key as the button names it
 * @property {string[]} keys  values of `KeyboardEvent.key`, in small letters
 * @property {string} says  one sentence
 */

import { t } from "../common/language.js";

/** @type {Action[]} */
export const ACTIONS = [
  { name: "back", label: t("Back"), shown: "←", keys: ["arrowleft", "pageup"], says: t("Shows the token before.") },
  { name: "next", label: t("Next"), shown: "→", keys: ["arrowright", "pagedown"], says: t("Shows the next token. At the end of the text the model writes one.") },
  { name: "guess", label: t("Guess"), shown: "B", keys: ["b", "."], says: t("Hides the bars and the tokens from this one on, so that the class can guess.") },
  { name: "freeze", label: t("Freeze"), shown: "Z", keys: ["z"], says: t("Keeps a copy of the picture beside the live one.") },
  { name: "hide", label: t("Controls"), shown: "C", keys: ["c"], says: t("Hides this bar, then the sliders, then shows both again.") },
  { name: "more", label: t("More"), shown: "M", keys: ["m"], says: t("Shows everything that the view has.") },
  { name: "view", label: t("View"), shown: "V", keys: ["v"], says: t("Opens the next view.") },
  { name: "full", label: t("Full"), shown: "F", keys: ["f"], says: t("Fills the screen, or gives it back.") },
  { name: "leave", label: t("Leave"), shown: t("Esc"), keys: ["escape"], says: t("Leaves the presenter view.") },
];

const WRITES = "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable=true]";
const MOVES = "input[type=range], input[type=radio], [role=slider], [role=tab]";
const TURNS = ["next", "back"];
const OF_REMOTE = ["pageup", "pagedown", "b", "."];

/** @param {{key: string}} event @returns {boolean} whether remote controls send this key */
export const isRemoteKey = ({ key }) => OF_REMOTE.includes(key.toLowerCase());

/**
 * Returns the action of a key, or undefined if the key belongs to something else: to a field, or to a slider.
 *
 * @param {KeyboardEvent} event
 * @returns {Name | undefined}
 */
export function actionOf(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const action = ACTIONS.find(({ keys }) => keys.includes(event.key.toLowerCase()));
  const within = (selectors) => event.target instanceof Element && event.target.closest(selectors) !== null;
  if (!action || within(WRITES)) return undefined;
  return TURNS.includes(action.name) && within(MOVES) ? undefined : action.name;
}
