/**
 * Says in words what the blocks of each kind do, and which blocks they are. Pure: knows no element of the page.
 *
 * @typedef {import("./reader.js").Drawing} Drawing
 * @typedef {import("./reader.js").Kind} Kind
 * @typedef {import("./reader.js").Writer} Writer
 */

import { t, tn } from "../../common/language.js";
import { listed } from "../../common/words.js";

const ORDINARY = [["attention", "feed_forward"], ["attention", "cross_attention", "feed_forward"]];

/** @param {Drawing} drawing @param {number} block @returns {Kind} the kind of one block */
export const kindOf = ({ kinds }, block) => kinds.find(({ layers }) => layers.includes(block));

/** Whether all blocks have an attention to all tokens and a feed-forward: then there is nothing to say about kinds. */
export function isOrdinary({ kinds }) {
  const [{ shape }] = kinds;
  return kinds.length === 1 && !shape.undrawn.length && ORDINARY.some((names) => String(names) === String(shape.writers.map(({ name }) => name))) &&
    shape.writers.every(({ reach, is_borrowing: isBorrowing }) => reach === null && !isBorrowing);
}

/** [0, 1, 2, 4, 5, 6, 8] -> "0–2, 4–6, 8". Many runs that follow one another at equal distances become "0–2, 4–6, …, 20–22". */
export function blocksOf(layers) {
  const runs = [];
  for (const layer of layers) {
    const last = runs.at(-1);
    if (last && last[1] + 1 === layer) last[1] = layer;
    else runs.push([layer, layer]);
  }
  const words = runs.map(([from, to]) => (from === to ? `${from}` : to === from + 1 ? `${from}, ${to}` : `${from}–${to}`));
  const isRegular = runs.every(([from, to], place) => from - runs[0][0] === place * (runs[1]?.[0] - runs[0][0]) && to - from === runs[0][1] - runs[0][0]);
  return runs.length > 4 && isRegular ? `${words[0]}, ${words[1]}, …, ${words.at(-1)}` : words.join(", ");
}

/**
 * Returns what a block of a kind does, in words: "linear attention, then a feed-forward".
 *
 * @param {Drawing} drawing  the other kinds say what must be told apart
 * @param {Kind} kind
 */
export function wordsOf(drawing, { shape }) {
  if (!shape.writers.length) return shape.undrawn.length ? t("no part that is known here") : t("it does nothing with a text");
  const sums = sumsOf(shape).map((writers) =>
    writers.map((writer) => writerWords(drawing, writer)).reduce((first, second) => t("{first}, and on what it writes {second}", { first, second })),
  );
  const together = [...new Set(shape.reads)].map((read) => sums.filter((_, sum) => shape.reads[sum] === read));
  return together
    .map((words) => (words.length > 1 ? t("{parts} side by side", { parts: listed(words) }) : words[0]))
    .reduce((first, second) => t("{first}, then {second}", { first, second }));
}

/** @param {import("./reader.js").Shape} shape @returns {Writer[][]} the writers of each sum */
export function sumsOf({ steps, writers }) {
  const sums = [[]];
  let next = 0;
  for (const step of steps) {
    if (step === "add") sums.push([]);
    else if (step !== "norm") sums.at(-1).push(writers[next++]);
  }
  return sums.slice(0, -1);
}

/** @param {Drawing} drawing @param {Writer} writer */
function writerWords(drawing, { name, variant, reach, is_chunked: isChunked, is_borrowing: isBorrowing, neurons, experts }) {
  const all = drawing.kinds.flatMap(({ shape }) => shape.writers);
  const isTold = (test) => new Set(all.filter((writer) => writer.name === name).map(test)).size > 1;
  switch (name) {
    case "attention": {
      const attention = attentionWords(reach, isChunked, Boolean(drawing.head), isTold((writer) => writer.reach));
      return isBorrowing ? t("{attention}, with the keys and values of an earlier block", { attention }) : attention;
    }
    case "cross_attention": return t("cross-attention");
    case "linear_attention": return t("linear attention");
    case "state_space": return t("a state space ({variant})", { variant });
    case "convolution": return tn("a convolution over {n} token", "a convolution over {n} tokens", reach);
    case "mixer": return t("a part that mixes positions in a way that is not known here");
    case "experts": return experts === null ? t("a mixture of experts") : tn("a mixture of {n} expert", "a mixture of {n} experts", experts);
    default: return isTold((writer) => writer.neurons) && neurons !== null ? tn("a feed-forward of {n} neuron", "a feed-forward of {n} neurons", neurons) : t("a feed-forward");
  }
}

/** To which tokens an attention looks. @param {number | null} reach  null for all @param {boolean} isTold  whether others look farther or less far */
function attentionWords(reach, isChunked, isOfEncoder, isTold) {
  if (reach === null) return isTold ? t("attention to all tokens") : t("attention");
  if (isChunked) return tn("attention within chunks of {n} token", "attention within chunks of {n} tokens", reach);
  if (isOfEncoder) return tn("attention to {n} token on each side", "attention to {n} tokens on each side", reach);
  return tn("attention to the last {n} token", "attention to the last {n} tokens", reach);
}

/** @param {Drawing} drawing @returns {string} which parts are not drawn, "" if there are none */
export function undrawnOf({ kinds }) {
  const names = [...new Set(kinds.flatMap(({ shape }) => shape.undrawn))];
  if (!names.length) return "";
  const parts = listed(names);
  return names.length > 1
    ? t("Not drawn are {parts}: the place in the block is not known here. They count as “Other parts of the blocks”.", { parts })
    : t("Not drawn is {parts}: the place in the block is not known here. It counts as “Other parts of the blocks”.", { parts });
}
