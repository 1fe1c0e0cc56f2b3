/**
 * What the tab Fill shows: a text as an encoder-only model reads it, its blanks, the words that were put into them, and the
 * token in view. Named actions change it, and what follows from it is computed. Knows ids, not the page or the server.
 *
 * @typedef {object} Read  see `_text_message` in playground/web/routes/encoders.py
 * @property {string} model
 * @property {string} text  with mask tokens for ___
 * @property {number[]} ids
 * @property {number[]} masks  the places of the mask tokens
 * @property {number[]} special  the places of other tokens of the tokenizer's own
 * @property {number | null} mask_id
 * @property {string | null} mask_token
 * @property {[start: number, end: number, word: number | null][] | null} places  of the tokens in `text`
 * @property {number[] | null} draws  a uniform number for each mask
 * @property {string} unknown  names the words that a built-in model does not know, "" for none
 *
 * @typedef {object} Scored
 * @property {number[]} ids
 * @property {(number | null)[]} logprobs_nats  null where a token has no score
 * @property {number} sum_nats
 *
 * @typedef {{label: string, probability: number}[]} Bars  most probable first
 *
 * @typedef {object} Labelled
 * @property {number[]} ids
 * @property {string} task
 * @property {Bars} [labels]  of the text
 * @property {Bars[]} [tokens]  of each token
 *
 * @typedef {"most probable" | "drawn" | "chosen"} How  how a word came into a blank
 *
 * @typedef {{id: number, how: How}} Put
 */

export class State {
  /** @type {Read | null} */
  read = null;
  /** @type {number | null} the place of the token in view */
  selected = null;
  /** @type {number[]} a uniform number for each blank, in their order */
  draws = [];
  /** @type {Map<number, number>} the tokens that the reader has masked, by their places */
  #masked = new Map();
  /** @type {Map<number, Put>} what was put into blanks, by their places */
  #put = new Map();

  /** Takes in a text that was read. Its first blank comes into view. @param {Read} read */
  take(read) {
    this.read = read;
    this.#masked.clear();
    this.#put.clear();
    this.draws = read.draws ?? [];
    this.selected = read.masks[0] ?? null;
  }

  /** @returns {number[]} the places of all blanks, filled or not, in their order */
  get blanks() {
    return [...(this.read?.masks ?? []), ...this.#masked.keys()].sort((one, other) => one - other);
  }

  /** @returns {number | null} the place of the blank in view */
  get blank() {
    return this.selected !== null && this.blanks.includes(this.selected) ? this.selected : null;
  }

  /** @returns {number[]} the places of the blanks without a word */
  get empty() {
    return this.blanks.filter((place) => !this.#put.has(place));
  }

  /** @returns {number[]} what the model reads: each blank as a mask, unless a word was put into it */
  get ids() {
    return this.read.ids.map((id, place) => this.#put.get(place)?.id ?? (this.#masked.has(place) ? this.read.mask_id : id));
  }

  /** @returns {number[]} the same with every blank empty */
  get emptied() {
    return this.read.ids.map((id, place) => (this.#masked.has(place) ? this.read.mask_id : id));
  }

  /** @param {number} place  of a blank @returns {number[]} the text with which this blank is guessed: it alone is emptied */
  idsFor(place) {
    return this.ids.with(place, this.read.mask_id);
  }

  /** @param {number} place @returns {Put | undefined} what was put into a blank */
  putAt(place) {
    return this.#put.get(place);
  }

  /** @param {number} place  of a blank @returns {number} its uniform number */
  drawOf(place) {
    return this.draws[this.blanks.indexOf(place)];
  }

  /** @param {number} place */
  choose(place) {
    this.selected = place;
  }

  /** @param {number} place @returns {number[]} the places of the tokens that form a word with this one */
  wordAt(place) {
    const { places, special, ids } = this.read;
    if (special.includes(place)) return [];
    const word = places?.[place]?.[2] ?? null;
    return word === null ? [place] : ids.map((_, at) => at).filter((at) => places[at]?.[2] === word);
  }

  /** @param {number} place @returns {boolean} whether the reader has masked the token, so that its word can come back */
  isMasked(place) {
    return this.#masked.has(place);
  }

  /** Masks the word at a place, token by token, or puts it back if it is masked. @returns {boolean} whether anything changed */
  toggle(place) {
    const { read } = this;
    if (read.mask_id === null || read.masks.includes(place)) return false;
    const word = this.wordAt(place).filter((at) => !read.masks.includes(at));
    const isBack = this.#masked.has(place);
    for (const at of word) {
      if (isBack) this.#masked.delete(at);
      else this.#masked.set(at, read.ids[at]);
      this.#put.delete(at);
    }
    if (word.length) this.selected = isBack ? (this.blanks[0] ?? place) : word[0];
    return word.length > 0;
  }

  /** Puts a word into the blank in view. @param {number} id @param {How} how */
  put(id, how) {
    this.#put.set(this.blank, { id, how });
  }

  /** Takes the word out of the blank in view. */
  takeOut() {
    this.#put.delete(this.blank);
  }

  /** @returns {{masked: number[], put: [place: number, id: number, how: How][], selected: number | null}} for a link */
  get kept() {
    const put = Array.from(this.#put, ([place, { id, how }]) => /** @type {[number, number, How]} */ ([place, id, how]));
    return { masked: [...this.#masked.keys()], put, selected: this.selected };
  }

  /** Restores what a link holds, as far as it fits the text that was read. @param {State["kept"]} kept @param {number} size  of the vocabulary */
  restore({ masked, put, selected }, size) {
    for (const place of masked) if (this.#canMask(place)) this.#masked.set(place, this.read.ids[place]);
    for (const [place, id, how] of put) if (this.blanks.includes(place) && id < size) this.#put.set(place, { id, how });
    if (selected !== null && selected < this.read.ids.length) this.selected = selected;
  }

  #canMask(place) {
    const { ids, masks, special, mask_id } = this.read;
    return mask_id !== null && place < ids.length && !masks.includes(place) && !special.includes(place);
  }
}
