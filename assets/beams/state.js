/**
 * What the Beams tab shows: the tree of a search, a node and a step of it, what is known of the whole tree, and what
 * went wrong. Named actions change it, and what follows from it is computed. Knows trees; does not know the page or the
 * server.
 *
 * @typedef {import("./tree.js").BeamTree} BeamTree
 * @typedef {import("./whole_tree.js").WholeMessage} WholeMessage
 */

import { FailingRun } from "../common/failing_run.js";

/** Only one search runs at a time, of beams or of the whole tree. */
export class State extends FailingRun {
  /** @type {BeamTree | null} the tree of the latest beam search */
  tree = null;
  /** @type {WholeMessage | null} what the latest search of the whole tree has found */
  whole = null;
  /** Whether candidates that the search dropped are shown. */
  withDropped = false;
  #node = null; // the one to show whatever the search finds; null: its winner
  #step = null; // null: the newest one

  /** @returns {number} the node in view: until the end the prompt, then the winner, unless the reader has chosen */
  get selected() {
    const winner = this.isGrowing ? undefined : this.tree.returned[0];
    return this.#node ?? winner?.node ?? 0;
  }

  /** @returns {number} the last step in view */
  get step() {
    return this.#step ?? this.tree.depth;
  }

  /** @returns {boolean} whether the search of the tree has not told its end */
  get isGrowing() {
    return this.tree.state === "running";
  }

  /** @param {string} search @param {number} node @returns {boolean} */
  isInView(search, node) {
    return search === this.tree.search && node === this.selected;
  }

  /** A beam search begins, comes further or ends. @param {BeamTree} tree */
  take(tree) {
    if (tree.search !== this.tree?.search) this.#node = this.#step = null;
    if (this.#node >= tree.size) this.#node = 0;
    this.tree = tree;
    this.goOn(this.isGrowing);
  }

  /** The search of the whole tree comes further or ends. @param {WholeMessage} whole */
  takeWhole(whole) {
    this.whole = whole;
    this.goOn(whole.state === "running");
  }

  /** A search is refused or broken off. What it found stays. @param {string} sentence */
  fail(sentence) {
    if (this.tree && this.isGrowing) this.tree = this.tree.stopped();
    if (this.whole?.state === "running") this.whole = { ...this.whole, state: "stopped" };
    super.fail(sentence);
  }

  /** The reader chooses a node, which stays in view when the search ends. @param {number} node */
  choose(node) {
    this.#node = node;
  }

  /** The reader turns to a step, and keeps the node in view. The last step follows a tree that grows. */
  turnTo(step) {
    this.#node = this.selected;
    this.#step = step === this.tree.depth ? null : step;
  }

  /** @param {boolean} withDropped */
  showDropped(withDropped) {
    this.withDropped = withDropped;
  }
}
