/**
 * Holds a beam search in the page: its nodes in columns, the texts it found, and where a path leaves the tree.
 *
 * @typedef {import("../distribution/settings.js").Settings} Settings
 *
 * @typedef {object} Nodes  columns with one entry for each node, parents before children; node 0 is the prompt
 * @property {(number | null)[]} parent  null for the prompt
 * @property {number[]} depth  the number of tokens after the prompt
 * @property {(number | null)[]} token_id  null for the prompt
 * @property {number[]} log_prob  of the token, in nats, after the penalties
 * @property {number[]} cumulative  the sum of them since the prompt
 * @property {("kept" | "finished" | "dropped")[]} fate
 *
 * @typedef {object} Hypothesis  a finished text
 * @property {number} node
 * @property {number} score
 * @property {boolean} returned  whether `generate` returns it
 * @property {number[]} token_ids
 *
 * @typedef {object} Path  a text from another strategy
 * @property {string} name
 * @property {Settings} settings
 * @property {number[]} token_ids
 * @property {number[]} log_probs
 * @property {number} score
 *
 * @typedef {object} TreeMessage  as playground/web/messages/beams.py makes it, with the id of its search
 * @property {string} search  no other search has it
 * @property {string} model  the name of the model that was searched
 * @property {"running" | "done" | "stopped"} state
 * @property {number[]} prompt_ids
 * @property {number[]} source_ids  what the encoder read; empty for a model without one
 * @property {Settings} settings
 * @property {Nodes} nodes
 * @property {Record<string, [token_id: number, log_prob: number][]>} next  what may follow each node, best first
 * @property {Hypothesis[]} hypotheses  those that `generate` returns come first, the best one first of all
 * @property {Path[]} paths
 * @property {string[]} advice  sentences
 */

export class BeamTree {
  /** @param {TreeMessage} message */
  constructor(message) {
    this.message = message;
    this.search = message.search;
    this.model = message.model;
    this.state = message.state;
    this.prompt_ids = message.prompt_ids;
    this.source_ids = message.source_ids;
    /** What the tree begins with: the decoder of a model with an encoder begins with its start token. */
    this.root = message.source_ids.length ? "start" : "prompt";
    this.settings = message.settings;
    this.nodes = message.nodes;
    this.hypotheses = message.hypotheses;
    this.paths = message.paths;
    this.advice = message.advice;
    this.size = message.nodes.parent.length;
    this.depth = Math.max(...message.nodes.depth);
    this.returned = message.hypotheses.filter(({ returned }) => returned);
    const children = new Map();
    for (let node = 1; node < this.size; node++) children.set(keyOf(this.nodes.parent[node], this.nodes.token_id[node]), node);
    this.childOf = (node, tokenId) => children.get(keyOf(node, tokenId));
  }

  /** @returns {BeamTree} the same tree of a search that has stopped */
  stopped() {
    return new BeamTree({ ...this.message, state: "stopped" });
  }

  /** @returns {number[]} nodes from the root to `node`, the root first */
  line(node) {
    const line = [];
    for (let at = node; at !== null; at = this.nodes.parent[at]) line.unshift(at);
    return line;
  }

  /** @returns {number[]} token ids of the completion that ends in `node` */
  tokenIds(node) {
    return this.line(node).slice(1).map((at) => this.nodes.token_id[at]);
  }

  /** @returns {(number | undefined)[]} for each token of a path its node, undefined once the path has left the tree */
  follow(tokenIds) {
    let at = 0;
    return tokenIds.map((id) => {
      at = at === undefined ? undefined : this.childOf(at, id);
      return at;
    });
  }

  /** @returns {Set<number>} the nodes of the winner */
  get winner() {
    return new Set(this.returned.length ? this.line(this.returned[0].node) : []);
  }

  /** @returns {unknown[][]} the rows of a CSV file, one for each node */
  rows(textOf) {
    const { parent, depth, token_id, log_prob, cumulative, fate } = this.nodes;
    const lines = parent.map((up, node) => [
      node, up, depth[node], token_id[node], token_id[node] === null ? "" : textOf(token_id[node]), log_prob[node], cumulative[node], fate[node],
    ]);
    return [["node", "parent", "step", "token id", "token", "log-probability", "cumulative", "fate"], ...lines];
  }

  blob() {
    return new Blob([JSON.stringify(this.message, null, 1)], { type: "application/json" });
  }
}

const keyOf = (node, tokenId) => `${node}/${tokenId}`;
