/**
 * Says what the parts of a model are called, what each does, and which pane shows it. Knows no element of the page.
 *
 * @typedef {import("./reader.js").Drawing} Drawing
 *
 * @typedef {object} Box  one part of the drawing that can be chosen
 * @property {string} id
 * @property {string} name
 * @property {string} size  a short line below the name, "" for none
 * @property {string} says  what it does, in sentences
 * @property {string} view  the id of the view that shows it, "" for none
 * @property {number | null} block  the block of which it is a part, null for none
 */

import { brief, t, tn } from "../../common/language.js";
import { count, listed } from "../../common/words.js";
import { kindOf, sumsOf } from "./kinds.js";
import { sizes, WITHIN, writerSays } from "./writers.js";

/** Which view shows a part; it is opened only where the page has it. */
const VIEWS = {
  ids: "inside/tokens", embedding: "inside/embeddings", positions: "inside/positions", norm: "inside/layers",
  attention: "inside/attention", cross_attention: "inside/attention", feed_forward: "inside/word", experts: "inside/word", unembedding: "inside/word", softmax: "inside/word",
  chain: "decode", token: "decode", head: "inside/layers", answer: "fill",
};

/** What the parts with parameters are called in the table. */
export const PART_NAMES = {
  embedding: t("Embedding"),
  positions: t("Position vectors"),
  token_types: t("Vectors of token types"),
  embedding_norm: t("Norm of the embedding"),
  encoder: t("Encoder"),
  cross_attention: t("Cross-attention"),
  norms: t("Norms of the blocks"),
  attention: t("Attention"),
  linear_attention: t("Linear attention"),
  state_space: t("State spaces"),
  convolution: t("Convolutions"),
  mixer: t("Mixers of another kind"),
  feed_forward: t("Feed-forward"),
  experts: t("Mixtures of experts"),
  rest: t("Other parts of the blocks"),
  norm: t("Last norm"),
  head: t("Head before its last matrix"),
  unembedding: t("Unembedding"),
  other: t("Other parts"),
};

/** 28311552 -> "28.3 M" */
export function short(number) {
  if (number >= 1e9) return t("{number} B", { number: brief(number / 1e9, 3) });
  if (number >= 1e6) return t("{number} M", { number: brief(number / 1e6, 3) });
  return number >= 1e3 ? t("{number} k", { number: brief(number / 1e3, 3) }) : brief(number, 3);
}

/** @param {Pick<Box, "name">} box @returns {string} its name where it is read and not seen */
export const spokenName = ({ name }) => (name === "+" ? t("Sum") : name);

/** @param {Drawing} drawing @param {string} name @returns {import("./reader.js").Part | undefined} */
export const partOf = (drawing, name) => drawing.parts.find((part) => part.name === name);

/**
 * Returns the boxes before the blocks, those inside of one block, and those after the blocks.
 *
 * @param {Drawing} drawing @param {number} block  the one that is opened @param {number} tokens  those of the text, 0 for no text
 * @returns {{before: Box[], within: Box[], after: Box[]}}
 */
export function boxesOf(drawing, block, tokens) {
  const { vocabulary, width } = drawing;
  const matrix = sizes(partOf(drawing, "embedding").tensors[0][1]);
  const before = [
    box("ids", t("Token ids"), tokens ? tn("{n} number", "{n} numbers", tokens) : "", t("The tokeniser cuts the text into tokens and writes the number of each.")),
    box("embedding", t("Embedding"), matrix, t("A table with one row of {width} numbers for each of the {vocabulary} tokens. The row of a token is its first vector.", { width, vocabulary })),
  ];
  const table = partOf(drawing, "positions");
  if (table) {
    const says = t("A table with one row for each place in the text. It is added to the token’s vector, so that order counts.");
    before.push(box("positions", t("Positions"), sizes(table.tensors[0][1]), all(says, ...enteringWords(drawing))));
  }
  const after = drawing.head ? headBoxes(drawing, drawing.head) : [
    ...(drawing.norms_in_stream ? [] : [box("norm", t("Last norm"), numbers(width), t("It brings the last vector to a common length before it is compared with the tokens."))]),
    unembeddingOf(drawing, "last"),
    box("softmax", t("Softmax"), shares(vocabulary), SHARES),
    box("chain", t("Chain"), t("your settings"), t("Temperature, top-k, top-p and the other settings change the probabilities, in this order.")),
    box("token", t("Token"), t("one id"), t("One token is drawn. Its id is added to the text, and everything begins again with one token more.")),
  ];
  return { before, within: withinOf(drawing, block), after };
}

const SHARES = t("It turns the logits into probabilities that sum to 1.");

/** Sentences one after the other; those that are "" are left out. @param {...string} sentences */
const all = (...sentences) => sentences.filter(Boolean).join(" ");

const numbers = (n) => tn("{n} number", "{n} numbers", n);
const shares = (n) => tn("{n} share", "{n} shares", n);

/** @param {Drawing} drawing @returns {string[]} what else is added to a token’s vector before the first block, in sentences */
function enteringWords(drawing) {
  const types = partOf(drawing, "token_types") ? t("A vector of the token type is added too; it is the same for all tokens of one text.") : "";
  return [types, partOf(drawing, "embedding_norm") ? t("The sum passes through a norm.") : ""];
}

/** @type {Record<string, (vocabulary: number) => string>} by what is multiplied */
const MULTIPLIED = {
  last: (vocabulary) => t("The last vector is multiplied with one row for each token. That gives {vocabulary} logits, one score for each token.", { vocabulary }),
  each: (vocabulary) => t("A token’s last vector is multiplied with one row for each token. That gives {vocabulary} logits, one score for each token.", { vocabulary }),
  head: (vocabulary) => t("What the head has made of a token’s vector is multiplied with one row for each token. That gives {vocabulary} logits, one score for each token.", { vocabulary }),
};

/** @param {Drawing} drawing @param {keyof typeof MULTIPLIED} vector  what is multiplied */
function unembeddingOf(drawing, vector) {
  const { is_tied: isTied, vocabulary } = drawing;
  const { tensors } = (isTied ? undefined : partOf(drawing, "unembedding")) ?? partOf(drawing, "embedding");
  const [, shape] = tensors.find(([, lengths]) => lengths.length === 2) ?? tensors[0];
  const table = isTied ? t("The embedding’s own table is used once more.") : "";
  return box("unembedding", t("Unembedding"), sizes(shape), all(table, MULTIPLIED[vector](vocabulary)));
}

const MOST_LABELS = 8; // that are named
const READS = {
  each: t("It reads the vector of each token on its own."),
  first: t("It reads the vector of the first token alone, which stands for the whole text."),
  all: t("It reads one vector that is made of all tokens’ vectors."),
};

/** @param {Drawing} drawing @param {import("./reader.js").Head} head @returns {Box[]} the boxes behind the blocks of an encoder-only model */
function headBoxes(drawing, { task, reads, steps, labels }) {
  const norm = partOf(drawing, "norm") ? [box("norm", t("Last norm"), numbers(drawing.width), t("It brings the last vector of each token to a common length before the head reads it."))] : [];
  const does = steps.map(({ name, given, made }) => (name === "norm" ? t("a norm") : t("a matrix of {made} × {given}", { made, given })));
  const size = steps.length ? `${count(steps[0].given)} → ${count(steps.at(-1).made)}` : "";
  const head = steps.length ? [box("head", t("Head"), size, all(READS[reads], t("Before its last matrix it has {parts}, with a function that bends the numbers behind a matrix.", { parts: listed(does) })), task === "fill-mask" ? VIEWS.head : "")] : [];
  if (task === "fill-mask") {
    return [
      ...norm, ...head,
      unembeddingOf(drawing, steps.length ? "head" : "each"),
      box("softmax", t("Softmax"), shares(drawing.vocabulary), SHARES),
      box("answer", t("Blank"), t("one word"), t("The probabilities at the place of a mask say which word fits there. The settings cut them, and a word is chosen. Nothing is written on: the text keeps its length.")),
    ];
  }
  const isOfText = task === "text-classification";
  const matrix = `${count(labels.length)} × ${count(steps.at(-1)?.made ?? drawing.width)}`;
  return [
    ...norm, ...head,
    box("unembedding", t("Label matrix"), matrix, all(logitsOf(labels.length, isOfText), steps.length ? "" : READS[reads]), ""),
    box("softmax", t("Softmax"), shares(labels.length), SHARES, ""),
    box("answer", t("Label"), t("one of {labels}", { labels: labels.length }), answerOf(labels, isOfText)),
  ];
}

/** @param {number} labels @param {boolean} isOfText  whether a label is for the whole text, and not for a token */
const logitsOf = (labels, isOfText) =>
  isOfText
    ? tn("One row for each label gives {n} logit, for the whole text.", "One row for each label gives {n} logits, for the whole text.", labels)
    : tn("One row for each label gives {n} logit, for each token.", "One row for each label gives {n} logits, for each token.", labels);

/** @param {string[]} labels @param {boolean} isOfText */
function answerOf(labels, isOfText) {
  const named = `${labels.slice(0, MOST_LABELS).join(", ")}${labels.length > MOST_LABELS ? ", …" : ""}`;
  return isOfText
    ? t("The label with the largest probability is the answer for the whole text: {labels}. Nothing is written.", { labels: named })
    : t("The label with the largest probability is the answer for each token: {labels}. Nothing is written.", { labels: named });
}

/** @returns {Box[]} the boxes of one block, in order; each sum is one */
function withinOf(drawing, block) {
  const { norm_kind: kind, layers } = drawing;
  const { shape } = kindOf(drawing, block);
  const here = t("Block {block} of 0 to {last}.", { block, last: layers - 1 });
  const beside = besideOf(shape);
  const afterSum = drawing.norms_in_stream ? t("In this model the sum itself then passes through a norm, and goes on as that.") : "";
  let next = 0;
  const boxOf = (step) => {
    if (step === "norm") return box("norm", t("Norm"), kind, all(t("It brings a copy of the vector to a common length, so that the next part can read it well."), here));
    if (step === "add") return box("add", "+", "", all(t("The result is added to the vector. What stood there before is still in the sum."), afterSum), "");
    const writer = shape.writers[next++];
    const [name, size, says] = writerSays(writer, drawing);
    return box(writer.name, name, size, all(says, beside.get(writer) ?? "", here), VIEWS[writer.name] ?? "");
  };
  return shape.steps.map((step, place) => ({ ...boxOf(step), id: `step-${place}`, block }));
}

/** @returns {Map<import("./reader.js").Writer, string>} a sentence for each writer that reads the same vector as another one */
function besideOf(shape) {
  const told = new Map();
  const sums = sumsOf(shape);
  for (const [sum, writers] of sums.entries()) {
    const others = sums.filter((_, other) => other !== sum && shape.reads[other] === shape.reads[sum]).flat();
    if (!others.length) continue;
    const parts = listed(others.map(({ name }) => WITHIN[name]));
    for (const writer of writers) told.set(writer, t("It stands beside another part of the block ({parts}): both read the same vector.", { parts }));
  }
  return told;
}

const box = (id, name, size, says, view = VIEWS[id]) => ({ id, name, size, says, view, block: null });

/** @param {Drawing} drawing @returns {string} that the parts add up, and what is counted once */
export function totalOf({ parameters, is_tied: isTied, layers }) {
  const told = tn("Together {parameters} parameters in {n} block and around them.", "Together {parameters} parameters in {n} blocks and around them.", layers, { parameters });
  return all(told, isTied ? t("Embedding and unembedding are one and the same matrix, which is counted once.") : "");
}

/**
 * @param {Drawing} drawing
 * @returns {{name: string, parameters: number, share: number, shapes: string}[]} the parts, in the order of the drawing
 */
export function rowsOf({ parts, parameters, head }) {
  const nameOf = (name) => (name === "unembedding" && head?.labels.length ? t("Label matrix") : PART_NAMES[name]);
  return parts.map(({ name, parameters: own, each, tensors }) => {
    const part = nameOf(name);
    const inBlocks = each.length ? tn("{part}, {n} block", "{part}, {n} blocks", each.filter((number) => number > 0).length, { part }) : part;
    const shapes = tensors.map(([tensor, shape]) => `${tensor} ${sizes(shape)}`).join("; ");
    return { name: inBlocks, parameters: own, share: own / parameters, shapes };
  });
}
