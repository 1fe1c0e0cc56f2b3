/**
 * Holds what the pane Tokens shows, and changes it by named actions. Knows neither the server nor the page.
 *
 * @typedef {object} Token  one piece of the text
 * @property {number} id
 * @property {string} shown  its text as the page shows it
 * @property {string} bytes  in hexadecimal: "20 74"
 * @property {number} start  the first character that it covers
 * @property {number} end  the character after the last one
 * @property {boolean} special
 * @property {boolean} leads  whether it begins with a space
 * @property {boolean} isPutIn  whether the tokeniser put it in
 *
 * @typedef {object} Word  a part of the text that is divided on its own; see `Steps` in `playground/inside/replay.py`
 * @property {number} first  the number of its first token
 * @property {number} last
 * @property {number} size  the characters or bytes that it begins as
 * @property {number} merged  the number of merges
 * @property {boolean} isUnknown
 * @property {boolean} isAtOnce  whether it became one token without a step, because the vocabulary has it
 * @property {string[] | null} symbols  null if the word is too long to be drawn; then the rest is not there either
 * @property {[from: number, to: number][]} [spans]
 * @property {[place: number, rank: number][]} [merges]
 * @property {[from: number, to: number, score: number, total: number, isBetter: boolean][]} [candidates]
 *
 * @typedef {object} Answer  what the server says of a text
 * @property {string} algorithm
 * @property {Token[]} tokens
 * @property {Word[] | null} words
 * @property {string | null} reason  why there are no words
 * @property {{tokens: number, words: number, characters: number, bytes: number}} counts
 */

import { stepsOf } from "./steps.js";

export class State {
  /** The text in the pane's own field. */
  text = "";
  /** @type {Answer | null} what the server said of the newest text that it has answered */
  answer = null;
  /** @type {string} the text that `answer` is about */
  answered = "";
  error = "";
  /** The number of the chosen token. */
  chosen = 0;
  /** @type {number | null} the number of the token under the pointer */
  hovered = null;
  /** How many steps of the chosen token's word are shown. */
  step = 0;
  isPlaying = false;

  /** The reader has changed the text. @param {string} text */
  write(text) {
    this.text = text;
  }

  /** @param {string} text @param {Answer} answer */
  receive(text, answer) {
    const word = this.word;
    const wasLast = this.answer !== null && this.chosen === this.answer.tokens.length - 1;
    this.answer = answer;
    this.answered = text;
    this.error = "";
    this.hovered = null;
    const last = Math.max(0, answer.tokens.length - 1);
    this.chosen = wasLast ? last : Math.min(this.chosen, last);
    if (JSON.stringify(word) !== JSON.stringify(this.word)) this.#endSteps();
  }

  /** @param {string} sentence */
  refuse(sentence) {
    this.error = sentence;
  }

  /** Chooses a token. The steps of its word are shown to their end. @param {number} index @returns {boolean} whether it is another one */
  choose(index) {
    if (index === this.chosen || !this.answer?.tokens[index]) return false;
    const { word } = this;
    this.chosen = index;
    if (word !== this.word) this.#endSteps();
    return true;
  }

  /** @param {number | null} index */
  hover(index) {
    this.hovered = index;
  }

  /** Shows so many steps, within what there is. @param {number} step */
  turnStep(step) {
    this.step = Math.max(0, Math.min(step, this.stepCount));
    if (this.step === this.stepCount) this.isPlaying = false;
  }

  /** Begins to play the steps, from their beginning if they are at their end. */
  play() {
    if (this.step === this.stepCount) this.step = 0;
    this.isPlaying = this.stepCount > 0;
  }

  pause() {
    this.isPlaying = false;
  }

  /** @returns {Token | null} the token that is told: the one under the pointer, or else the chosen one */
  get told() {
    return this.answer?.tokens[this.hovered ?? this.chosen] ?? null;
  }

  /** @returns {Word | null} the word of the chosen token */
  get word() {
    return this.answer?.words?.find(({ first, last }) => first <= this.chosen && this.chosen <= last) ?? null;
  }

  /** @returns {number} the number of steps of the chosen token's word */
  get stepCount() {
    return this.word ? stepsOf(this.answer.algorithm, this.word).length : 0;
  }

  /** @returns {boolean} whether the text ends in a space */
  get endsInSpace() {
    return this.answered.endsWith(" ") && this.answered.trim() !== "";
  }

  #endSteps() {
    this.step = this.stepCount;
    this.isPlaying = false;
  }
}
