/** Holds a beam search in the page: its nodes in columns, the texts it found, and where a path leaves the tree. */

export class BeamTree {
  /** @param {object} message  as playground/web/messages/beams.py makes it, with the number of its search */
  constructor(message) {
    Object.assign(this, message); // search, state, prompt_ids, settings, nodes, next, hypotheses, paths, advice
    this.message = message;
    this.size = message.nodes.parent.length;
    this.depth = Math.max(...message.nodes.depth);
    this.returned = message.hypotheses.filter(({ returned }) => returned);
    const children = new Map();
    for (let node = 1; node < this.size; node++) children.set(keyOf(this.nodes.parent[node], this.nodes.token_id[node]), node);
    this.childOf = (node, tokenId) => children.get(keyOf(node, tokenId));
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
    return tokenIds.map((id) => (at = at === undefined ? undefined : this.childOf(at, id)));
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
