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

import { count, plural } from "../../common/words.js";

/** Which view shows a part; it is opened only where the page has it. */
const VIEWS = {
  ids: "inside/tokens", embedding: "inside/embeddings", positions: "inside/positions", norm: "inside/layers",
  attention: "inside/attention", feed_forward: "inside/word", unembedding: "inside/word", softmax: "inside/word",
  chain: "decode", token: "decode",
};

/** What the parts with parameters are called in the table. */
export const PART_NAMES = {
  embedding: "Embedding",
  positions: "Position vectors",
  norms: "Norms of the blocks",
  attention: "Attention",
  feed_forward: "Feed-forward",
  norm: "Last norm",
  unembedding: "Unembedding",
  other: "Other parts",
};

/** 28311552 -> "28.3 M" */
export function short(number) {
  const [unit, name] = [[1e9, " B"], [1e6, " M"], [1e3, " k"]].find(([size]) => number >= size) ?? [1, ""];
  return `${Number((number / Number(unit)).toPrecision(3))}${name}`;
}

/** @param {Drawing} drawing @param {string} name @returns {import("./reader.js").Part | undefined} */
export const partOf = (drawing, name) => drawing.parts.find((part) => part.name === name);

/**
 * Returns the boxes before the blocks, those inside of one block, and those after the blocks.
 *
 * @param {Drawing} drawing @param {number} block  the one that is opened @param {number} tokens  those of the text, 0 for no text
 * @returns {{before: Box[], within: Box[], after: Box[]}}
 */
export function boxesOf(drawing, block, tokens) {
  const { vocabulary, width, is_tied: isTied } = drawing;
  const matrix = `${count(vocabulary)} × ${count(width)}`;
  const before = [
    box("ids", "Token ids", tokens ? plural(tokens, "number") : "", "The tokeniser cuts the text into tokens and writes the number of each."),
    box("embedding", "Embedding", matrix, `A table with one row of ${count(width)} numbers for each of the ${count(vocabulary)} tokens. The row of a token is its first vector.`),
  ];
  const table = partOf(drawing, "positions");
  if (table) {
    before.push(box("positions", "Positions", table.tensors[0][1].map(count).join(" × "), "A table with one row for each place in the text. It is added to the token’s vector, so that order counts."));
  }
  const flat = isTied ? "The embedding’s own table is used once more: " : "";
  const after = [
    box("norm", "Last norm", `${count(width)} numbers`, "It brings the last vector to a common length before it is compared with the tokens."),
    box("unembedding", "Unembedding", matrix, `${flat}The last vector is multiplied with one row for each token. That gives ${count(vocabulary)} logits, one score for each token.`),
    box("softmax", "Softmax", `${count(vocabulary)} shares`, "It turns the logits into probabilities that sum to 1."),
    box("chain", "Chain", "your settings", "Temperature, top-k, top-p and the other settings change the probabilities, in this order."),
    box("token", "Token", "one id", "One token is drawn. Its id is added to the text, and everything begins again with one token more."),
  ];
  return { before, within: withinOf(drawing, block), after };
}

/** @returns {Box[]} the boxes of one block, in order; each sum is one */
function withinOf(drawing, block) {
  const { heads, key_value_heads: shared, neurons, width, steps, norm_kind: kind, layers } = drawing;
  const here = ` Block ${block} of 0 to ${layers - 1}.`;
  const fewer = shared < heads ? `, which share ${plural(shared, "set")} of keys and values` : "";
  const made = {
    norm: () => box("norm", "Norm", kind, `It brings a copy of the vector to a common length, so that the next part can read it well.${here}`),
    attention: () => box("attention", "Attention", plural(heads, "head"), `${plural(heads, "head")}${fewer}. Each head reads earlier tokens in its own way and adds what it found.${here}`),
    feed_forward: () => box("feed_forward", "Feed-forward", neurons ? plural(neurons, "neuron") : "", `It works on each token alone: ${neurons ? `${count(width)} → ${count(neurons)} → ${count(width)} numbers` : "no other token is read"}. Much of what a model knows is found here.${here}`),
    add: () => box("add", "+", "", "The result is added to the vector. What stood there before is still in the sum.", ""),
  };
  return steps.map((step, place) => ({ ...made[step](), id: `${step}-${place}`, block }));
}

const box = (id, name, size, says, view = VIEWS[id]) => ({ id, name, size, says, view, block: null });

/** @param {Drawing} drawing @returns {string} that the parts add up, and what is counted once */
export function totalOf({ parameters, is_tied: isTied, layers }) {
  const tied = isTied ? " Embedding and unembedding are one and the same matrix, which is counted once." : "";
  return `Together ${count(parameters)} parameters in ${plural(layers, "block")} and around them.${tied}`;
}

/**
 * @param {Drawing} drawing
 * @returns {{name: string, parameters: number, share: number, shapes: string}[]} the parts, in the order of the drawing
 */
export function rowsOf({ parts, parameters, layers }) {
  return parts.map(({ name, parameters: own, each, tensors }) => {
    const inBlocks = each.length ? `, ${plural(layers, "block")}` : "";
    const shapes = tensors.map(([tensor, shape]) => `${tensor} ${shape.map(count).join(" × ")}`).join("; ");
    return { name: `${PART_NAMES[name]}${inBlocks}`, parameters: own, share: own / parameters, shapes };
  });
}
