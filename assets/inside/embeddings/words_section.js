/** The first part of the pane: words as points, the list of them, and the angle between two of them. */

import { AnglePicture } from "./angle_picture.js";
import { captionOf } from "./caption.js";
import { readGroups } from "./groups.js";
import { PointsList } from "./points_list.js";
import { WORD_SET_NAMES, WORD_SETS } from "./presets.js";
import { fetchPoints } from "./reader.js";
import { csvOf, SpaceFigure } from "./space_figure.js";
import { angleSentence, leftOutSentence } from "./words.js";
import { Caption } from "../../common/caption.js";
import { button, make, setText } from "../../common/dom.js";
import { labelled, select } from "../../common/fields.js";
import { t } from "../../common/language.js";
import { tellShown } from "../../common/shown.js";
import { setTextWith, term } from "../../glossary/term.js";
import { TableFold } from "../../attention/table_fold.js";

const OWN = "my own words";
/** Of the table of points, as those of its file. */
const COLUMNS = [t("token id"), t("token"), t("group"), t("neighbour of"), t("component 1"), t("component 2"), t("component 3"), t("length")];
const BESIDE = ["0", "1", "2", "3", "5"];
const ABOUT = t(
  "Each token has one vector in the model's embedding, before any layer has worked on it. Words that are used alike have vectors that " +
    "point the same way: look at which words stand together, and at the angle between two of them.",
);
const HINT = t("A line is a group, with its name before a colon. Words are read as they stand inside a text, after a space. #42 is the token with the id 42.");

export class WordsSection {
  /** @type {import("./state.js").State} */
  #state;
  #textOf;
  #onChosen;
  #show = this.show.bind(this);
  #asked = ""; // the words of the last request, as they were written
  #isWaiting = false; // for the answer to it
  /** @type {string[] | null} the two words to choose when they are there, if somebody has named them */
  #pair = null;

  /**
   * @param {import("./state.js").State} state
   * @param {(id: number) => string} textOf
   * @param {(id: number) => void} onChosen  called with a word that the reader has chosen
   */
  constructor(state, textOf, onChosen) {
    this.#state = state;
    this.#textOf = textOf;
    this.#onChosen = onChosen;
    const about = make("p");
    setTextWith(about, ABOUT, [term("embedding", t("embedding"))]);
    this.sets = select(t("Set of words"), [...Object.keys(WORD_SETS), OWN], { wordsOf: (name) => WORD_SET_NAMES[name] ?? t("my own words"), onChange: (name) => this.#turn(name) });
    this.field = make("textarea", "pg-embeddings-words");
    this.field.rows = 2;
    this.field.ariaLabel = t("Words");
    this.field.addEventListener("input", () => {
      this.sets.value = OWN;
    });
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey) return;
      event.preventDefault();
      event.stopPropagation(); // outside this field, Ctrl+Enter generates
      this.ask();
    });
    this.beside = select(t("Neighbours of each word"), BESIDE, { onChange: () => this.ask() });
    const hint = make("span", "pg-muted pg-embeddings-hint", HINT);
    const line = make("div", "pg-embeddings-line", labelled(t("words"), this.sets), labelled(t("with neighbours"), this.beside), button(t("Show"), () => this.ask()), hint);
    this.notice = Object.assign(make("p", "pg-notice"), { role: "alert" });
    this.leftOut = Object.assign(make("p", "pg-muted"), { role: "status" });
    this.figure = new SpaceFigure(state, (id) => this.#choose(id));
    this.list = new PointsList((id) => this.#choose(id));
    this.said = Object.assign(make("p", "pg-embeddings-said"), { role: "status" });
    this.saidTerms = [term("cosine", t("cosine"))];
    this.angle = new AnglePicture();
    const beside = make("div", "pg-space-beside", this.list.element, this.said, this.angle.element);
    this.body = make("div", "pg-space-body", this.figure.element, beside);
    this.caption = new Caption();
    this.caption.describe(this.figure.chart.element);
    this.table = new TableFold(t("The points as a table"));
    this.element = make("section", "pg-embeddings-part", make("h3", "", t("Words as points")), about, line, this.field, this.notice, this.leftOut, this.body, this.caption.element, this.table.element);
    this.sets.value = Object.keys(WORD_SETS)[0];
    this.field.value = WORD_SETS[this.sets.value].words;
    this.#draw();
  }

  /** Asks for the words that stand in the field. */
  async ask() {
    const state = this.#state;
    const groups = readGroups(this.field.value);
    const words = groups.flatMap((group) => group.words);
    this.#asked = this.field.value;
    const asked = state.ask(groups, this.#pair ?? WORD_SETS[this.sets.value]?.pair ?? []);
    this.#pair = null;
    this.#isWaiting = true;
    try {
      const told = await fetchPoints({ words, beside: Number(this.beside.value), space: state.space });
      if (!state.wants(asked)) return;
      state.receive(told, this.#textOf);
    } catch (error) {
      if (!state.wants(asked)) return;
      state.refuse(error.message);
    }
    this.#isWaiting = false;
    this.#draw();
  }

  /** Shows other words. @param {string} words  as in the field @param {string[]} pair  two of them to choose, or none @param {string} [set] */
  show(words, pair, set = OWN) {
    this.sets.value = set;
    this.field.value = words;
    this.#pair = pair;
    this.ask();
  }

  #turn(name) {
    const set = WORD_SETS[name];
    if (!set) return this.field.focus();
    this.field.value = set.words;
    this.ask();
  }

  #choose(id) {
    this.#state.choose(id);
    this.#draw();
    if (this.#state.chosen.includes(id)) this.#onChosen(id);
  }

  #draw() {
    const state = this.#state;
    tellShown("inside/embeddings", { words: this.#asked, set: this.sets.value, state, show: this.#show, isWaiting: () => this.#isWaiting });
    setText(this.notice, state.error);
    setText(this.leftOut, leftOutSentence(state.leftOut));
    this.body.hidden = this.table.element.hidden = state.told === null;
    this.caption.say(captionOf(state));
    if (!state.told) return;
    this.list.draw(state);
    setTextWith(this.said, angleSentence(state), this.saidTerms);
    this.angle.draw(state);
    this.table.show(() => ({ columns: COLUMNS, lines: csvOf(state).slice(1).map((cells) => cells.map(String)) }));
    this.figure.draw();
  }
}
