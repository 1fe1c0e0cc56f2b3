/**
 * Hides the bars and the tokens from the one in view on, so that somebody can guess first. A class on the document's root
 * says so to the style sheets. Several parts of the page may ask for it; the bars come back when none does any more.
 */

/** @type {Set<Who>} */
const asking = new Set();

/** @typedef {"presenter" | "lesson" | "class" | "question"} Who  "class" where whoever leads a class has hidden them, "question" for the class's open question */

/** @param {Who} who  the part of the page that asks @param {boolean} isGuessing */
export function hideForGuess(who, isGuessing) {
  if (asking.has(who) === isGuessing) return;
  if (isGuessing) asking.add(who);
  else asking.delete(who);
  document.documentElement.classList.toggle("pg-guessing", asking.size > 0);
  document.dispatchEvent(new Event("playground:guessing"));
}

/** @returns {boolean} whether the reader of this page, or a lesson, has hidden them */
export const isHiddenHere = () => asking.has("presenter") || asking.has("lesson");
