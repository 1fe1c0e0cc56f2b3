/**
 * The pane To a word: how the last vector at the chosen position becomes the probability of a token, and which neurons
 * wrote that token's logit. Joins the server's numbers and the reader's choices to the views. What it shows is in
 * `state.js`.
 */

import { Caption } from "../../common/caption.js";
import { settingsInSidebar } from "../../common/controls.js";
import { button, make, setText } from "../../common/dom.js";
import { saveCsv } from "../../common/download.js";
import { ExportMenu, pictureItems } from "../../common/export_menu.js";
import { t } from "../../common/language.js";
import { scroller } from "../../common/scroller.js";
import { momentOf } from "../../distribution/moment.js";
import { setTextWith, term } from "../../glossary/term.js";
import { chosenModel } from "../../models/models.js";
import { wordsOf } from "../../models/word_ids.js";
import { captionOf } from "./caption.js";
import { chainSteps } from "./chain_steps.js";
import { NeuronsView } from "./neurons.js";
import { fetchFacts, fetchNeurons, fetchProducts, fetchPushed, fetchRow } from "./reader.js";
import { FEWEST, WordState } from "./state.js";
import { softmaxSteps, tableOf } from "./sums.js";
import { LogitTable } from "./table.js";
import { TokenField } from "../token_field.js";

const ABOUT = t(
  "The last vector h, times the vector w of a token, is the token’s score: its logit. The softmax makes a probability of it: exp of the logit, " +
    "divided by the sum of exp of all logits. Follow a line from left to right with a calculator. Choose a line to see its products.",
);
const READING = t("The server reads the text …");
const MOST = 50;

export class WordPane {
  #drawAgain = () => this.#draw();
  #state = new WordState((ids) => momentOf(ids, { words: wordsOf(chosenModel(), this.#drawAgain), onAnswer: this.#drawAgain }));
  #looking;

  /** @param {import("../looking.js").Looking} looking */
  constructor(looking) {
    this.#looking = looking;
    const state = this.#state;
    const textOf = (id) => looking.textOf(id);
    state.apply(settingsInSidebar());
    this.title = make("h3", "pg-chart-title");
    const about = make("p", "pg-word-about");
    setTextWith(about, ABOUT, [term("logit", t("logit")), term("softmax", t("softmax")), term("probability", t("probability"))]);
    this.note = make("p", "pg-muted pg-word-about");
    this.reading = make("p", "pg-muted pg-word-reading");
    this.reading.role = "status";
    this.notice = Object.assign(make("p", "pg-notice"), { role: "alert" });
    this.table = new LogitTable(textOf, { fold: (id) => this.#turnFold(id), more: () => this.#showMoreProducts() });
    this.caption = new Caption();
    this.caption.describe(this.table.element);
    this.caption.element.dataset.picture = "skip";
    this.more = button("", () => this.#turnRoom());
    this.field = new TokenField(() => looking.vocabulary.length, textOf, (id) => this.#search(id));
    this.stepsTitle = make("h4");
    this.steps = make("ol", "pg-word-steps");
    this.tools = make("div", "pg-word-bar", this.more, this.field.element);
    this.tools.dataset.picture = "skip";
    const head = make("div", "pg-picture-head", this.title);
    const room = scroller(t("The table from logits to probabilities"), this.table.element, "pg-word-room");
    this.figure = make("figure", "pg-word-figure", head, room, this.caption.element, this.tools, this.stepsTitle, this.steps);
    const tables = [
      { label: t("Numbers (CSV)"), run: () => saveCsv(this.#csv(), "logits-to-probabilities.csv") },
      { label: t("Products of the chosen token (CSV)"), run: async () => saveCsv(await this.#productsCsv(), "logit-products.csv") },
    ];
    head.append(menuOf(t("Export the table"), this.figure, "logits-to-probabilities", tables));
    const on = { neuron: (neuron) => this.#chooseNeuron(neuron), side: (isFor) => this.#turnSide(isFor), against: (rival) => this.#chooseAgainst(rival), layer: (layer) => this.#chooseLayer(layer) };
    this.neurons = new NeuronsView(state, textOf, on);
    const lists = [{ label: t("Numbers (CSV)"), run: () => saveCsv(this.neurons.csv(), "neurons.csv") }];
    this.neurons.head.append(menuOf(t("Export the neurons"), this.neurons.element, "neurons", lists));
    this.element = make("div", "pg-word", about, this.note, this.notice, this.reading, this.figure, this.neurons.element);
    document.addEventListener("playground:settings", ({ detail }) => this.#apply(detail));
    this.#draw();
  }

  /** The pane is in view, and the text, the position or the theme may have changed. */
  show() {
    const { text, query, block } = this.#looking;
    const isOther = [this.#state.look(text, query), this.#state.openBlock(block)].includes(true);
    this.#draw();
    if (isOther && text && query >= 0) this.#read();
  }

  /** The server answers again: asks once more for what could not be had. */
  goOn() {
    if (this.#state.text) this.#read();
  }

  /** Fetches what the views lack. An answer that comes too late is not shown. */
  async #read() {
    const state = this.#state;
    if (!state.row) {
      const { text: { traceId }, query } = state;
      const answers = Promise.all([fetchFacts(traceId, query), fetchRow(traceId, query)]);
      await this.#fetch("reading", () => state.place, answers, ([facts, row]) => state.take(facts, row));
    }
    if (!state.row) return;
    this.#readProducts();
    this.#readNeurons();
  }

  async #readProducts() {
    const state = this.#state;
    const { text, query, token, productsAsked, facts, products } = state;
    if (products && products.largest.length >= Math.min(productsAsked, facts.width)) return;
    const place = () => `${state.place} ${state.token} ${state.productsAsked}`;
    await this.#fetch("products", place, fetchProducts(text.traceId, query, token, productsAsked), (told) => {
      state.products = told;
    });
  }

  async #readNeurons() {
    const state = this.#state;
    const { text, query, token, against, layer, facts } = state;
    if (facts.reason) return;
    if (!state.neurons) {
      const place = () => `${state.place} ${state.token} ${state.against} ${state.layer}`;
      await this.#fetch("neurons", place, fetchNeurons(text.traceId, query, token, against, layer), (told) => {
        state.neurons = told;
      });
    }
    await this.#readPushed();
  }

  async #readPushed() {
    const state = this.#state;
    const { text, query, neuron, pushed } = state;
    if (!state.neurons || !neuron || pushed) return;
    const place = () => `${state.place} ${state.token} ${state.neuron?.layer} ${state.neuron?.neuron}`;
    await this.#fetch("pushed", place, fetchPushed(text.traceId, query, neuron.layer, neuron.neuron), (told) => {
      state.pushed = told;
    });
  }

  /**
   * @template T
   * @param {"reading" | "products" | "neurons" | "pushed"} name  of what may go wrong
   * @param {() => string} placeNow  identifies what the answer is for; another one then is too late
   * @param {Promise<T>} answer
   * @param {(value: T) => void} take
   */
  async #fetch(name, placeNow, answer, take) {
    const { errors } = this.#state;
    const place = placeNow();
    let error = "";
    const value = await answer.catch((thrown) => {
      error = thrown.message;
    });
    if (placeNow() !== place) return;
    errors[name] = error;
    if (value) take(value);
    this.#draw();
  }

  #apply(said) {
    this.#state.apply(said);
    if (this.element.offsetParent !== null) this.#draw();
  }

  #turnFold(id) {
    const isOther = this.#state.turnFold(id);
    this.#draw();
    if (isOther) this.#read();
  }

  #search(id) {
    this.#state.search(id);
    this.#draw();
    this.#read();
  }

  async #showMoreProducts() {
    this.#state.askMore();
    await this.#readProducts();
  }

  #turnRoom() {
    const { room } = this.#state;
    this.#state.room = room >= MOST ? FEWEST : MOST;
    this.#draw();
  }

  #turnSide(isFor) {
    this.#state.turnSide(isFor);
    this.#draw();
    this.#readPushed();
  }

  #chooseAgainst(rival) {
    this.#state.chooseAgainst(rival);
    this.#draw();
    this.#readNeurons();
  }

  #chooseLayer(layer) {
    this.#state.chooseLayer(layer);
    this.#draw();
    this.#readNeurons();
  }

  #chooseNeuron(neuron) {
    this.#state.chooseNeuron(neuron);
    this.#draw();
    this.#readPushed();
  }

  #draw() {
    const state = this.#state;
    const { text, query, row, facts, errors, settings } = state;
    this.element.hidden = !text;
    setText(this.notice, errors.reading);
    setText(this.reading, text && !row && !errors.reading ? READING : "");
    this.figure.hidden = !row || !text;
    setText(this.note, facts ? noteOf(facts, settings, this.#looking.texts.length > 1) : "");
    this.neurons.show();
    this.caption.say(text ? captionOf(state, this.#looking.textOf) : "");
    if (!row || !text) return;
    const table = tableOf(state.shape, state.shown);
    setText(this.title, t("From logits to probabilities: the token after “{token}”", { token: text.tokens[query] }));
    this.table.show(table, state);
    setText(this.more, t("Show {tokens} tokens", { tokens: state.room >= MOST ? FEWEST : MOST }));
    this.#showSteps(table);
  }

  #showSteps({ lines, sums }) {
    const { token, facts, shape, settings, products } = this.#state;
    const line = lines.find(({ id }) => id === token);
    setText(this.stepsTitle, t("“{token}” with a calculator", { token: this.#looking.textOf(token) }));
    const steps = [...softmaxSteps(line, sums, products, facts), ...chainSteps(shape, settings, line, sums)];
    while (this.steps.children.length > steps.length) this.steps.lastChild.remove();
    while (this.steps.children.length < steps.length) this.steps.append(make("li"));
    for (const [place, step] of steps.entries()) setText(this.steps.children[place], step);
  }

  #csv() {
    const { shape, shown, text, query } = this.#state;
    const header = [
      "after", "rank", "token_id", "token", "logit", "minus_largest", "exp", "probability", "logit_after_penalties", "scaled_minus_largest", "scaled_exp",
      "probability_with_settings", "removed_by",
    ];
    const { lines } = tableOf(shape, shown);
    return [header, ...lines.map((line) => [
      text.tokens[query], line.rank, line.id, this.#looking.textOf(line.id), line.logit, line.below, line.weight, line.share, line.changed, line.scaledBelow,
      line.scaledWeight, line.scaledShare, line.removedBy,
    ])];
  }

  async #productsCsv() {
    const { text, query, token, facts } = this.#state;
    const name = this.#looking.textOf(token);
    const told = await fetchProducts(text.traceId, query, token, Math.min(512, facts.width));
    const lines = told.largest.map(({ dimension, h, w, product }) => [token, name, dimension, h, w, product]);
    const ends = [["others", told.rest], ["bias", told.bias], ["total", told.total], ["logit", told.logit]];
    return [["token_id", "token", "dimension", "h", "w", "product"], ...lines, ...ends.map(([part, value]) => [token, name, part, "", "", value])];
  }
}

/** @returns {HTMLElement} the menu that exports a picture and its tables */
function menuOf(label, element, name, tables) {
  const menu = new ExportMenu([...pictureItems(element, () => name), ...tables]);
  menu.button.ariaLabel = menu.list.ariaLabel = label;
  menu.element.dataset.picture = "skip";
  return menu.element;
}

/**
 * @param {import("./reader.js").Facts} facts
 * @param {import("../../distribution/settings.js").Settings} settings
 * @param {boolean} hasSecond  whether two texts are in view
 * @returns {string} what is special about this model or these settings
 */
function noteOf({ after, formula, dtype, width }, { strategy }, hasSecond) {
  const notes = [];
  if (hasSecond) notes.push(t("The first of the two texts is shown."));
  if (after) notes.push(t("This model’s logits are {after}: with x = h · w, the logit is {formula}.", { after, formula: formula.replace("{x}", "x") }));
  if (dtype !== "float32") notes.push(t("The model computes in {dtype}, so a sum of {width} products differs from its logit in the last digits.", { dtype, width }));
  if (strategy === "greedy") notes.push(t("The strategy is Greedy: it takes the most probable token, and temperature and cuts do nothing."));
  return notes.join(" ");
}
