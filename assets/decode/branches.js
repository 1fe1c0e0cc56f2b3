/**
 * Holds the texts of a visit as branches: their order, their names, the one in view, and the states for undo and redo.
 * Knows traces, not the page. Only the page holds all this, since the server keeps traces only by their ids.
 *
 * @typedef {import("../common/trace.js").Trace} Trace
 *
 * @typedef {object} State  one state of the list, which is never changed
 * @property {string[]} ids  a fork comes later than its parent
 * @property {Record<string, string>} names  the names that the reader gave
 * @property {string} inView
 *
 * @typedef {object} Branch
 * @property {Trace} trace
 * @property {number} number  in order of appearance, from 1
 * @property {string} name  the name that the reader gave, or ""
 * @property {number} depth  the number of listed branches above it: 0 for a text without a listed parent
 * @property {number | null} parent  the number of its listed parent, null if it has none
 */

export const MOST_BRANCHES = 12;
export const MOST_UNDONE = 30;

export class Branches {
  /** @type {State} */
  #now = { ids: [], names: {}, inView: "" };
  #past = [];
  #future = [];
  #traces = new Map(); // by id, for every state that undo or redo can reach
  #numbers = new Map();
  #onForget;

  /** @param {(ids: string[]) => void} onForget  called with traces that no state holds any more */
  constructor(onForget) {
    this.#onForget = onForget;
  }

  /** @returns {Trace | undefined} a trace that is listed, or that undo or redo can bring back */
  trace(id) {
    return this.#traces.get(id);
  }

  /** @returns {Trace | undefined} */
  get inView() {
    return this.trace(this.#now.inView);
  }

  /** @returns {{traces: Trace[], names: Record<string, string>, inView: string}} the current list */
  get visit() {
    const { ids, names, inView } = this.#now;
    return { traces: ids.map((id) => this.trace(id)), names, inView };
  }

  /** Restores the list of an earlier visit. The changes of that visit cannot be undone any more. */
  restore({ traces, names, inView }) {
    for (const trace of traces) {
      this.#numbers.set(trace.id, this.#numbers.size + 1);
      this.#traces.set(trace.id, trace);
    }
    this.#now = { ids: traces.map(({ id }) => id), names, inView };
  }

  get isRunning() {
    return this.#now.ids.some((id) => this.trace(id).isRunning);
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /** @returns {Branch[]} each fork below its parent */
  get list() {
    const { ids, names } = this.#now;
    const parentOf = (id) => {
      const parent = this.trace(id).header.origin?.trace_id;
      return ids.includes(parent) ? parent : undefined;
    };
    const below = (parent, depth) =>
      ids
        .filter((id) => parentOf(id) === parent)
        .flatMap((id) => [this.#branch(id, names, depth, parent), ...below(id, depth + 1)]);
    return below(undefined, 0);
  }

  #branch(id, names, depth, parent) {
    const number = this.#numbers.get(id);
    return { trace: this.trace(id), number, name: names[id] ?? "", depth, parent: this.#numbers.get(parent) ?? null };
  }

  /** Lists a trace and brings it into view. If there are too many, the oldest one is removed. @param {Trace} trace */
  add(trace) {
    if (!this.#numbers.has(trace.id)) this.#numbers.set(trace.id, this.#numbers.size + 1);
    this.#traces.set(trace.id, trace);
    let ids = [...this.#now.ids.filter((id) => id !== trace.id), trace.id];
    if (ids.length > MOST_BRANCHES) {
      const oldest = ids.find((id) => id !== trace.header.origin?.trace_id);
      ids = ids.filter((id) => id !== oldest);
    }
    const isFirst = this.#now.ids.length === 0;
    this.#change({ ids, inView: trace.id });
    if (isFirst) this.#past = []; // an empty list is not a state to go back to
  }

  select(id) {
    if (id !== this.#now.inView) this.#change({ inView: id });
  }

  /** @param {string} name  "" for the branch's default name */
  rename(id, name) {
    if (name !== (this.#now.names[id] ?? "")) this.#change({ names: { ...this.#now.names, [id]: name } });
  }

  /** Removes a branch from the list, but not the last one. Its forks stay. */
  remove(id) {
    const ids = this.#now.ids.filter((other) => other !== id);
    if (!ids.length) return;
    const { inView } = this.#now;
    const parent = this.trace(id).header.origin?.trace_id;
    const next = ids.includes(parent) ? parent : ids.at(-1);
    this.#change({ ids, inView: inView === id ? next : inView });
  }

  /**
   * A text takes the place of one that it holds whole: its number and its name. Nothing is left of the former one to be undone.
   *
   * @param {string} former @param {string} heir  the text in view
   */
  supersede(former, heir) {
    if (this.#now.inView !== heir || !this.#now.ids.includes(former)) return;
    const { [former]: name, ...names } = this.#now.names;
    const listed = (ids) => ids.filter((id) => id !== former);
    this.#past = this.#past.filter(({ inView }) => inView !== former).map((state) => ({ ...state, ids: listed(state.ids) }));
    this.#now = { ids: listed(this.#now.ids), names: name ? { ...names, [heir]: name } : names, inView: heir };
    this.#numbers.set(heir, this.#numbers.get(former));
    this.#numbers.delete(former);
    this.#traces.delete(former);
    this.#onForget([former]);
  }

  undo() {
    if (this.canUndo) this.#turn(this.#past, this.#future);
  }

  redo() {
    if (this.canRedo) this.#turn(this.#future, this.#past);
  }

  #turn(from, to) {
    to.push(this.#now);
    this.#now = from.pop();
  }

  #change(news) {
    this.#past.push(this.#now);
    this.#now = { ...this.#now, ...news };
    this.#past = this.#past.slice(-MOST_UNDONE);
    this.#future = [];
    const reachable = new Set([this.#now, ...this.#past].flatMap((state) => state.ids));
    const gone = [...this.#traces.keys()].filter((id) => !reachable.has(id));
    for (const id of gone) this.#traces.delete(id);
    if (gone.length) this.#onForget(gone);
  }
}

/**
 * @returns {number | null} the mean of ln p in nats per token, p being the model's own probability; null without tokens
 */
export function meanLogProbability({ steps, score }) {
  if (!steps.length) return score?.mean_logprob_nats ?? null;
  return steps.reduce((sum, step) => sum + Math.log(step.raw_probability), 0) / steps.length;
}

/**
 * @returns {number} the first step in which two texts differ, -1 if they are equal; the shorter one's end is a
 *   difference
 */
export function firstDifference(one, other) {
  const length = Math.max(one.steps.length, other.steps.length);
  for (let index = 0; index < length; index++) {
    if (one.steps[index]?.token_id !== other.steps[index]?.token_id) return index;
  }
  return -1;
}
