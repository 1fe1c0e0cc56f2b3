/**
 * Makes a word that explains itself: it has a dotted underline, and a click or the keyboard's focus shows what it means.
 * There is one card on the page. It closes with Escape, with a click elsewhere, and when the word loses the focus.
 */

import { make, setText } from "../common/dom.js";
import { WORDS } from "./words.js";

const GAP = 6; // pixels between the word and the card
const ID = "pg-term-card";

/**
 * @param {string} word  a word of the glossary
 * @param {string} [shown]  what stands in the text, where it differs
 * @returns {HTMLElement}
 */
export const term = (word, shown = word) => explained(shown, WORDS[word]);

/** @param {string} shown  what stands in the text @param {string} says  what it means @returns {HTMLElement} */
export function explained(shown, says) {
  const element = make("span", "pg-term", shown);
  element.tabIndex = 0;
  element.role = "button";
  element.addEventListener("focus", () => open(element, says));
  element.addEventListener("click", () => open(element, says));
  element.addEventListener("blur", close);
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !card().matches(":popover-open")) return;
    event.preventDefault(); // closes the card and nothing else
    close();
  });
  return element;
}

/** @returns {HTMLElement} the card, which is made when it is needed first */
function card() {
  const made = document.getElementById(ID);
  if (made) return made;
  const one = make("div", "pg-term-card");
  one.id = ID;
  one.role = "tooltip";
  one.popover = "manual";
  document.querySelector(".gradio-container").append(one);
  return one;
}

/** Shows the card under a word, or above it where there is no room. */
function open(element, says) {
  const one = card();
  setText(one, says);
  one.showPopover();
  element.setAttribute("aria-describedby", ID);
  const word = element.getBoundingClientRect();
  const { width, height } = one.getBoundingClientRect();
  const below = word.bottom + GAP;
  one.style.left = `${Math.max(GAP, Math.min(word.left, document.documentElement.clientWidth - width - GAP))}px`;
  one.style.top = `${below + height <= innerHeight ? below : word.top - GAP - height}px`;
}

function close() {
  document.getElementById(ID)?.hidePopover();
}
