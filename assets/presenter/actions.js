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

/** @type {Action[]} */
export const ACTIONS = [
  { name: "back", label: "Back", shown: "←", keys: ["arrowleft", "pageup"], says: "Shows the token before." },
  { name: "next", label: "Next", shown: "→", keys: ["arrowright", "pagedown"], says: "Shows the next token. At the end of the text the model writes one." },
  { name: "guess", label: "Guess", shown: "B", keys: ["b", "."], says: "Hides the bars and the tokens from this one on, so that the class can guess." },
  { name: "freeze", label: "Freeze", shown: "Z", keys: ["z"], says: "Keeps a copy of the picture beside the live one." },
  { name: "hide", label: "Controls", shown: "C", keys: ["c"], says: "Hides this bar, then the sliders, then shows both again." },
  { name: "more", label: "More", shown: "M", keys: ["m"], says: "Shows everything that the view has." },
  { name: "view", label: "View", shown: "V", keys: ["v"], says: "Opens the next view." },
  { name: "full", label: "Full", shown: "F", keys: ["f"], says: "Fills the screen, or gives it back." },
  { name: "leave", label: "Leave", shown: "Esc", keys: ["escape"], says: "Leaves the presenter view." },
];

const WRITES = "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable=true]";
const MOVES = "input[type=range], input[type=radio], [role=slider], [role=tab]";
const TURNS = ["next", "back"];

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
