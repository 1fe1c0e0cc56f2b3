/**
 * What the picture of the words shows: their points, the two that are chosen, and how it is drawn. Named actions change
 * it. Does not know the page or the server.
 *
 * @typedef {import("./groups.js").Group} Group
 * @typedef {import("./reader.js").Told} Told
 *
 * @typedef {object} Point
 * @property {number} id  the token's
 * @property {string} text  as it is shown
 * @property {number} group  the index of its word's group
 * @property {string | null} near  the word whose neighbour it is, null for a word itself
 * @property {number[]} place
 * @property {number} length  of its vector
 */

export class State {
  /** @type {import("./reader.js").Facts | null} about the model, once fetched */
  facts = null;
  /** @type {import("./reader.js").Space} */
  space = "input";
  /** How many neighbours each word gets. */
  beside = 0;
  /** Whether the picture has two axes and not three. */
  isFlat = false;
  /** From where the picture with three axes is looked at, in degrees. */
  turn = 40;
  /** @type {Group[]} */
  groups = [];
  /** @type {Told | null} */
  told = null;
  /** @type {Point[]} */
  points = [];
  /** @type {{word: string, pieces: string[]}[]} words that are several tokens, and have no point */
  leftOut = [];
  /** @type {number[]} the ids of up to two points, the one chosen last at the end */
  chosen = [];
  /** How many sets of words have been shown. */
  sets = 0;
  error = "";
  #asked = 0;
  /** @type {string[]} */
  #pair = [];

  /** Asks for words. @param {Group[]} groups @param {string[]} pair  words to choose @returns {number} the number of the request */
  ask(groups, pair) {
    this.groups = groups;
    this.#pair = pair;
    return ++this.#asked;
  }

  /** @param {number} asked @returns {boolean} whether the answer to a request is the one to show */
  wants(asked) {
    return asked === this.#asked;
  }

  /** Takes an answer. @param {Told} told @param {(id: number) => string} textOf */
  receive(told, textOf) {
    const owners = this.groups.flatMap(({ words }, group) => words.map((word) => ({ word, group })));
    const ids = told.words.map((pieces) => pieces[0]);
    this.error = "";
    this.sets++;
    this.told = told;
    this.leftOut = owners
      .map(({ word }, place) => ({ word, pieces: told.words[place].map(textOf) }))
      .filter(({ pieces }) => pieces.length !== 1);
    this.points = told.points.map(({ token_id: id, word, of, place, length }) => ({
      id,
      text: textOf(id),
      group: owners[word ?? of].group,
      near: of === null ? null : textOf(ids[of]),
      place,
      length,
    }));
    const wanted = this.#pair.length ? this.#pair.map((word) => ids[owners.findIndex((owner) => owner.word === word)]) : this.chosen;
    this.chosen = wanted.filter((id) => this.points.some((point) => point.id === id));
  }

  /** Takes the points away. @param {string} sentence  why there are none */
  refuse(sentence) {
    this.error = sentence;
    this.told = null;
    this.points = this.leftOut = this.chosen = [];
  }

  /** Chooses a point, or lets it go. Of two that are chosen, the older one makes room. @param {number} id */
  choose(id) {
    if (this.chosen.includes(id)) this.chosen = this.chosen.filter((other) => other !== id);
    else this.chosen = [...this.chosen.slice(-1), id];
  }

  /** @returns {Point[]} the chosen points, in the order in which they were chosen */
  get chosenPoints() {
    return this.chosen.map((id) => this.points.find((point) => point.id === id));
  }

  /** @returns {number | null} the cosine of the two chosen points, null while there are not two */
  get cosine() {
    const places = this.chosen.map((id) => this.points.findIndex((point) => point.id === id));
    if (places.length < 2) return null;
    return this.told.cosines[Math.max(...places)][Math.min(...places)];
  }

  /** @param {boolean} isFlat */
  turnFlat(isFlat) {
    this.isFlat = isFlat;
  }

  /** Looks from farther to the right, or to the left. @param {number} degrees */
  turnBy(degrees) {
    this.turn = (this.turn + degrees + 360) % 360;
  }
}

/** @param {number} cosine @returns {number} the angle, from 0 to 180 */
export const degreesOf = (cosine) => (180 * Math.acos(Math.min(1, Math.max(-1, cosine)))) / Math.PI;
