/**
 * A lesson as a sheet of paper: its questions with room for an answer, and all answers on a page of their own at the end, with
 * the notes for the teacher after them. Live numbers are short lines, on which a reader writes what the page shows.
 */

import { button, make } from "../common/dom.js";
import { t } from "../common/language.js";
import { RichText } from "../lesson/html.js";

const WRITING_LINES = 3;

export class Handout {
  #onClose;

  /** @param {() => void} onClose */
  constructor(onClose) {
    this.#onClose = onClose;
    const back = button(t("Back to the list"), () => this.close());
    const print = button(t("Print"), () => this.#print(), "pg-button pg-primary");
    this.sheet = make("article", "pg-handout-sheet");
    this.element = make("section", "pg-handout", make("div", "pg-handout-bar", back, print), this.sheet);
    this.element.ariaLabel = t("Handout");
    this.element.hidden = true;
    this.print = print;
  }

  /** @param {import("../lesson/state.js").Lesson} lesson @param {boolean} hasNotes  whether the notes for the teacher are shown */
  show(lesson, hasNotes) {
    this.sheet.replaceChildren(...sheetOf(lesson), ...(hasNotes ? notesOf(lesson) : []));
    if (lesson.language) this.sheet.lang = lesson.language;
    else this.sheet.removeAttribute("lang");
    this.element.hidden = false;
    this.print.focus();
  }

  close() {
    this.element.hidden = true;
    this.#onClose();
  }

  /** Prints a copy of the sheet that stands alone on the page meanwhile. */
  #print() {
    const copy = make("div", "pg-root pg-printed", this.sheet.cloneNode(true));
    document.body.append(copy);
    addEventListener("afterprint", () => copy.remove(), { once: true });
    print();
  }
}

/** @param {import("../lesson/state.js").Lesson} lesson @returns {HTMLElement[]} */
function sheetOf({ number, title, about, pages }) {
  const asked = pages.flatMap((page) => questionsOf(page).map((one) => ({ page, ...one })));
  const questions = asked.map(({ page, element, choices }) => make("li", "", make("strong", "", page.title), element, roomFor(choices)));
  const answers = asked.map(({ answer }) => make("li", "", answer));
  const name = make("p", "pg-handout-name", t("Name: "));
  const ofAnswers = make("section", "pg-handout-answers", make("h2", "", t("Answers: {lesson}", { lesson: `${number} ${title}` })), make("ol", "", ...answers));
  const blanks = make("p", "", t("Write the numbers that you read on the page on the short lines."));
  return [make("h2", "", `${number} ${title}`), make("p", "", about), blanks, name, make("ol", "", ...questions), ofAnswers];
}

/** @param {import("../lesson/state.js").Lesson} lesson @returns {HTMLElement[]} the notes for the teacher on a page of their own, if there are any */
function notesOf({ number, title, pages }) {
  const notes = pages.flatMap((page) => page.parts.filter(({ kind }) => kind === "note").map((part) => make("li", "", make("strong", "", page.title), text(/** @type {import("../lesson/state.js").NotePart} */ (part)))));
  if (!notes.length) return [];
  return [make("section", "pg-handout-answers", make("h2", "", t("For the teacher: {lesson}", { lesson: `${number} ${title}` })), make("ol", "", ...notes))];
}

/**
 * @typedef {object} Question
 * @property {HTMLElement} element
 * @property {string[] | null} choices
 * @property {HTMLElement} answer
 */

/** @param {import("../lesson/state.js").Page} page @returns {Question[]} */
function questionsOf({ parts }) {
  return parts.flatMap((part, place) => {
    if (part.kind === "predict") {
      const reveal = /** @type {import("../lesson/state.js").RevealPart} */ (parts[place + 1]);
      const answer = make("div", "", ...(reveal.answer ? [make("p", "", reveal.answer)] : []), text(reveal.says));
      return [{ element: text(part.question), choices: part.choices, answer }];
    }
    if (part.kind === "ask") return [{ element: text(part.question), choices: null, answer: text(part.answer) }];
    if (part.kind === "try") return [{ element: text(part.task), choices: null, answer: part.hint ? text(part.hint) : make("p", "", t("Try it on the page.")) }];
    return [];
  });
}

/** @param {import("../lesson/html.js").Rich} rich @returns {HTMLElement} its text, with a line in place of each live number */
function text(rich) {
  const { element } = new RichText(make("div"), rich);
  for (const output of element.querySelectorAll("output")) output.replaceWith(Object.assign(make("span", "pg-handout-blank"), { role: "img", ariaLabel: t("a number of the page") }));
  return element;
}

/** @param {string[] | null} choices @returns {HTMLElement} boxes to tick, or lines to write on */
function roomFor(choices) {
  if (choices) return make("ul", "pg-handout-choices", ...choices.map((choice) => make("li", "", `☐ ${choice}`)));
  const room = make("div", "pg-handout-room", ...Array.from({ length: WRITING_LINES }, () => make("div", "pg-handout-line")));
  room.ariaHidden = "true";
  return room;
}
