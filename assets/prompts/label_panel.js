/**
 * Shows the label words after each column's prompt: their probability together ("Knows the format"), and which of them
 * the model prefers. Draws what the server computed. Does not know prompts.
 *
 * @typedef {object} LabelAnswer  the numbers of one column and spelling; after an error nothing else is there
 * @property {string} [error]
 * @property {{label: string, token_ids: number[], probability: number, differs: boolean}[]} [labels]
 * @property {number} [share]  the probability of all labels together
 * @property {number[]} [prefers]  the labels' probabilities rescaled to their sum
 * @property {number[] | null} [calibrated]  the same calibrated, null without calibration
 * @property {number[]} [constrained]  the labels' probabilities where a constraint allows nothing else
 * @property {number} [variation]  the total variation distance between "prefers" and "constrained"
 */

import { make, setText } from "../common/dom.js";
import { t } from "../common/language.js";
import { scroller } from "../common/scroller.js";
import { percent } from "../common/words.js";
import { option } from "./fields.js";
import { setTextWith, term } from "../glossary/term.js";

/** The spellings of a label word, by the server's names. */
const SPELLINGS = {
  space: t("␣Word"),
  bare: t("Word"),
  "space lower": t("␣word"),
  lower: t("word"),
  "space upper": t("␣WORD"),
};
const TITLE = "P(label)"; // a formula

export class LabelPanel {
  /** @type {Record<string, LabelAnswer>[] | null} */
  #answers = null;
  #names = [];
  #labels = [];
  #onShow;

  /**
   * @param {() => void} onAsk  called when the numbers must be fetched again, because the reader's choice has changed
   * @param {() => void} onShow  called when other numbers are in view, or a sentence in their place
   */
  constructor(onAsk, onShow) {
    this.#onShow = onShow;
    this.spelling = make("select", "pg-select", ...Object.entries(SPELLINGS).map(([value, text]) => option(text, value)));
    this.spelling.ariaLabel = t("Spelling of the label words");
    this.spelling.addEventListener("change", () => {
      this.#isChosen = true;
      onAsk();
    });
    this.calibrates = make("input");
    this.calibrates.type = "checkbox";
    this.calibrates.addEventListener("change", onAsk);
    const calibrate = make("label", "pg-prompts-check", this.calibrates, ` ${t("calibrate with “N/A”")}`);
    calibrate.title = t("Divides each label's probability by that after the input “N/A”, which has no content (Zhao et al. 2021, Calibrate Before Use).");
    this.knows = make("div", "pg-prompts-label-rows");
    this.prefers = make("div", "pg-prompts-label-rows");
    this.constrained = make("div", "pg-prompts-label-rows");
    this.constrainedSaid = make("p", "pg-muted");
    this.key = make("div", "pg-prompts-label-key");
    this.key.ariaHidden = "true";
    this.prefersTitle = make("h4", "", t("Prefers"));
    this.title = make("h3");
    this.terms = [term("P(label)")];
    this.said = make("p", "pg-muted");
    this.said.role = "status";
    this.variants = make("tbody");
    const table = make("table", "pg-table pg-prompts-variants", this.variants);
    table.ariaLabel = t("Probability of every spelling of the label words");
    const details = make("details", "pg-details", make("summary", "", t("All spellings")), scroller(t("All spellings"), table));
    this.body = make(
      "div",
      "pg-prompts-label-body",
      this.key,
      make("div", "pg-prompts-label-head", make("h4", "", t("Knows the format")), make("p", "pg-muted", t("probability of all label words together"))),
      this.knows,
      make("div", "pg-prompts-label-head", this.prefersTitle, make("p", "pg-muted", t("the same, rescaled so that the labels sum to 1"))),
      this.prefers,
      make("div", "pg-prompts-label-head", make("h4", "", t("Under a constraint")), this.constrainedSaid),
      this.constrained,
      make("div", "pg-prompts-label-controls", this.spelling, calibrate),
    );
    this.element = make("aside", "pg-prompts-labels", this.title, this.said, this.body, details);
    this.element.ariaLabel = t("Label words");
    this.details = details;
    details.addEventListener("toggle", () => details.open && onAsk());
    this.clear();
  }

  #isChosen = false; // whether the reader has chosen the spelling

  get isCalibrated() {
    return this.calibrates.checked;
  }

  /** @returns {string[]} the names of the spellings in view */
  get spellings() {
    return this.details.open ? Object.keys(SPELLINGS) : [this.spelling.value];
  }

  /** @returns {string} the name of the chosen spelling */
  get chosenSpelling() {
    return this.spelling.value;
  }

  /** @returns {{spelling: string | null, calibrates: boolean}} the reader's choice; null for the form's own spelling */
  get choice() {
    return { spelling: this.#isChosen ? this.spelling.value : null, calibrates: this.isCalibrated };
  }

  /** Sets the choice without asking for the numbers. */
  choose(spelling, calibrates) {
    this.#isChosen = spelling !== null;
    if (this.#isChosen) this.spelling.value = spelling;
    this.calibrates.checked = calibrates;
  }

  /** @returns {Record<string, LabelAnswer>[] | null} the server's answers, one for each column, by spelling */
  get answers() {
    return this.#answers;
  }

  /** @returns {LabelAnswer[] | null} those in the chosen spelling, null while there are none */
  get chosen() {
    return this.#answers?.map((answer) => answer[this.spelling.value]) ?? null;
  }

  /** @returns {unknown[][]} all numbers as the rows of a CSV file */
  get rows() {
    if (!this.#answers) throw new Error(t("There are no label words in view."));
    const rows = this.#names.flatMap((name, place) =>
      Object.entries(this.#answers[place]).flatMap(([spelling, { labels, share, prefers, calibrated, constrained }]) =>
        (labels ?? []).map(({ label, token_ids, probability }, number) => [
          name, spelling, label, token_ids.join(" "), probability, share, prefers[number], calibrated?.[number] ?? "", constrained[number],
        ]),
      ),
    );
    return [["column", "spelling", "label", "token ids", "probability", "label share", "prefers", "calibrated", "constrained"], ...rows];
  }

  clear() {
    this.#answers = null;
    setTextWith(this.title, TITLE, this.terms);
    setText(this.said, "");
    this.element.classList.add("pg-prompts-stale");
  }

  /**
   * Clears the panel while numbers are fetched.
   * @param {boolean} isOwn  whether the answer begins a text of its own, an assistant's turn or a decoder's text, and so
   *   without a space
   */
  wait(isOwn) {
    if (!this.#isChosen) this.spelling.value = isOwn ? "bare" : "space";
    this.clear();
    setTextWith(this.title, `${TITLE} …`, this.terms);
  }

  showNone() {
    this.refuse(t("This task has no label words. Write some to see how probable each of them is."));
  }

  /** @param {string} sentence */
  refuse(sentence) {
    this.#answers = null;
    setTextWith(this.title, TITLE, this.terms);
    this.element.classList.remove("pg-prompts-stale");
    this.body.hidden = this.details.hidden = true;
    setText(this.said, sentence);
    this.#onShow();
  }

  /**
   * @param {string[]} names  the names of the columns
   * @param {string[]} labels
   * @param {Record<string, LabelAnswer>[]} answers  one for each column, by spelling
   */
  show(names, labels, answers) {
    setTextWith(this.title, TITLE, this.terms);
    this.element.classList.remove("pg-prompts-stale");
    this.body.hidden = this.details.hidden = false;
    this.#names = names;
    this.#labels = labels;
    this.#answers = answers;
    this.#draw();
    this.#onShow();
  }

  #draw() {
    const { chosen } = this;
    const refused = chosen.find(({ error }) => error);
    const differs = chosen.some(({ labels }) => labels?.some((label) => label.differs));
    setText(this.said, refused?.error ?? (differs ? t("If prompt and label were one text, the tokeniser would split it differently.") : ""));
    this.key.replaceChildren(...this.#labels.map((label, place) => make("span", "", patch(place), label)));
    const calibrated = chosen.filter((answer) => answer.calibrated).length;
    const partly = calibrated < chosen.length ? t("Prefers, calibrated, where the input can be replaced") : t("Prefers, calibrated");
    setText(this.prefersTitle, calibrated ? partly : t("Prefers"));
    const rows = (parts, told) => this.#names.map((name, place) => this.#row(name, parts(chosen[place]), told(chosen[place])));
    const isFit = !refused;
    this.knows.replaceChildren(
      ...(isFit ? rows(({ labels }) => labels.map((label) => label.probability), ({ share }) => percent(share)) : []),
    );
    const preferred = (answer) => answer.calibrated ?? answer.prefers;
    this.prefers.replaceChildren(...(isFit ? rows(preferred, (answer) => this.#best(preferred(answer))) : []));
    this.#drawConstrained(isFit ? chosen : []);
    this.#drawVariants();
  }

  /** @param {LabelAnswer[]} answers  one for each column, none after an error */
  #drawConstrained(answers) {
    const isLong = answers.some(({ labels }) => labels.some(({ token_ids }) => token_ids.length > 1));
    const far = answers.map(({ variation }, place) => `${this.#names[place]}: ${percent(variation)}`).join("; ");
    setText(
      this.constrainedSaid,
      isLong
        ? t("The setting “choices” with these labels rescales at each token, and not whole labels. Total variation from “Prefers”: {far}.", { far })
        : answers.length
          ? t("The setting “choices” with these labels gives exactly the rescaled shares, because each label is one token.")
          : "",
    );
    const rows = answers.map(({ constrained }, place) => this.#row(this.#names[place], constrained, this.#best(constrained)));
    this.constrained.replaceChildren(...(isLong ? rows : []));
  }

  /** @returns {string} the label with the largest share, and this share */
  #best(shares) {
    const place = shares.indexOf(Math.max(...shares));
    return `${this.#labels[place]} ${percent(shares[place])}`;
  }

  #row(name, shares, told) {
    const bar = make("span", "pg-prompts-label-bar");
    shares.forEach((share, place) => {
      const piece = patch(place);
      piece.style.width = `${100 * share}%`;
      bar.append(piece);
    });
    const row = make("div", "pg-prompts-label-row", make("span", "pg-prompts-label-name", name), bar, make("strong", "", told));
    row.role = "img";
    const parts = shares.map((share, place) => `${this.#labels[place]} ${percent(share)}`).join(", ");
    row.title = row.ariaLabel = `${name}: ${told} (${parts})`;
    return row;
  }

  #drawVariants() {
    const head = make("tr", "", ...[t("Spelling"), t("Label"), ...this.#names].map((name) => make("th", "", name)));
    const rows = Object.keys(this.#answers[0]).flatMap((spelling) => {
      const answers = this.#answers.map((answer) => answer[spelling]);
      if (answers[0].error) return [make("tr", "", cell(SPELLINGS[spelling]), cell(answers[0].error))];
      return this.#labels.map((_, place) => {
        const { label, token_ids } = answers[0].labels[place];
        const word = make("td", "pg-token", label.replaceAll(" ", "·"));
        word.title = t("token ids {ids}", { ids: token_ids.join(", ") });
        const numbers = answers.map(({ labels }) => cell(percent(labels[place].probability)));
        return make("tr", "", cell(SPELLINGS[spelling]), word, ...numbers);
      });
    });
    this.variants.replaceChildren(head, ...rows);
  }
}

const cell = (text) => make("td", "", text);

function patch(place) {
  const element = make("span", "pg-prompts-class");
  element.dataset.class = String(place % 6);
  return element;
}
