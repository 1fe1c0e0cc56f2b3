/** Shows what came of a question: the answers of the class beside what the model says, and what they mean. */

import { outcomeOf } from "../common/class_asks.js";
import { make } from "../common/dom.js";
import { t } from "../common/language.js";
import { setTextWith, term } from "../glossary/term.js";
import { idOf, textOf } from "../lesson/measures.js";
import { quoted } from "../lesson/units.js";
import { answeredTokens } from "./answered.js";
import { histogram } from "./histogram.js";
import { choiceRows, tenthRows, tokenRows } from "./histogram_rows.js";
import { ModelSide } from "./model_side.js";
import { bestScores, scoreOf } from "./score.js";
import { exceptions, guessesInWords, meaningOfScore, rightInWords, scoreInWords, writtenTenth } from "./words.js";

const BESIDE = "(width >= 1280px)"; // where the explanation stands beside the chart, and so moves nothing

export class Result {
  #model;
  #key = ""; // what is drawn

  /** @param {import("./room.js").Room} room @param {() => void} onCome  called when there is more to show */
  constructor(room, onCome) {
    this.#model = new ModelSide(room, onCome);
    this.chart = make("div", "pg-scroll pg-hist-chart");
    this.score = make("p", "pg-class-score");
    this.terms = [term("surprisal", t("Surprisal")), term("entropy", t("entropy"))];
    this.notes = make("div", "pg-class-notes");
    this.meaning = make("div", "pg-class-notes");
    this.fold = make("details", "pg-details", make("summary", "", t("What the score means")), this.meaning);
    this.fold.open = matchMedia(BESIDE).matches;
    this.element = make("div", "pg-class-result", this.chart, make("div", "pg-class-meaning", this.score, this.notes, this.fold));
    this.element.hidden = true;
  }

  /**
   * @param {import("./room.js").Question | null} question  null for none
   * @param {import("./answered.js").Result[] | null} results  its answers; null as long as nobody may see them
   */
  show(question, results) {
    this.element.hidden = !question || !results;
    if (this.element.hidden) return;
    const side = question.kind === "choice" ? null : this.#model.of(question);
    const drawn = DRAWN[question.kind](question, results, side);
    const key = JSON.stringify([question.id, drawn.rows, drawn.score, drawn.notes, drawn.meaning]);
    if (key === this.#key) return; // a redraw would close what a screen reader is in
    this.#key = key;
    this.chart.replaceChildren(histogram(drawn.title, drawn.what, drawn.rows, drawn));
    setTextWith(this.score, drawn.score, this.terms);
    const notes = side || question.kind === "choice" ? drawn.notes : [...drawn.notes, this.#model.fault].filter(Boolean);
    this.notes.replaceChildren(...notes.map((note) => make("p", "", note)));
    this.meaning.replaceChildren(...drawn.meaning.map((note) => make("p", "", note)));
    this.fold.hidden = drawn.meaning.length === 0;
  }
}

/**
 * @typedef {object} Drawn
 * @property {string} title
 * @property {string} what  was answered
 * @property {import("./histogram_rows.js").HistogramRow[]} rows
 * @property {string} score  in words
 * @property {string[]} notes
 * @property {string[]} meaning  of the score, for whoever wants to know
 * @property {boolean} [isToken]
 * @property {boolean} [isShort]
 * @property {string} [marked]
 */

/** @type {Record<string, (question: import("./room.js").Question, results: import("./answered.js").Result[], side: import("./model_side.js").Side | null) => Drawn>} */
const DRAWN = { token: ofTokens, choice: ofChoices, bar: ofBar };

function ofTokens({ lesson }, results, side) {
  const what = t("Token");
  if (!side) {
    const texts = results.map(({ answer }) => answer);
    const rows = choiceRows(results, texts, null).map((row) => ({ ...row, text: quoted(row.text) }));
    return { title: t("The answers of the class"), what, rows, score: "", notes: [], meaning: [], isToken: true };
  }
  const { shape, words, step } = side;
  const told = lesson && outcomeOf(lesson);
  const answered = answeredTokens(results, (text) => idOf(words, text), (id) => shape.rawProbability(id));
  const score = scoreOf(answered, shape);
  const best = bestScores(shape.row);
  return {
    title: t("The answers of the class beside the model's distribution"),
    what,
    rows: tokenRows(answered, shape, (id) => quoted(textOf(words, id)), typeof told === "string" ? idOf(words, told) : step.token_id),
    score: results.length ? scoreInWords(score, best) : "",
    notes: exceptions(score),
    meaning: meaningOfScore(score, best),
    isToken: true,
    marked: typeof told === "string" ? t("the answer") : t("in the text"),
  };
}

function ofChoices({ choices, reveal }, results) {
  const answer = reveal?.answer ?? null;
  const rows = choiceRows(results, choices, answer);
  const score = answer === null ? "" : rightInWords(results, answer);
  return { title: t("The answers of the class"), what: t("Answer"), rows, score, notes: [], meaning: [], marked: t("the right answer") };
}

function ofBar({ token, lesson }, results, side) {
  const id = side && idOf(side.words, token);
  const told = lesson && outcomeOf(lesson);
  const value = typeof told === "number" ? told : id === null ? null : side.shape.probability(id);
  const title = t("How long the class expects the bar of {token}", { token: quoted(token) });
  const rows = tenthRows(results, value, writtenTenth);
  return { title, what: t("Guess of the class"), rows, score: guessesInWords(results, value), notes: [], meaning: [], isShort: true, marked: t("the model") };
}
