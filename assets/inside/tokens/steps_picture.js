/**
 * Shows the steps in which the tokeniser divided the word of the chosen token: as a picture that a slider and buttons move
 * through, as a sentence, and as a table. Nothing moves until the reader presses Play.
 */

import { button, make, rest, setText } from "../../common/dom.js";
import { t, tn } from "../../common/language.js";
import { scroller } from "../../common/scroller.js";
import { onResize } from "../../common/resize.js";
import { draw } from "../../common/svg.js";
import { headerCell } from "../../attention/table_fold.js";
import { setTextWith, term } from "../../glossary/term.js";
import { exportOf } from "./export.js";
import { boxesAfter, COLUMNS, FILE_COLUMNS, stepsOf } from "./steps.js";

const PLAY_MS = 900;
const [LETTER, LEAST, HEIGHT, GAP] = [0.6, 2.8, 2.8, 0.4]; // heights of the letters
const HOW = {
  BPE: t("Each word begins as single bytes or characters. Of all neighbours that the tokeniser knows as a pair, it joins the pair with the lowest rank, and again, until it knows none. The ranks count the pairs in the order in which training found them: common pairs come first."),
  WordPiece: t("The tokeniser takes the longest piece of its vocabulary that the word begins with, and then the longest piece for the rest. Inside of a word, pieces are spelt with ## before them."),
  Unigram: t("Each piece of the vocabulary has a score, the logarithm of its probability. For each place of the word the tokeniser keeps the best way to it, and so finds the way to the end whose scores have the highest sum."),
};

export class StepsPicture {
  #state;
  #onChange;
  #timer = 0;

  /** @param {import("./state.js").State} state @param {() => void} onChange  called when the reader has changed the state */
  constructor(state, onChange) {
    this.#state = state;
    this.#onChange = onChange;
    this.title = make("h4", "pg-tokens-title");
    this.how = make("p");
    this.terms = [term("BPE"), term("WordPiece"), term("Unigram")];
    this.lead = make("p");
    this.slider = Object.assign(make("input", "pg-steps-slider"), { type: "range", min: "0", step: "1" });
    this.slider.ariaLabel = t("Steps shown");
    this.slider.addEventListener("input", () => this.#turn(Number(this.slider.value)));
    this.back = button(t("Back"), () => this.#turn(state.step - 1));
    this.play = button(t("Play"), () => this.#toggle());
    this.next = button(t("Next"), () => this.#turn(state.step + 1));
    this.says = make("p", "pg-steps-says");
    this.says.role = "status";
    this.player = make("div", "pg-steps-player", this.back, this.play, this.next, this.slider);
    this.svg = draw("svg", "pg-steps-svg", { role: "img" });
    const drawing = make("div", "pg-steps-drawing");
    drawing.append(this.svg);
    onResize(drawing, () => this.#draw());
    this.picture = make("figure", "pg-tokens-picture");
    const head = make("div", "pg-picture-head", this.title, exportOf("steps of a word", t("Export the steps of a word"), this.picture, () => this.#rows()));
    this.place = scroller(t("The steps as a picture"), drawing);
    this.picture.append(head, this.says, this.place);
    this.body = make("tbody");
    this.head = make("tr");
    const table = make("table", "pg-table", make("thead", "", this.head), this.body);
    this.table = make("details", "pg-details", make("summary", "", t("The steps as a table")), scroller(t("The steps as a table"), table));
    this.table.addEventListener("toggle", () => this.#tabulate());
    this.element = make("section", "pg-tokens-part", make("h3", "", t("How the tokeniser got there")), this.lead, this.how, this.player, this.picture, this.table);
  }

  show() {
    const { answer, word, step, stepCount, isPlaying } = this.#state;
    const steps = word ? stepsOf(answer.algorithm, word) : [];
    setTextWith(this.lead, answer ? this.#lead() : "", this.terms);
    setText(this.how, word ? HOW[answer.algorithm] ?? "" : "");
    for (const part of [this.player, this.picture, this.table]) part.hidden = !word?.symbols;
    if (word?.symbols) {
      const text = word.symbols.join("");
      setText(this.title, t("“{word}”: {done}", { word: text, done: this.#doneOf(step, stepCount) }));
      this.slider.max = String(stepCount);
      this.slider.value = String(step);
      this.slider.ariaValueText = this.#doneOf(step, stepCount);
      rest(this.back, step === 0);
      rest(this.next, step === stepCount);
      rest(this.play, stepCount === 0);
      setText(this.play, isPlaying ? t("Pause") : step === stepCount ? t("Play again") : t("Play"));
      setText(this.says, step ? steps[step - 1].says : this.#beginning(word));
      this.#draw();
      this.#tabulate();
    }
    this.#keepPlaying();
  }

  /** Stops playing, because the pane is out of view or has another text. */
  stop() {
    this.#state.pause();
    this.#keepPlaying();
  }

  #lead() {
    const { answer, word } = this.#state;
    if (answer.reason) return answer.reason;
    if (!word) return answer.tokens.length ? t("This token stands in the text as a whole, or the tokeniser puts it in: it is not divided. Choose another token.") : "";
    return `${t("The tokeniser ({algorithm}) divides each word on its own.", { algorithm: answer.algorithm })} ${aboutWord(word)}`;
  }

  #doneOf(step, steps) {
    return steps ? t("step {step} of {steps}", { step, steps }) : t("no step is needed");
  }

  #beginning(word) {
    return tn("The word begins as {n} piece: {pieces}", "The word begins as {n} pieces: {pieces}", word.symbols.length, { pieces: word.symbols.join(" ") });
  }

  /** Draws the steps so far, in the size that the letters have now. */
  #draw() {
    const { answer, word, step } = this.#state;
    if (!word?.symbols || !this.svg.isConnected) return; // another model's pane can have taken its place
    const boxes = boxesAfter(answer.algorithm, word, step);
    const em = parseFloat(getComputedStyle(this.svg).fontSize);
    const rows = Math.max(...boxes.map(({ row }) => row)) + 1;
    const width = em * Math.max(LEAST, ...boxes.map(({ from, to, text, note }) => (Math.max(text.length, note.length) * LETTER + 0.7) / (to - from)));
    const [across, down] = [word.symbols.length * width + 2, em * rows * (HEIGHT + GAP)];
    this.svg.setAttribute("viewBox", `0 0 ${across} ${down}`);
    Object.assign(this.svg.style, { width: `${across / em}em`, height: `${down / em}em` }); // larger letters draw it anew
    this.svg.setAttribute("aria-label", `${this.title.textContent}. ${this.says.textContent} ${t("The steps are in the table below.")}`);
    this.svg.replaceChildren(...boxes.map((box) => drawn(box, width, em)));
  }

  /** The table is made only while its fold is open. */
  #tabulate() {
    const { answer, word, step } = this.#state;
    if (!this.table.open || !word) return;
    const steps = stepsOf(answer.algorithm, word);
    this.head.replaceChildren(...COLUMNS[answer.algorithm].map((name) => headerCell(name, "col")));
    const lines = steps.map(({ cells, last }, at) => {
      const [name, ...shown] = [...cells.slice(0, -1), last ?? cells.at(-1)];
      const line = make("tr", at + 1 === step ? "pg-steps-now" : "", headerCell(String(name), "row"));
      line.append(...shown.map((cell) => make("td", typeof cell === "string" ? "pg-token" : "", String(cell))));
      if (at + 1 === step) line.ariaCurrent = "step";
      return line;
    });
    this.body.replaceChildren(...lines);
  }

  #rows() {
    const { answer, word } = this.#state;
    return [FILE_COLUMNS[answer.algorithm], ...stepsOf(answer.algorithm, word).map(({ cells }) => cells)];
  }

  #turn(step) {
    this.#state.pause();
    this.#state.turnStep(step);
    this.#onChange();
  }

  #toggle() {
    if (this.#state.isPlaying) this.#state.pause();
    else this.#state.play();
    this.#onChange();
  }

  #keepPlaying() {
    clearTimeout(this.#timer);
    if (!this.#state.isPlaying) return;
    this.#timer = setTimeout(() => {
      this.#state.turnStep(this.#state.step + 1);
      this.#onChange();
    }, PLAY_MS);
  }
}

/** @param {import("./state.js").Word} word @returns {string} a sentence about the chosen one */
function aboutWord(word) {
  if (!word.symbols) {
    const tokens = word.last - word.first + 1;
    return tn(
      "This one has {size} characters or bytes, too many for a picture, and {n} token. Choose a shorter one.",
      "This one has {size} characters or bytes, too many for a picture, and {n} tokens. Choose a shorter one.",
      tokens,
      { size: word.size },
    );
  }
  if (word.isAtOnce) return t("This one is in its vocabulary, and this tokeniser then takes it as one token, without merges.");
  if (word.isUnknown) return t("A part of this one is not in its vocabulary, so the model does not see what it was.");
  return t("Choose another token above to see its word.");
}

function drawn({ from, to, row, text, note, look }, width, em) {
  const [x, y] = [from * width + 1, em * row * (HEIGHT + GAP) + 1];
  const middle = x + ((to - from) * width - 4) / 2;
  const group = draw("g", `pg-step-box pg-step-${look}`, {});
  group.append(draw("rect", "", { x, y, width: (to - from) * width - 4, height: em * HEIGHT - 2, rx: 4 }));
  group.append(draw("text", "pg-token", { x: middle, y: y + em * (note ? 1.1 : 1.7), "text-anchor": "middle" }, text));
  if (note) group.append(draw("text", "pg-step-note", { x: middle, y: y + em * 2.3, "text-anchor": "middle" }, note));
  return group;
}
