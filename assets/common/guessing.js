/**
 * Hides the bars and the tokens from the one in view on, so that somebody can guess first. A class on the document's root
 * says so to the style sheets. Several parts of the page may ask for it; the bars come back when none does any more.
 */

const asking = new Set();

/** @param {"presenter" | "lesson"} who  the part of the page that asks @param {boolean} isGuessing */
export function hideForGuess(who, isGuessing) {
  if (isGuessing) asking.add(who);
  else asking.delete(who);
  document.documentElement.classList.toggle("pg-guessing", asking.size > 0);
}
