/**
 * Compares two orders of the stages at the step in view: the same settings on the same logits. It tells what differs and
 * how far apart the two are, and draws the most probable tokens under both as pairs of bars, in a table that screen
 * readers can read. Draws what it is given and fetches nothing.
 */

import { changeSettings } from "../common/controls.js";
import { button, make, rest, setText } from "../common/dom.js";
import { saveCsv } from "../common/download.js";
import { ExportMenu, pictureItems } from "../common/export_menu.js";
import { select } from "../common/fields.js";
import { t, tParts } from "../common/language.js";
import { capital, count, orderLabel, stageInWords } from "../common/words.js";
import { apart, chosenTokens } from "../distribution/apart.js";
import { reshape } from "../distribution/distribution.js";
import { isWhole } from "../distribution/row.js";
import { stageOf } from "../distribution/settings.js";
import { ORDERS } from "../distribution/stages/all.js";
import { setTextWith, term } from "../glossary/term.js";
import { alikeInWords, areAlike, differenceInWords, measuresInWords, nameOfOrder, whyInWords } from "./orders_words.js";
import { PairTable } from "./pair_table.js";

const ROWS = 12;
const LONE_ROWS = 3; // of these, tokens that only one order keeps
const IN_VIEW = "in view"; // which no order is called
const USUAL = ["llama.cpp", "transformers"]; // what is compared first
const ABOUT = t("What the same settings do when another engine runs the same stages in its own order, on the same logits.");
const ASKING = t("The comparison follows when the server has answered.");
const WAITING = t("The comparison follows when the less probable tokens are known.");
const WHY = t("Why does the order matter?");

let isOpen = false; // as the reader left it, until the page is closed

/**
 * @typedef {object} View
 * @property {import("../distribution/distribution.js").Distribution} shape
 * @property {import("../distribution/settings.js").Settings} settings  under which it is
 * @property {{token_id: number, draw: number | null}} step  with what is chosen under these settings
 * @property {string} name  of the step
 */

export class OrdersCompared {
  #textOf;
  /** @type {View | null} */
  #latest = null;
  /** @type {import("./orders_words.js").Two | null} what is compared now */
  #two = null;

  /**
   * @param {(id: number) => string} textOf  returns a token's text
   * @param {(() => void) | null} onAgain  writes the text again under the settings in view; null where there is no text
   */
  constructor(textOf, onAgain) {
    this.#textOf = textOf;
    const onChange = () => this.#draw();
    this.one = select(t("First order"), [IN_VIEW, ...Object.keys(ORDERS)], { wordsOf: orderLabel, onChange });
    this.other = select(t("Second order"), Object.keys(ORDERS), { wordsOf: orderLabel, onChange });
    this.other.value = USUAL[0];
    this.said = make("p", "pg-two-said");
    this.sequences = make("ol", "pg-two-sequences");
    this.sequences.ariaLabel = t("The stages that are on, in both orders");
    this.measures = make("p", "pg-two-measures");
    this.terms = [term("KL", t("KL")), term("total variation", t("total variation"))];
    this.infinite = make("p", "pg-muted");
    this.why = make("span");
    this.title = make("h3", "pg-chart-title");
    this.table = new PairTable(textOf);
    const why = make("p", "", make("strong", "", WHY), " ", this.why);
    this.chart = make("figure", "pg-two-chart", this.title, this.table.element);
    const facts = make("div", "pg-two-facts", this.sequences, this.measures, this.infinite, why);
    this.told = make("div", "pg-two-told", facts, this.chart);
    const file = () => `orders-${this.#latest.name.replaceAll(" ", "-")}`;
    this.picture = make("div", "pg-two-picture", this.said, this.told);
    this.menu = new ExportMenu([{ label: t("Tokens (CSV)"), run: () => saveCsv(this.#rows(), `${file()}.csv`) }, ...pictureItems(this.picture, file)]);
    this.menu.button.ariaLabel = this.menu.list.ariaLabel = t("Export the comparison of two orders");
    this.again = button("", () => this.#writeAgain(onAgain));
    this.again.hidden = !onAgain;
    const bar = make("div", "pg-two-bar", ...tParts("{one} and {other}", { one: this.one, other: this.other }), this.again, this.menu.element);
    const summary = make("summary", "", t("The same settings in another order"));
    this.element = make("details", "pg-details pg-two-orders", summary, make("p", "pg-muted", ABOUT), bar, this.picture);
    this.element.open = isOpen;
    this.element.addEventListener("toggle", () => {
      isOpen = this.element.open;
      this.#draw();
    });
  }

  /**
   * @param {View["shape"]} shape  under `settings`
   * @param {View["settings"]} settings  the settings in view
   * @param {View["step"]} step
   * @param {string} name  of the step
   */
  show(shape, settings, step, name) {
    this.#latest = { shape, settings, step, name };
    this.#draw();
  }

  #draw() {
    if (!this.#latest || !this.element.open) return;
    const { shape, settings, step, name } = this.#latest;
    const orders = this.#orders(settings.order ?? USUAL[1]);
    const names = orders.map(nameOfOrder);
    const isKnown = isWhole(shape.row);
    const shapes = isKnown ? orders.map((order) => this.#under(order)) : [];
    if (shapes.some(({ isWaiting }) => isWaiting)) return setText(this.said, ASKING);
    const isSame = isKnown && areAlike(shapes);
    const empty = shapes.findIndex(({ kept }) => kept === 0);
    this.told.hidden = !isKnown || isSame || empty >= 0;
    this.menu.button.disabled = this.told.hidden;
    setText(this.again, t("Write it again in the order of {engine}", { engine: orderLabel(this.other.value) }));
    rest(this.again, this.told.hidden);
    this.#two = null;
    if (!isKnown) return setText(this.said, WAITING);
    if (isSame) return setText(this.said, alikeInWords(shape, settings));
    if (empty >= 0) return setText(this.said, t("In {order}, no token is left.", { order: names[empty] }));
    const two = { shapes, names, apart: apart(shapes) };
    this.#two = two;
    setText(this.said, differenceInWords(two, this.#textOf, { strategy: settings.strategy, draw: step.draw }).join(" "));
    this.sequences.replaceChildren(...shapes.map((_, side) => sequence(two, side)));
    const { measures, why } = measuresInWords(two);
    setTextWith(this.measures, measures, this.terms);
    setText(this.infinite, why);
    this.infinite.hidden = !why;
    setText(this.why, whyInWords(two));
    setText(this.title, capital(t("{step}: the most probable tokens after all stages, in both orders", { step: name })));
    this.table.show(two, chosenTokens(shapes, two.apart, ROWS, LONE_ROWS), step.token_id);
  }

  /** Names the order in view in the first choice, and keeps the second one another. @returns {any[]} the two orders */
  #orders(inView) {
    setText(this.one.options[0], t("in view: {order}", { order: nameOfOrder(inView) }));
    const one = this.one.value === IN_VIEW ? inView : this.one.value;
    for (const option of this.other.options) option.disabled = option.value === one;
    if (this.other.value === one) this.other.value = USUAL.find((order) => order !== one);
    return [one, this.other.value];
  }

  /** With the same seed, so that the order alone makes a difference. @param {() => void} onAgain */
  #writeAgain(onAgain) {
    changeSettings({ order: this.other.value });
    requestAnimationFrame(onAgain); // the settings in view are drawn first
  }

  #under(order) {
    const { shape, settings } = this.#latest;
    const isInView = JSON.stringify(order) === JSON.stringify(settings.order ?? USUAL[1]);
    return isInView ? shape : reshape(shape.row, shape.moment, { ...settings, order });
  }

  /** @returns {unknown[][]} a line for every token that either order keeps */
  #rows() {
    const { shapes, names, apart: { lone } } = this.#two;
    const [{ order, stretch: [first, last] }] = shapes;
    const ids = [...order.subarray(first, last), ...lone[1]];
    const columns = names.flatMap((name) => [`probability in ${name}`, `removed in ${name} by`]);
    const rows = ids.map((id) => [id, this.#textOf(id), shapes[0].rawProbability(id), ...shapes.flatMap((shape) => [shape.probability(id), shape.removedBy(id)])]);
    return [["token_id", "token", "raw_probability", ...columns], ...rows];
  }
}

/** Lists the stages of one order with what each leaves: "llama.cpp: top-k 40 leaves 40 → temperature 0.8". */
function sequence({ shapes, names }, side) {
  const keptBy = ({ stages }, name) => stages.find((stage) => stage.name === name).kept;
  const steps = shapes[side].stages.filter(({ off }) => !off).map(({ name, values, kept }) => {
    const words = stageInWords(name, { ...values, strategy: "sample" }).join(", ");
    const left = make(kept === keptBy(shapes[1 - side], name) ? "span" : "strong", "", count(kept));
    return make("span", "pg-two-stage", ...(stageOf(name).removes ? tParts("{setting} leaves {kept}", { setting: words, kept: left }) : [words]));
  });
  const line = steps.flatMap((step, place) => (place ? [" → ", step] : [step]));
  return make("li", "", make("span", `pg-two-name pg-two-side-${side}`, names[side]), " ", ...line);
}
