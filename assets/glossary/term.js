/**
 * Makes a word that explains itself: it has a dotted underline, and a click or the keyboard's focus shows what it means.
 * There is one card on the page. It closes with Escape, with a second click, with a click elsewhere, and when the word
 * loses the focus. It is never over its word.
 */

import { make, setText } from "../common/dom.js";
import { onResize } from "../common/resize.js";
import { stopAt, turn, wordsBeside } from "./stops.js";
import { WORDS } from "./words.js";

const GAP = 6; // pixels between the word and the card, and between the card and the window's edges
const ID = "pg-term-card";
const MORE = "Arrow keys: the next word.";

/** What the card on the page explains. @type {HTMLElement | null} */
let open = null;
/** Whether the card was open when a press on its word began. The press itself gives the word the focus, which opens it. */
let wasOpen = false;

/**
 * @param {string} word  a word of the glossary
 * @param {string} [shown]  what stands in the text, where it differs
 * @returns {HTMLElement}
 */
export const term = (word, shown = word) => explained(shown, WORDS[word]);

/** @param {string} shown  what stands in the text @param {string} says  what it means @returns {HTMLElement} */
export function explained(shown, says) {
  const element = make("span", "pg-term", shown);
  element.dataset.shown = shown;
  element.tabIndex = 0;
  element.role = "button";
  element.addEventListener("focus", ({ relatedTarget }) => {
    const words = wordsBeside(element);
    stopAt(element);
    // A reader who comes by key is told how to reach the others.
    const isTold = words.length > 1 && element.matches(":focus-visible") && !words.some((one) => one === relatedTarget);
    show(element, says, isTold);
  });
  element.addEventListener("blur", close);
  element.addEventListener("pointerdown", () => {
    wasOpen = open === element;
  });
  element.addEventListener("click", () => {
    if (wasOpen) close();
    else show(element, says);
    wasOpen = false;
  });
  element.addEventListener("keydown", (event) => onKey(event, element, says));
  return element;
}

/**
 * Sets a text that holds words of the glossary. The words stay where they are, so that the one with the focus keeps it.
 *
 * @param {HTMLElement} element  holds nothing but this text
 * @param {string} text
 * @param {HTMLElement[]} terms  made by `term`, in their order in the text; one that the text does not hold is hidden
 */
export function setTextWith(element, text, terms) {
  if (terms[0].parentElement !== element) element.replaceChildren("", ...terms.flatMap((one) => [one, ""]));
  if (element.textContent === text) return;
  const between = Array.from(element.childNodes).filter((node) => node instanceof Text);
  let rest = text;
  for (const [place, one] of terms.entries()) {
    const { shown } = one.dataset;
    const start = placeOf(rest, shown);
    const isThere = start !== -1;
    setText(between[place], isThere ? rest.slice(0, start) : "");
    setText(one, isThere ? shown : "");
    if (isThere) rest = rest.slice(start + shown.length);
    else if (one === document.activeElement) terms.find((other) => other.textContent)?.focus();
    one.hidden = !isThere;
  }
  setText(between.at(-1), rest);
}

/** @returns {number} where a word begins in a text, and not only a part of another word; -1 if nowhere */
export function placeOf(text, word) {
  const isLetter = (sign) => /\p{L}/u.test(sign ?? "");
  for (let place = text.indexOf(word); place !== -1; place = text.indexOf(word, place + 1)) {
    if (!isLetter(text[place - 1]) && !isLetter(text[place + word.length])) return place;
  }
  return -1;
}

/** Escape closes the card and nothing else; the keys of a button open and close it. */
function onKey(event, element, says) {
  const isOpen = open === element;
  turn(event, element);
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" ? !isOpen : !["Enter", " "].includes(event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  if (isOpen) close();
  else show(element, says);
}

/** @returns {HTMLElement} the card, which is made when it is needed first */
function card() {
  const made = document.getElementById(ID);
  if (made) return made;
  const one = make("div", "pg-term-card");
  one.id = ID;
  one.role = "tooltip";
  one.popover = "manual";
  one.append(make("p"), make("p", "pg-term-more"));
  (document.querySelector(".gradio-container") ?? document.body).append(one);
  document.addEventListener("scroll", place, { capture: true, passive: true });
  onResize(one.parentElement, place); // a view that grows moves its words
  addEventListener("resize", place);
  document.addEventListener("playground:view", close);
  document.addEventListener("pointerdown", ({ target }) => target instanceof Node && !open?.contains(target) && close());
  return one;
}

/** @param {HTMLElement} element @param {string} says @param {boolean} [isTold]  whether the keys are told too */
function show(element, says, isTold = false) {
  const one = card();
  open?.removeAttribute("aria-describedby");
  open = element;
  setText(one.firstElementChild, says);
  setText(one.lastElementChild, isTold ? MORE : "");
  one.togglePopover(true);
  element.setAttribute("aria-describedby", ID);
  place();
}

/** Puts the card under its word, or above it where there is no room, and inside of the window. */
function place() {
  if (!open) return;
  const one = card();
  const word = open.getBoundingClientRect();
  const { width, height } = one.getBoundingClientRect();
  const below = word.bottom + GAP;
  one.style.left = `${Math.max(GAP, Math.min(word.left, document.documentElement.clientWidth - width - GAP))}px`;
  one.style.top = `${below + height <= innerHeight - GAP ? below : word.top - GAP - height}px`;
}

function close() {
  open?.removeAttribute("aria-describedby");
  open = null;
  document.getElementById(ID)?.togglePopover(false);
}
