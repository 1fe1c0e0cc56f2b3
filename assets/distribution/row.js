/**
 * One step's raw logits, sorted once. Knows nothing of settings or of the page.
 *
 * The order of tokens is the same everywhere: score descending, of equal scores the higher id first, because that is
 * what transformers' ascending sort keeps under top-p. Equal scores are common: bfloat16 has 8 bits of them.
 *
 * @typedef {object} Ranking  tokens with their scores, best first
 * @property {Uint32Array} order  token ids (vocab,)
 * @property {Float32Array} scores  their scores (vocab,)
 *
 * @typedef {Ranking & {logits: Float32Array, cumulative: Float64Array, totalWeight: number, known: number, others?: Others}} Row
 *   logits: by token id (vocab,); cumulative[i]: sum of the first i of exp(score - best score) (vocab + 1,);
 *   totalWeight: its last, the denominator of the raw softmax;
 *   known: how many of the first tokens of `order` have their own logits, all of them in a whole row;
 *   others: only without a whole row, what is known of the other tokens under one temperature
 *
 * @typedef {{temperature: number, logSumExp: number}} Others
 *
 * @typedef {object} Head  the most probable tokens of a row; see playground/web/messages/head.py
 * @property {number} size  the number of tokens in the whole row
 * @property {string} ids  as uint32 in base64, like all numbers little-endian
 * @property {string} logits  theirs, as float32 in base64
 * @property {number | null} rest  log-sum-exp of all other logits, null without others
 * @property {number} temperature  of the text's settings
 * @property {number | null} scaled_rest  `rest` of the logits divided by the temperature
 * @property {number} ruled_out  how many of the others have the logit -Infinity
 */

/**
 * @param {Float32Array} logits  raw, by token id (vocab,), without NaN; -Infinity is allowed
 * @returns {Row}
 */
export function sortRow(logits) {
  const order = idsBestFirst(logits);
  const scores = new Float32Array(order.length);
  const cumulative = new Float64Array(order.length + 1);
  for (let i = 0; i < order.length; i++) {
    scores[i] = logits[order[i]];
    cumulative[i + 1] = cumulative[i] + Math.exp(scores[i] - scores[0]);
  }
  return { logits, order, scores, cumulative, totalWeight: cumulative[order.length], known: order.length };
}

/**
 * Makes a row of which only the most probable tokens are known. All others together have the right weight, and share it
 * equally. So the raw probabilities of the known tokens are right, and what depends on single others is not.
 *
 * @param {Head} head
 * @returns {Row}
 */
export const rowOfHead = ({ ids, logits, ...others }) => rowOfKnown(new Uint32Array(bytesOf(ids)), new Float32Array(bytesOf(logits)), others);

/**
 * The same of tokens whose logits are known.
 *
 * @param {Uint32Array} ids @param {Float32Array} known  their logits @param {Omit<Head, "ids" | "logits">} others
 * @returns {Row}
 */
export function rowOfKnown(ids, known, { size, rest, ruled_out, temperature, scaled_rest }) {
  const count = size - ids.length - ruled_out;
  const level = rest === null ? -Infinity : Math.fround(Math.min(rest - Math.log(count), ...known));
  const row = new Float32Array(size).fill(level);
  for (const [place, id] of ids.entries()) row[id] = known[place];
  const isKnown = new Set(ids);
  for (let id = 0, left = ruled_out; left > 0 && id < size; id++) {
    if (isKnown.has(id)) continue;
    row[id] = -Infinity;
    left -= 1;
  }
  const others = rest === null ? undefined : { temperature: Math.fround(temperature), logSumExp: scaled_rest };
  return { ...sortRow(row), known: ids.length, others };
}

const bytesOf = (text) => Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0)).buffer;

/** @param {Row} row @returns {boolean} whether every token has its own logit */
export const isWhole = (row) => row.known === row.order.length;

/** Whether token `a` stands before token `b`. */
export function precedes(scoreA, a, scoreB, b) {
  return scoreA > scoreB || (scoreA === scoreB && a > b);
}

/** @returns {number} where token `id`, whose score is `score`, stands in `ranking`, from 0. */
export function positionOf(ranking, score, id) {
  const { scores, order } = ranking;
  return firstWhere(0, order.length, (i) => !precedes(scores[i], order[i], score, id));
}

/** @returns {number} the first i of [start, end) for which `isTrue`, which stays true once it is, or `end`. */
export function firstWhere(start, end, isTrue) {
  while (start < end) {
    const middle = (start + end) >>> 1;
    if (isTrue(middle)) end = middle;
    else start = middle + 1;
  }
  return start;
}

const PASSES = [0, 11, 22]; // 3 x 11 bits cover the 32 of a key
const BUCKETS = 1 << 11;

/** Radix sort: 4 times as fast as `sort` with a comparison at 152k tokens, and stable, which settles equal scores. */
function idsBestFirst(logits) {
  const size = logits.length;
  const keys = descendingKeys(logits);
  let from = new Uint32Array(size).map((_, i) => size - 1 - i);
  let to = new Uint32Array(size);
  for (const shift of PASSES) {
    const next = new Uint32Array(BUCKETS + 1);
    for (let id = 0; id < size; id++) next[((keys[id] >>> shift) & (BUCKETS - 1)) + 1]++;
    for (let bucket = 1; bucket < BUCKETS; bucket++) next[bucket] += next[bucket - 1];
    for (let i = 0; i < size; i++) to[next[(keys[from[i]] >>> shift) & (BUCKETS - 1)]++] = from[i];
    [from, to] = [to, from];
  }
  return from;
}

/** Unsigned integers that order as the floats do, backwards: flip a positive float's bits, keep a negative one's. */
function descendingKeys(logits) {
  const keys = new Uint32Array(new Float32Array(logits).buffer);
  for (let id = 0; id < keys.length; id++) {
    const bits = keys[id] === 0x80000000 ? 0 : keys[id]; // -0 equals 0
    keys[id] = bits >>> 31 ? bits : ~bits & 0x7fffffff;
  }
  return keys;
}
