/**
 * What the pane To a word shows: a position's logits, the chosen token with its products, the neurons that wrote toward
 * it, and the tokens that one of them pushes. Named actions change it. Does not know the page or the server.
 *
 * @typedef {import("../text.js").Text} Text
 * @typedef {import("./reader.js").Facts} Facts
 * @typedef {import("./reader.js").Products} Products
 * @typedef {import("./reader.js").Ranked} Ranked
 * @typedef {import("./reader.js").Pushed} Pushed
 * @typedef {import("./reader.js").Neuron} Neuron
 * @typedef {number | "mean" | null} Rival  a token, the average of all tokens, or none
 */

import { momentOf } from "../../distribution/moment.js";
import { reshape } from "../../distribution/distribution.js";
import { usable } from "../../distribution/settings.js";

export const FEWEST = 10;
export const PRODUCTS = 8;
export const MEAN = "mean";
const MORE = 4; // times as many products each time
const MOST_PRODUCTS = 512; // the server's limit

export class WordState {
  /** @type {Text | null} */
  text = null;
  /** The token that reads. */
  query = -1;
  /** @type {import("../../distribution/settings.js").Settings} the sidebar's */
  settings = {};
  /** @type {Facts | null} once fetched */
  facts = null;
  /** @type {import("../../distribution/row.js").Row | null} once fetched */
  row = null;
  /** How many of the most probable tokens have a line. */
  room = FEWEST;
  /** @type {number[]} tokens that the reader has searched, which have a line too */
  searched = [];
  /** @type {number | null} the chosen token, null for the most probable one */
  #token = null;
  /** Whether the chosen token's line is unfolded. */
  isUnfolded = false;
  /** How many products the reader wants to see. */
  productsAsked = PRODUCTS;
  /** @type {Products | null} of the chosen token, once fetched */
  products = null;
  /** @type {Rival} rather than what the neurons wrote the chosen token */
  against = null;
  /** @type {number | null} the layer whose neurons are listed, null for all */
  layer = null;
  /** @type {number | null} the block that was opened elsewhere last */
  #opened = null;
  /** Whether the neurons that wrote for the token are listed, and not those against it. */
  isFor = true;
  /** @type {Ranked | null} once fetched */
  neurons = null;
  /** @type {Neuron | null} the chosen neuron, null for the first one */
  #neuron = null;
  /** @type {Pushed | null} of the chosen neuron, once fetched */
  pushed = null;
  /** Why something cannot be shown, each "" if it can. */
  errors = { reading: "", products: "", neurons: "", pushed: "" };
  #shape = null;
  #momentAfter;

  /** @param {(ids: number[]) => import("../../distribution/moment.js").Moment} momentAfter  what stages may read after these tokens */
  constructor(momentAfter = (ids) => momentOf(ids)) {
    this.#momentAfter = momentAfter;
  }

  /** Looks at a position of a text, or at none. @param {Text | undefined} text @param {number} query @returns {boolean} whether it is another one */
  look(text, query) {
    const isOther = text?.traceId !== this.text?.traceId;
    const place = text ? query : -1;
    const isGrown = text?.ids[place + 1] !== this.text?.ids[place + 1]; // the token that follows has come
    this.text = text ?? null;
    if (isOther) this.searched = [];
    if (!isOther && place === this.query && !isGrown) return false;
    if (isOther || place !== this.query) {
      this.query = place;
      this.row = this.facts = this.#shape = null;
      this.errors.reading = "";
      this.chooseToken(null);
    }
    return true;
  }

  /** Takes some of the sidebar's settings. @param {import("../../distribution/settings.js").Settings} said */
  apply(said) {
    this.settings = { ...this.settings, ...usable(said) };
    this.#shape = null;
  }

  /** Takes what was read at the position. @param {Facts} facts @param {import("../../distribution/row.js").Row} row */
  take(facts, row) {
    this.facts = facts;
    this.row = row;
    this.#shape = null;
  }

  /** @returns {import("../../distribution/distribution.js").Distribution | null} what the settings make of the row */
  get shape() {
    if (!this.row || !this.text) return null;
    this.#shape ??= reshape(this.row, this.#momentAfter(this.text.ids.slice(0, this.query + 1)), this.settings);
    const shape = this.#shape;
    if (shape.isWaiting) this.#shape = null; // the server has not answered everything yet
    return shape;
  }

  /** @returns {number | undefined} the token that follows in the text */
  get next() {
    return this.text?.ids[this.query + 1];
  }

  /** @returns {number[]} the tokens that have a line: the most probable ones, then those that the reader wants to see */
  get shown() {
    if (!this.row) return [];
    const best = Array.from(this.row.order.subarray(0, this.room));
    return [...new Set([...best, ...(this.next === undefined ? [] : [this.next]), ...this.searched])];
  }

  /** @returns {number | null} the chosen token */
  get token() {
    return this.#token ?? this.row?.order[0] ?? null;
  }

  /** Chooses a token, or the most probable one with null. What was fetched for the last one goes. @param {number | null} id */
  chooseToken(id) {
    this.#token = id;
    this.products = this.neurons = null;
    this.productsAsked = PRODUCTS;
    this.errors.products = this.errors.neurons = "";
    if (this.against === id) this.against = null;
    this.chooseNeuron(null);
  }

  /** Gives a token a line and chooses it. @param {number} id */
  search(id) {
    if (!this.shown.includes(id)) this.searched = [...this.searched, id];
    this.chooseToken(id);
  }

  /** Unfolds a token's line, or folds it. Unfolding chooses the token. @param {number} id @returns {boolean} whether it was chosen */
  turnFold(id) {
    if (id === this.token) {
      this.isUnfolded = !this.isUnfolded;
      return false;
    }
    this.chooseToken(id);
    this.isUnfolded = true;
    return true;
  }

  /** Shows more of the products. */
  askMore() {
    this.productsAsked = Math.min(this.productsAsked * MORE, this.facts.width, MOST_PRODUCTS);
  }

  /** @returns {boolean} whether more products can be shown */
  get hasMore() {
    return this.productsAsked < Math.min(this.facts?.width ?? 0, MOST_PRODUCTS);
  }

  /** @param {Rival} rival */
  chooseAgainst(rival) {
    this.against = rival;
    this.neurons = null;
    this.errors.neurons = "";
    this.chooseNeuron(null);
  }

  /** @param {boolean} isFor */
  turnSide(isFor) {
    this.isFor = isFor;
    this.chooseNeuron(null);
  }

  /** Lists the neurons of one layer, or of all with null. @param {number | null} layer */
  chooseLayer(layer) {
    this.layer = layer;
    this.neurons = null;
    this.errors.neurons = "";
    this.chooseNeuron(null);
  }

  /** Lists the neurons of a block, once it has been opened elsewhere. @param {number | null} block @returns {boolean} whether others are listed */
  openBlock(block) {
    if (block === this.#opened || block === null) return false;
    this.#opened = block;
    if (block !== this.layer) this.chooseLayer(block);
    return true;
  }

  /** @returns {Neuron[]} the neurons of the list, the most important first */
  get listed() {
    return (this.isFor ? this.neurons?.toward : this.neurons?.against) ?? [];
  }

  /** @returns {Neuron | null} the chosen neuron */
  get neuron() {
    return this.#neuron ?? this.listed[0] ?? null;
  }

  /** Chooses a neuron, or the first one of the list with null. @param {Neuron | null} neuron */
  chooseNeuron(neuron) {
    this.#neuron = neuron;
    this.pushed = null;
    this.errors.pushed = "";
  }

  /** @returns {string} identifies the position in view */
  get place() {
    return `${this.text?.traceId} ${this.query}`;
  }
}
