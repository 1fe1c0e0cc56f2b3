/**
 * The door between lessons and the class: the page of a lesson has its question asked to the class, hears when it is
 * revealed, and tells what came of it. Knows neither lessons nor the class.
 *
 * @typedef {object} Asked  a question to the class
 * @property {"choice" | "bar" | "token"} kind
 * @property {string} text
 * @property {string[]} [choices]
 * @property {string} [token]
 * @property {boolean} hides  whether the bars and the rest of the text are hidden until the reveal
 * @property {OfLesson} [lesson]
 *
 * @typedef {{name: string, page: number}} OfLesson  a page of a lesson, from 0
 *
 * @typedef {(question: Asked) => Promise<void>} Ask  rejects with an Error whose message is a sentence to show
 *
 * @typedef {object} OpenQuestion  of a lesson, as the class knows it
 * @property {OfLesson} lesson
 * @property {boolean} revealed
 * @property {import("../lesson/state.js").RevealPart | null} reveal  once it is revealed
 */

/** @type {Ask | null} */
let asking = null;
/** @type {OpenQuestion | null} */
let open = null;
/** What the lesson's reveal came to, by its page. @type {{of: string, value: any} | null} */
let outcome = null;

const tell = () => document.dispatchEvent(new Event("playground:asked"));
const keyOf = (/** @type {OfLesson} */ { name, page }) => `${name}/${page}`;

/** Lets the reader ask the class, or not any more. @param {Ask | null} ask */
export function letAsk(ask) {
  if (ask === asking) return;
  asking = ask;
  tell();
}

/** @returns {Ask | null} asks the class; null where the reader is no teacher of one */
export const askingHere = () => asking;

/** Tells the document's "playground:asked" listeners which question is open. @param {OpenQuestion | null} question */
export function tellQuestion(question) {
  const stateOf = (one) => one && `${keyOf(one.lesson)} ${one.revealed}`;
  const isSame = stateOf(open) === stateOf(question);
  open = question;
  if (!isSame) tell();
}

/** @param {OfLesson} lesson @returns {OpenQuestion | null} the question of a page of a lesson, if it is the one that is open */
export const questionOf = (lesson) => (open && keyOf(open.lesson) === keyOf(lesson) ? open : null);

/** The lesson tells the value that its reveal shows. @param {OfLesson} lesson @param {any} value */
export function tellOutcome(lesson, value) {
  if (outcome?.of === keyOf(lesson) && outcome.value === value) return;
  outcome = { of: keyOf(lesson), value };
  tell();
}

/** @param {OfLesson} lesson @returns {any} the value that its reveal shows; null if it has not told one */
export const outcomeOf = (lesson) => (outcome?.of === keyOf(lesson) ? outcome.value : null);
