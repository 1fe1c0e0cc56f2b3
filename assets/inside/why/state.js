/**
 * What the upper part of the pane shows: which token is explained, how, and what each method has answered. Named actions
 * change it, and what follows from it is computed. Does not know the page or the server.
 *
 * @typedef {import("./methods.js").MethodId} MethodId
 * @typedef {import("./reader.js").Answer} Answer
 * @typedef {import("./reader.js").Candidates} Candidates
 * @typedef {import("./reader.js").Question} Question
 *
 * @typedef {object} Run  what became of one method's question
 * @property {"waits" | "runs" | "done" | "stopped" | "failed"} state
 * @property {number} done
 * @property {number} of
 * @property {Answer | null} answer
 * @property {string} error
 */

import { METHODS } from "./methods.js";

/** With more tokens a method that reads the text many times begins only when the reader asks. */
export const AUTO_TOKENS = 64;

export class WhyState {
  /** @type {{traceId: string, position: number, tokens: number} | null}  `tokens` counts those that are explained, with the source's */
  place = null;
  /** @type {Candidates | null} once fetched */
  candidates = null;
  /** @type {number | null} the token to explain; null for the one that follows, or the most probable one at the text's end */
  chosen = null;
  /** @type {number | null} the token that it is compared with */
  against = null;
  /** @type {Question["scale"]} */
  scale = "log_probability";
  /** @type {Question["parts"]} */
  parts = "words";
  /** @type {Question["how"]} */
  how = "delete";
  steps = 50;
  /** @type {Set<MethodId>} those that are shown */
  shown = new Set(METHODS.filter(({ isFirst }) => isFirst).map(({ id }) => id));
  /** @type {Map<MethodId, Run>} */
  runs = new Map();
  error = "";
  /** @type {{token: number, against: number | null} | null} which tokens to ask about once the candidates are there */
  #first = null;

  /** @param {readonly string[]} [answered]  questions to begin with, as `attributionAsked` of reader.js writes them, each by another method */
  constructor(answered = []) {
    if (!answered.length) return;
    const asked = answered.map((one) => Object.fromEntries(new URLSearchParams(one)));
    const [{ token_id: token, against = null, scale, parts, how, steps }] = asked;
    Object.assign(this, { scale, parts, how, steps: Number(steps) });
    this.shown = new Set(asked.map(({ method }) => /** @type {MethodId} */ (method)));
    this.#first = { token: Number(token), against: against === null ? null : Number(against) };
  }

  /** @returns {number | null} the token that is explained */
  get target() {
    return this.chosen ?? this.candidates?.next?.token_id ?? this.candidates?.top[0].token_id ?? null;
  }

  /** @returns {Question | null} what is asked now, once the candidates are there */
  get question() {
    const { place, candidates, target, against, scale, parts, how, steps } = this;
    if (!place || !candidates) return null;
    return { ...place, target, against: against === target ? null : against, scale, parts, how, steps };
  }

  /** @returns {import("./methods.js").Method[]} the methods that are shown, in order */
  get methods() {
    return METHODS.filter(({ id }) => this.shown.has(id));
  }

  /** @returns {{id: MethodId, answer: Answer}[]} what has been answered, in order */
  get answers() {
    const answered = ({ id }) => this.runs.get(id)?.state === "done";
    return this.methods.filter(answered).map(({ id }) => ({ id, answer: this.runs.get(id).answer }));
  }

  /** @returns {MethodId[]} the methods that wait, in order; those that take long are left out */
  get waiting() {
    const isShort = (id) => id === "gradient_x_input" || this.place.tokens <= AUTO_TOKENS;
    return this.methods.map(({ id }) => id).filter((id) => this.runs.get(id)?.state === "waits" && isShort(id));
  }

  /** @param {MethodId} id @returns {Run} */
  run(id) {
    return this.runs.get(id) ?? waiting();
  }

  /**
   * Turns to a place. The token that the reader chose stays as long as the text does.
   *
   * @param {string} traceId @param {number} position @param {number} tokens  how many are explained
   * @returns {boolean} whether it is another one
   */
  turn(traceId, position, tokens = position + 1) {
    if (this.place?.traceId === traceId && this.place.position === position) return false;
    if (this.place?.traceId !== traceId) this.chosen = this.against = null;
    this.place = { traceId, position, tokens };
    this.candidates = null;
    this.#askAnew();
    return true;
  }

  /** There is no text. */
  leave() {
    this.place = this.candidates = this.chosen = this.against = null;
    this.#askAnew();
  }

  /** @param {Candidates} candidates */
  know(candidates) {
    this.candidates = candidates;
    if (this.#first) {
      const { token, against } = this.#first;
      Object.assign(this, { chosen: token === this.target ? null : token, against });
      this.#first = null;
    }
    this.#askAnew();
  }

  /** Changes what is asked. @param {Partial<Pick<WhyState, "chosen" | "against" | "scale" | "parts">>} change */
  ask(change) {
    Object.assign(this, change);
    this.#askAnew();
  }

  /** Changes how a method works: only its own answer is another one. @param {"delete" | "zero"} how */
  turnHow(how) {
    this.how = how;
    this.#wait("leave_one_out");
  }

  /** @param {number} steps */
  turnSteps(steps) {
    this.steps = steps;
    this.#wait("integrated_gradients");
  }

  /** @param {MethodId} id @param {boolean} isShown */
  toggle(id, isShown) {
    if (isShown) this.shown.add(id);
    else this.shown.delete(id);
    if (isShown && this.run(id).state !== "done") this.#wait(id);
  }

  /** What runs is stopped, because something else is asked: it waits again. */
  interrupt() {
    for (const [id, { state }] of this.runs) if (state === "runs") this.#wait(id);
  }

  /** @param {MethodId} id */
  begin(id) {
    this.runs.set(id, { ...waiting(), state: "runs" });
  }

  /** @param {MethodId} id @param {number} done @param {number} of */
  tell(id, done, of) {
    Object.assign(this.run(id), { done, of });
  }

  /** @param {MethodId} id @param {Answer} answer */
  settle(id, answer) {
    this.runs.set(id, { ...waiting(), state: "done", answer });
  }

  /** @param {MethodId} id @param {string} error */
  fail(id, error) {
    this.runs.set(id, { ...waiting(), state: "failed", error });
  }

  /** @param {MethodId} id */
  stop(id) {
    this.runs.set(id, { ...waiting(), state: "stopped" });
  }

  #askAnew() {
    this.error = "";
    for (const { id } of METHODS) this.#wait(id);
  }

  #wait(id) {
    this.runs.set(id, waiting());
  }
}

/** @returns {Run} */
const waiting = () => ({ state: "waits", done: 0, of: 0, answer: null, error: "" });
