/**
 * Shows the text that two models both wrote, piece by piece with the surprisal of each piece under either, and the measure
 * that is fair to both: bits per byte. Draws what it is given.
 */

import { make, setText } from "../common/dom.js";
import { fixed, t, tn } from "../common/language.js";
import { scroller } from "../common/scroller.js";
import { setTextWith, term } from "../glossary/term.js";
import { align, bothScored } from "./alignment.js";
import { placed } from "./texts.js";

const SAME = t("Both models have one vocabulary, so each piece is a token.");
const MERGED = t(
  "The models divide the text differently. A piece ends where a token of both ends, and the log-probabilities of its tokens are added.",
);

export class PiecesView {
  #drawn = "";
  /** @type {() => HTMLElement[]} */
  #rows = () => [];

  constructor() {
    const title = make("h3", "pg-chart-title", t("The text that both wrote"));
    this.total = make("p");
    this.terms = [term("bits per byte")];
    this.how = make("p", "pg-muted");
    this.head = make("tr");
    this.body = make("tbody");
    const table = make("table", "pg-table", make("thead", "", this.head), this.body);
    table.ariaLabel = t("The pieces of the text that both wrote, with the surprisal of each under both models");
    this.fold = make("details", "pg-details", make("summary", "", t("Piece by piece")), scroller(t("Pieces of the text that both wrote"), table));
    this.fold.addEventListener("toggle", () => this.#fill());
    this.element = make("div", "pg-models-pieces", title, this.total, this.how, this.fold);
  }

  /**
   * @param {import("./column.js").Column[]} pair
   * @param {import("./texts.js").Parting | null} parting
   * @param {boolean} isById
   */
  show(pair, parting, isById) {
    const key = JSON.stringify([pair.map(({ trace }) => [trace.id, trace.steps.length]), parting]);
    if (key === this.#drawn) return;
    this.#drawn = key;
    const sides = pair.map(placed);
    const limit = parting?.bytes ?? Math.min(...sides.map((tokens) => tokens.at(-1)?.end ?? 0));
    const pieces = align(sides[0], sides[1], limit);
    this.fold.hidden = !pieces.length;
    setText(this.how, pieces.length ? (isById ? SAME : MERGED) : "");
    setTextWith(this.total, pieces.length ? totals(pieces) : t("They wrote no piece of text in common."), this.terms);
    this.head.replaceChildren(...[t("Piece"), ...[1, 2].flatMap((side) => [t("{side} wrote", { side }), t("{side}, bits", { side })])].map(heading));
    this.#rows = () => pieces.map((piece) => row(piece, pair));
    this.#fill();
  }

  /** Draws the table while it is seen; a text that is being written changes it with every token. */
  #fill() {
    if (this.fold.open) this.body.replaceChildren(...this.#rows());
  }
}

/** @param {import("./alignment.js").Piece[]} pieces */
function totals(pieces) {
  const { nats, size } = bothScored(pieces);
  const [one, other] = nats.map((sum) => ({ bits: bitsOf(sum), each: fixed(bitsIn(sum) / size, 3) }));
  return tn(
    "{n} byte: 1 gives it {bits} bits, {each} bits per byte; 2 gives it {otherBits} bits, {otherEach} bits per byte. Fewer bits: the text is less of a surprise.",
    "{n} bytes: 1 gives it {bits} bits, {each} bits per byte; 2 gives it {otherBits} bits, {otherEach} bits per byte. Fewer bits: the text is less of a surprise.",
    size,
    { ...one, otherBits: other.bits, otherEach: other.each },
  );
}

function row({ one, other, sums }, pair) {
  const tokens = [one, other].map((places, side) => {
    const ids = pair[side].trace.steps.slice(...places).map((step) => pair[side].textOf(step.token_id));
    return ids;
  });
  const name = make("th", "pg-token", tokens[0].join(""));
  name.scope = "row";
  const cells = tokens.flatMap((texts, side) => [make("td", "pg-token", texts.join(" | ")), make("td", "", bitsOf(sums[side].nats))]);
  return make("tr", "", name, ...cells);
}

export const bitsIn = (nats) => -nats / Math.LN2;
export const bitsOf = (nats) => fixed(bitsIn(nats), 1);

export function heading(text) {
  const cell = make("th", "", text);
  cell.scope = "col";
  return cell;
}
