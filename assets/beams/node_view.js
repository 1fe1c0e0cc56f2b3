/**
 * Shows the node in view: its text, probability and score, and the distribution of the next token. It also lists the
 * beams of the step in view as buttons, so that a node can be chosen without a mouse. Draws what it is given.
 */

import { momentOf } from "../distribution/moment.js";
import { button, make, setText } from "../common/dom.js";
import { breakable } from "../common/word_breaks.js";
import { fixed, t, tn } from "../common/language.js";
import { bits, percent } from "../common/words.js";
import { Bars } from "../decode/bars.js";
import { linesOf } from "../decode/lines.js";
import { Draws } from "../decode/draws.js";
import { reshape } from "../distribution/distribution.js";
import { THE_ROOTS } from "./paths.js";

const NOTES = { kept: t("kept"), finished: t("finished"), dropped: t("dropped") };
const BANNED = t("repeats an n-gram");
const KEYS = [
  ["pg-key-now", t("probability under the model")],
  ["pg-key-removed", t("removed by the n-gram rule")],
  ["pg-key-drawn", t("chosen by the search")],
];
const BARS = 12;
const NO_DRAWS = new Draws();

export class NodeView {
  #textOf;
  #on;
  /** @type {import("./tree.js").BeamTree | null} */
  #tree = null;
  #node = 0;
  #row; // the logits after the node
  #choices = new Map(); // from the nodes that can be chosen to their buttons
  #offered = ""; // identifies those nodes

  /**
   * @param {(id: number) => string} textOf
   * @param {{choose: (node: number) => void, open: (node: number, button: HTMLButtonElement) => void}} on
   */
  constructor(textOf, on) {
    this.#textOf = textOf;
    this.#on = on;
    this.text = make("div", "pg-node-text");
    this.facts = make("div", "pg-node-facts");
    this.facts.role = "status";
    this.beams = make("div", "pg-node-beams");
    const toChild = (id) => this.#childOf(id) === undefined || on.choose(this.#childOf(id));
    const hintOf = (id) => (this.#childOf(id) === undefined ? "" : t("Show the node {token}", { token: textOf(id) }));
    this.bars = new Bars(textOf, () => this.#showNext(), toChild, hintOf, KEYS);
    this.bars.room = BARS;
    this.told = make("p", "pg-node-told");
    this.told.role = "status";
    /** @type {HTMLElement} */
    this.rule = this.bars.element.querySelector(".pg-key-removed");
    const title = make("div", "pg-chart-title", t("The node in view"));
    this.open = button(t("Open in Decode"), () => on.open(this.#node, this.open));
    this.open.title = t("Opens this text on the Decode tab, with all its steps");
    const opening = make("div", "", this.open);
    const left = make("div", "pg-node-left", title, this.text, this.facts, this.told, opening, this.beams);
    this.element = make("div", "pg-node", left, this.bars.element);
  }

  /**
   * @param {import("./tree.js").BeamTree} tree
   * @param {number} node
   * @param {number} step  the last one in view
   * @param {boolean} withDropped  whether nodes that the step dropped can be chosen too
   * @param {import("../distribution/row.js").Row | undefined} row  the logits after the node, once they are there
   */
  show(tree, node, step, withDropped, row) {
    const { nodes } = tree;
    const isOther = tree.search !== this.#tree?.search || node !== this.#node;
    this.#tree = tree;
    this.#node = node;
    this.#row = row;
    const ids = tree.tokenIds(node);
    this.text.replaceChildren(...breakable(ids.map((id) => make("span", "pg-token", this.#textOf(id)))));
    if (!ids.length) setText(this.text, THE_ROOTS[tree.root]);
    setText(this.facts, ids.length ? factsOf(tree, node, ids.length) : t("All beams begin here."));
    this.#showBeams(nodes, node, step, withDropped);
    this.open.hidden = !ids.length;
    this.bars.element.classList.toggle("pg-waiting", !row);
    if (row) this.#showNext();
    else if (isOther) setText(this.told, t("The model is computing …"));
  }

  /** Says why the row cannot be shown. @param {string} sentence */
  refuse(sentence) {
    setText(this.told, sentence);
  }

  #showBeams(nodes, node, step, withDropped) {
    const isShown = (at) => nodes.depth[at] === step && (withDropped || nodes.fate[at] !== "dropped");
    const own = nodes.parent.map((_, at) => at).filter(isShown);
    own.sort((a, b) => nodes.cumulative[b] - nodes.cumulative[a]);
    const offered = JSON.stringify([this.#tree.search, step, own.map((at) => [at, nodes.fate[at], this.#textOf(nodes.token_id[at])])]);
    if (offered !== this.#offered) this.#offer(nodes, own, step);
    this.#offered = offered;
    for (const [at, choice] of this.#choices) choice.ariaPressed = String(at === node);
  }

  /** Makes new buttons. The old ones lose the focus, so this happens only when other nodes can be chosen. */
  #offer(nodes, own, step) {
    this.#choices = new Map(own.map((at) => [at, this.#choiceOf(nodes, at)]));
    this.beams.replaceChildren(make("span", "pg-muted", `${t("Beams after step {step}:", { step })} `), ...this.#choices.values());
  }

  #choiceOf(nodes, at) {
    const choice = button(this.#textOf(nodes.token_id[at]), () => this.#on.choose(at), "pg-button pg-token");
    const isDropped = nodes.fate[at] === "dropped";
    choice.classList.toggle("pg-dropped", isDropped);
    const said = { token: this.#textOf(nodes.token_id[at]), logprob: fixed(nodes.cumulative[at], 2) };
    choice.ariaLabel = isDropped
      ? t("Dropped text ending in {token}, log-probability {logprob}", said)
      : t("Beam ending in {token}, log-probability {logprob}", said);
    return choice;
  }

  #childOf(id) {
    return this.#tree?.childOf(this.#node, id);
  }

  /** Shows the model's own distribution as bars, with notes about the search's decisions. */
  #showNext() {
    if (!this.#row) return;
    const { prompt_ids, nodes, settings } = this.#tree;
    const moment = momentOf([...prompt_ids, ...this.#tree.tokenIds(this.#node)], { promptLength: prompt_ids.length });
    const shape = reshape(this.#row, moment, {});
    const ruled = reshape(this.#row, moment, { no_repeat_ngram_size: settings.no_repeat_ngram_size });
    this.bars.room = this.bars.roomAsked ?? BARS;
    const lines = linesOf(shape, shape.order[0], this.bars.room);
    for (const line of lines) if (line.kind === "token") line.candidate.removedBy = ruled.removedBy(line.candidate.id);
    const fateOf = (id) => nodes.fate[this.#childOf(id)];
    const marks = {
      origin: KEYS.at(-1)[1],
      isChosen: (id) => ["kept", "finished"].includes(fateOf(id)),
      noteOn: ({ candidate }) => (candidate.removedBy ? BANNED : NOTES[fateOf(candidate.id)] ?? ""),
    };
    const title = tn("Next-token candidates: {n} token, entropy {bits}", "Next-token candidates: {n} tokens, entropy {bits}", shape.order.length, { bits: bits(shape.entropyBits) });
    this.rule.hidden = settings.no_repeat_ngram_size === 0;
    this.bars.show(title, lines, marks, () => 0, NO_DRAWS);
    setText(this.told, toldOf(this.#tree, this.#node));
  }
}

/** Says how probable a text is, its score, and what the search did with it, which the last sentence of each variant tells. */
function factsOf({ nodes, settings }, node, length) {
  const number = (value) => fixed(value, 3).replace("-", "−");
  const values = {
    last: percent(Math.exp(nodes.log_prob[node])),
    length,
    sum: number(nodes.cumulative[node]),
    score: number(nodes.cumulative[node] / length ** settings.length_penalty),
  };
  const fate = nodes.fate[node];
  if (fate === "kept") return t("Last token {last} · log-probability of all {length}: {sum} · score if it ended here: {score}. The search kept it as a beam.", values);
  if (fate === "finished") return t("Last token {last} · log-probability of all {length}: {sum} · score if it ended here: {score}. It is a finished text.", values);
  return t("Last token {last} · log-probability of all {length}: {sum} · score if it ended here: {score}. The search dropped it.", values);
}

/** Returns a sentence about what the search did with the continuations of a node. */
function toldOf({ nodes, state }, node) {
  const fate = nodes.fate[node];
  if (fate === "dropped") return t("The search dropped this text and did not continue it. The bars show what the model predicts after it.");
  if (fate === "finished") return t("The text ends here. The bars show what the model predicts after it.");
  const next = nodes.depth.map((_, at) => at).filter((at) => nodes.depth[at] === nodes.depth[node] + 1);
  if (!next.length) return state === "running" ? t("The search has not reached the next step yet.") : t("The search ended at this step.");
  const children = next.filter((at) => nodes.parent[at] === node);
  if (!children.length) return t("Of the {all} best continuations of all beams at this step, none continues this one.", { all: next.length });
  const kinds = Object.keys(NOTES).map((kind) => [kind, children.filter((at) => nodes.fate[at] === kind).length]);
  const fates = kinds.filter(([, times]) => times).map(([kind, n]) => TIMES[kind](n));
  return tn(
    "Of the {all} best continuations of all beams at this step, {n} continues this one: {fates}.",
    "Of the {all} best continuations of all beams at this step, {n} continue this one: {fates}.",
    children.length,
    { all: next.length, fates: fates.join(", ") },
  );
}

/** How many continuations have each fate. */
const TIMES = {
  kept: (n) => tn("{n} kept", "{n} kept", n),
  finished: (n) => tn("{n} finished", "{n} finished", n),
  dropped: (n) => tn("{n} dropped", "{n} dropped", n),
};
