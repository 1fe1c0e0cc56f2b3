/**
 * Makes the words of a panel one stop for the Tab key: it reaches the word that had the focus last, or the first one, and
 * the arrow keys, Home and End reach the others. Which words are in view changes with every fold, so it is looked up when
 * the reader presses Tab. Knows the words' elements, not what they mean.
 */

const WORD = ".pg-term:not(.pg-help)"; // a sign of the sidebar stands beside its control and is a stop of its own
const PANEL = "[data-words], .pg-root"; // the nearest one around a word is its panel
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
const TURNS = ["ArrowRight", "ArrowLeft"]; // the presenter's keys

/** @type {WeakMap<Element, HTMLElement>} the word of each panel that had the focus last */
const latest = new WeakMap();

/** @param {Element} word @returns {Element | null} */
const panelOf = (word) => word.closest(PANEL);

/** @param {Element} word @returns {HTMLElement[]} the words of its panel that are in view, in order */
export function wordsBeside(word) {
  const panel = panelOf(word);
  if (!panel || !word.matches(WORD)) return [];
  /** @type {NodeListOf<HTMLElement>} */
  const words = panel.querySelectorAll(WORD);
  return Array.from(words).filter((one) => panelOf(one) === panel && one.checkVisibility());
}

/** Moves the focus to another word of the panel, if the key is one that does. @param {KeyboardEvent} event @param {HTMLElement} word */
export function turn(event, word) {
  const isTaken = TURNS.includes(event.key) && document.documentElement.matches(".pg-presenter");
  if (isTaken || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const words = wordsBeside(word);
  const to = event.key === "Home" ? 0 : event.key === "End" ? words.length - 1 : words.indexOf(word) + STEPS[event.key];
  if (Number.isNaN(to) || !words.length) return;
  event.preventDefault();
  words[Math.min(Math.max(to, 0), words.length - 1)].focus();
}

/** @param {HTMLElement} word  which has the focus now */
export function stopAt(word) {
  const panel = panelOf(word);
  if (panel) latest.set(panel, word);
}

function settle() {
  const stops = new Map();
  /** @type {NodeListOf<HTMLElement>} */
  const words = document.querySelectorAll(WORD);
  const seen = Array.from(words).filter((word) => word.checkVisibility());
  for (const word of seen) {
    const panel = panelOf(word);
    if (!stops.has(panel) || latest.get(panel) === word) stops.set(panel, word);
  }
  for (const word of words) word.tabIndex = stops.get(panelOf(word)) === word ? 0 : -1;
}

/** From now on the words of each panel are one stop. */
export function makeStops() {
  document.addEventListener("keydown", ({ key }) => key === "Tab" && settle(), true);
}
