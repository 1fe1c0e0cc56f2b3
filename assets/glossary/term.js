/**
 * Makes a word that explains itself: it has a dotted underline, and a click or the keyboard's focus shows what it means.
 * There is one card on the page. It closes with Escape, with a second click, with a click elsewhere, and when the word
 * loses the focus. It is never over its word.
 */

import { make, setText } from "../common/dom.js";
import { LANGUAGE, t } from "../common/language.js";
import { onResize } from "../common/resize.js";
import { stopAt, turn, wordsBeside } from "./stops.js";
import { SPELLINGS, WORDS } from "./words.js";

const GAP = 6; // pixels between the word and the card, and between the card and the window's edges
const ID = "pg-term-card";
const MORE = t("Arrow keys: the next word.");
const HAS_ENDINGS = LANGUAGE !== "en"; // the English texts hold each word as the glossary spells it
const SHORT = 3; // letters: a shorter word, such as u, is a sign

/** What the card on the page explains. @type {HTMLElement | null} */
let open = null;
/** Whether the card was open when a press on its word began. The press itself gives the word the focus, which opens it. */
let wasOpen = false;

/**
 * @param {string} word  a word of the glossary
 * @param {string} [shown]  what stands in the text, where it differs
 * @returns {HTMLElement}
 */
export const term = (word, shown = SPELLINGS[word]) => explained(shown, WORDS[word]);

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
 * @param {HTMLElement[]} terms  made by `term`, in their order in the English text; one that the text does not hold is hidden
 */
export function setTextWith(element, text, terms) {
  const places = placesOf(text, terms.map(({ dataset }) => dataset.shown));
  const starts = places.map((_, place) => places.slice(0, place + 1).findLast(Boolean)?.[0] ?? 0); // a hidden one stays behind its neighbour
  const order = [...terms.keys()].sort((one, other) => starts[one] - starts[other]);
  arrange(element, order.map((place) => terms[place]));
  if (element.textContent === text) return;
  const between = Array.from(element.childNodes).filter((node) => node instanceof Text);
  let at = 0;
  for (const [number, place] of order.entries()) {
    const one = terms[place];
    const [start, end] = places[place] ?? [at, at];
    setText(between[number], text.slice(at, start));
    setText(one, text.slice(start, end));
    if (start === end && one === document.activeElement) terms.find((other) => other.textContent)?.focus();
    one.hidden = start === end;
    at = end;
  }
  setText(between.at(-1), text.slice(at));
}

/** Puts words into an element, with a place for text before, between and after them. @param {HTMLElement} element @param {HTMLElement[]} terms */
function arrange(element, terms) {
  if (terms.every((one, place) => element.children[place] === one)) return;
  const focused = terms.find((one) => one === document.activeElement);
  element.replaceChildren("", ...terms.flatMap((one) => [one, ""]));
  focused?.focus({ preventScroll: true }); // an element that is moved loses the focus
}

/**
 * Finds words in a text, each where it stands alone, and not only as a part of another word. In a language with endings a
 * word may have one, and a capital.
 *
 * @param {string} text
 * @param {readonly string[]} words  one is looked for after the one before it, and else anywhere
 * @param {boolean} [hasEndings]
 * @returns {([start: number, end: number] | null)[]} of each word, null if the text does not hold it
 */
export function placesOf(text, words, hasEndings = HAS_ENDINGS) {
  let from = 0;
  /** @type {[number, number][]} */
  const taken = [];
  return words.map((word) => {
    const all = Array.from(text.matchAll(pattern(word, hasEndings)), (found) => /** @type {[number, number]} */ ([found.index, found.index + found[0].length]));
    const free = all.filter(([start, end]) => taken.every(([first, last]) => end <= first || last <= start));
    const found = free.find(([start]) => start >= from) ?? free[0] ?? null;
    if (found) taken.push(found);
    from = found?.[1] ?? from;
    return found;
  });
}

/** @param {string} word @param {boolean} hasEndings @returns {RegExp} */
function pattern(word, hasEndings) {
  const parts = word.split(/\s+/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (!hasEndings || word.length < SHORT) return new RegExp(`(?<!\\p{L})${parts.join("\\s+")}(?!\\p{L})`, "gu");
  return new RegExp(`(?<!\\p{L})${parts.join("\\p{L}*\\s+")}\\p{L}*`, "giu");
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
