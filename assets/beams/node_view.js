/**
 * The node in view: its text, probability and score, and what could follow; and the beams of the step in view, to
 * choose from without a mouse. Draws what it is given.
 */

import { make, setText } from "../common/dom.js";
import { count, percent } from "../common/words.js";
import { button } from "../compare/form.js";

const FATES = {
  kept: "It ran on as a beam.",
  finished: "It finished a text.",
  dropped: "It was dropped, so the model was not asked what follows.",
};
const SHOWN = 10;

export class NodeView {
  #textOf;
  #onChoose;

  constructor(textOf, onChoose) {
    this.#textOf = textOf;
    this.#onChoose = onChoose;
    this.text = make("div", "pg-node-text");
    this.facts = make("div", "pg-node-facts");
    this.facts.role = "status";
    this.next = make("tbody");
    const head = make("tr", "", ...["", "next token", "probability", "became"].map((name) => make("th", "", name)));
    this.table = make("table", "pg-measures", make("caption", "", "What could follow"), make("thead", "", head), this.next);
    this.beams = make("div", "pg-node-beams");
    const left = make("div", "pg-node-left", make("div", "pg-chart-title", "The node in view"), this.text, this.facts, this.beams);
    this.element = make("div", "pg-node", left, this.table);
  }

  show(tree, node, step) {
    const { nodes } = tree;
    const ids = tree.tokenIds(node);
    this.text.replaceChildren(...ids.map((id) => make("span", "pg-token", this.#textOf(id))));
    if (!ids.length) setText(this.text, "the prompt");
    setText(this.facts, ids.length ? factsOf(tree, node, ids.length) : "Every beam begins here.");
    this.#showNext(tree, node);
    const own = nodes.parent.map((_, at) => at).filter((at) => nodes.depth[at] === step && nodes.fate[at] !== "dropped");
    own.sort((a, b) => nodes.cumulative[b] - nodes.cumulative[a]);
    const choices = own.map((at) => {
      const choice = button(this.#textOf(nodes.token_id[at]), () => this.#onChoose(at), "pg-button pg-token");
      choice.ariaPressed = String(at === node);
      choice.ariaLabel = `Beam ending in ${this.#textOf(nodes.token_id[at])}, log-probability ${nodes.cumulative[at].toFixed(2)}`;
      return choice;
    });
    this.beams.replaceChildren(make("span", "pg-muted", `Beams after step ${count(step)}: `), ...choices);
  }

  #showNext(tree, node) {
    const pairs = tree.next[node] ?? [];
    this.table.hidden = pairs.length === 0;
    const lines = pairs.slice(0, SHOWN).map(([id, logProb], place) => {
      const child = tree.childOf(node, id);
      const fate = child === undefined ? "" : { kept: "a beam", finished: "a finished text", dropped: "dropped" }[tree.nodes.fate[child]];
      const cells = [make("td", "pg-token", this.#textOf(id)), make("td", "", percent(Math.exp(logProb))), make("td", "", fate)];
      return make("tr", "", make("th", "", String(place + 1)), ...cells);
    });
    this.next.replaceChildren(...lines);
  }
}

function factsOf({ nodes, settings }, node, length) {
  const number = (value) => value.toFixed(3).replace("-", "−");
  const score = nodes.cumulative[node] / length ** settings.length_penalty;
  return (
    `Last token ${percent(Math.exp(nodes.log_prob[node]))} · log-probability of all ${length}: ${number(nodes.cumulative[node])} · ` +
    `score if it ended here: ${number(score)}. ${FATES[nodes.fate[node]]}`
  );
}
