/**
 * The numbers of the logit lens of a text, as far as they have arrived: one cell for each position and each layer. Knows
 * numbers, neither the server nor the page.
 *
 * @typedef {object} Head  what the grid is made of
 * @property {number} tokens
 * @property {number} layers  with the embedding, which is layer 0; the last one is the model itself
 * @property {number} top  the number of tokens that a cell names
 * @property {string} after  what the model does to the logits of its output matrix, "" if nothing
 *
 * @typedef {object} Line  one layer of one slice of positions, its numbers in base64, little-endian
 * @property {number} done  the layers of slices that are there with it
 * @property {number} of
 * @property {number} start  the first position
 * @property {number} layer
 * @property {string} ids  uint32, `top` for each position
 * @property {string} shares  float32, theirs
 * @property {string} finals  float32, the probability of the token that the model itself ends with
 * @property {string} ranks  uint32, that token's rank
 * @property {string} kl_nats  float32
 *
 * @typedef {object} Cell
 * @property {[id: number, share: number][]} top  the most probable tokens, best first
 * @property {number} final  the probability of the token that the model itself ends with
 * @property {number} rank  that token's rank, from 1
 * @property {number} klNats
 */

export class Cells {
  /** The share of the grid that is there. */
  done = 0;
  #top;
  /** @type {Map<string, {start: number, ids: Uint32Array, shares: Float32Array, finals: Float32Array, ranks: Uint32Array, klNats: Float32Array}>} */
  #parts = new Map(); // by layer and first position
  #starts = [];

  /** @param {Head} head */
  constructor({ tokens, layers, top, after }) {
    this.tokens = tokens;
    this.layers = layers;
    this.after = after;
    this.#top = top;
  }

  /** @param {Line} line */
  put({ done, of, start, layer, ids, shares, finals, ranks, kl_nats }) {
    this.done = done / of;
    if (!this.#starts.includes(start)) this.#starts.push(start);
    this.#parts.set(`${layer} ${start}`, {
      start,
      ids: new Uint32Array(bytesOf(ids)),
      shares: new Float32Array(bytesOf(shares)),
      finals: new Float32Array(bytesOf(finals)),
      ranks: new Uint32Array(bytesOf(ranks)),
      klNats: new Float32Array(bytesOf(kl_nats)),
    });
  }

  /** @returns {Cell | null} null if it is not there yet */
  at(position, layer) {
    const start = Math.max(...this.#starts.filter((one) => one <= position));
    const part = this.#parts.get(`${layer} ${start}`);
    const place = position - start;
    if (!part || place >= part.ranks.length) return null;
    const best = Array.from({ length: this.#top }, (_, rank) => place * this.#top + rank);
    return {
      top: best.map((at) => [part.ids[at], part.shares[at]]),
      final: part.finals[place],
      rank: part.ranks[place],
      klNats: part.klNats[place],
    };
  }
}

const bytesOf = (text) => Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0)).buffer;

/**
 * Chooses the layers that have room: always the embedding and the last one, and every n-th one before the last.
 *
 * @param {number} layers  how many there are with the embedding
 * @param {number} room  for how many there is room
 * @returns {number[]} ascending
 */
export function layersThatFit(layers, room) {
  const last = layers - 1;
  const step = Math.max(1, Math.ceil(last / Math.max(1, room - 1)));
  const shown = Array.from({ length: Math.floor(last / step) + 1 }, (_, number) => last - number * step).reverse();
  return shown[0] === 0 ? shown : [0, ...(shown.length < room ? shown : shown.slice(1))];
}
