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

import { count, listed, plural } from "../../common/words.js";
import { kindOf, sumsOf } from "./kinds.js";

/** Which view shows a part; it is opened only where the page has it. */
const VIEWS = {
  ids: "inside/tokens", embedding: "inside/embeddings", positions: "inside/positions", norm: "inside/layers",
  attention: "inside/attention", cross_attention: "inside/attention", feed_forward: "inside/word", experts: "inside/word", unembedding: "inside/word", softmax: "inside/word",
  chain: "decode", token: "decode", head: "inside/layers", answer: "fill",
};

/** What the parts with parameters are called in the table. */
export const PART_NAMES = {
  embedding: "Embedding",
  positions: "Position vectors",
  token_types: "Vectors of token types",
  embedding_norm: "Norm of the embedding",
  encoder: "Encoder",
  cross_attention: "Cross-attention",
  norms: "Norms of the blocks",
  attention: "Attention",
  linear_attention: "Linear attention",
  state_space: "State spaces",
  convolution: "Convolutions",
  mixer: "Mixers of another kind",
  feed_forward: "Feed-forward",
  experts: "Mixtures of experts",
  rest: "Other parts of the blocks",
  norm: "Last norm",
  head: "Head before its last matrix",
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
  const { vocabulary, width } = drawing;
  const matrix = sizes(partOf(drawing, "embedding").tensors[0][1]);
  const before = [
    box("ids", "Token ids", tokens ? plural(tokens, "number") : "", "The tokeniser cuts the text into tokens and writes the number of each."),
    box("embedding", "Embedding", matrix, `A table with one row of ${count(width)} numbers for each of the ${count(vocabulary)} tokens. The row of a token is its first vector.`),
  ];
  const table = partOf(drawing, "positions");
  if (table) {
    before.push(box("positions", "Positions", sizes(table.tensors[0][1]), `A table with one row for each place in the text. It is added to the token’s vector, so that order counts.${enteringWords(drawing)}`));
  }
  const after = drawing.head ? headBoxes(drawing, drawing.head) : [
    ...(drawing.norms_in_stream ? [] : [box("norm", "Last norm", `${count(width)} numbers`, "It brings the last vector to a common length before it is compared with the tokens.")]),
    unembeddingOf(drawing, "The last vector"),
    box("softmax", "Softmax", `${count(vocabulary)} shares`, SHARES),
    box("chain", "Chain", "your settings", "Temperature, top-k, top-p and the other settings change the probabilities, in this order."),
    box("token", "Token", "one id", "One token is drawn. Its id is added to the text, and everything begins again with one token more."),
  ];
  return { before, within: withinOf(drawing, block), after };
}

const SHARES = "It turns the logits into probabilities that sum to 1.";

/** @param {Drawing} drawing @returns {string} what else is added to a token’s vector before the first block, "" for nothing */
function enteringWords(drawing) {
  const types = partOf(drawing, "token_types") ? " A vector of the token type is added too; it is the same for all tokens of one text." : "";
  return `${types}${partOf(drawing, "embedding_norm") ? " The sum passes through a norm." : ""}`;
}

/** @param {Drawing} drawing @param {string} vector  what is multiplied */
function unembeddingOf(drawing, vector) {
  const { is_tied: isTied, vocabulary } = drawing;
  const { tensors } = (isTied ? undefined : partOf(drawing, "unembedding")) ?? partOf(drawing, "embedding");
  const [, shape] = tensors.find(([, lengths]) => lengths.length === 2) ?? tensors[0];
  const flat = isTied ? "The embedding’s own table is used once more: " : "";
  return box("unembedding", "Unembedding", sizes(shape), `${flat}${vector} is multiplied with one row for each token. That gives ${count(vocabulary)} logits, one score for each token.`);
}

const MOST_LABELS = 8; // that are named
const READS = {
  each: "It reads the vector of each token on its own.",
  first: "It reads the vector of the first token alone, which stands for the whole text.",
  all: "It reads one vector that is made of all tokens’ vectors.",
};

/** @param {Drawing} drawing @param {import("./reader.js").Head} head @returns {Box[]} the boxes behind the blocks of an encoder-only model */
function headBoxes(drawing, { task, reads, steps, labels }) {
  const norm = partOf(drawing, "norm") ? [box("norm", "Last norm", `${count(drawing.width)} numbers`, "It brings the last vector of each token to a common length before the head reads it.")] : [];
  const does = steps.map(({ name, given, made }) => (name === "norm" ? "a norm" : `a matrix of ${count(made)} × ${count(given)}`));
  const size = steps.length ? `${count(steps[0].given)} → ${count(steps.at(-1).made)}` : "";
  const head = steps.length ? [box("head", "Head", size, `${READS[reads]} Before its last matrix it has ${listed(does)}, with a function that bends the numbers behind a matrix.`, task === "fill-mask" ? VIEWS.head : "")] : [];
  if (task === "fill-mask") {
    return [
      ...norm, ...head,
      unembeddingOf(drawing, steps.length ? "What the head has made of a token’s vector" : "A token’s last vector"),
      box("softmax", "Softmax", `${count(drawing.vocabulary)} shares`, SHARES),
      box("answer", "Blank", "one word", "The probabilities at the place of a mask say which word fits there. The settings cut them, and a word is chosen. Nothing is written on: the text keeps its length."),
    ];
  }
  const per = task === "text-classification" ? "for the whole text" : "for each token";
  const matrix = `${count(labels.length)} × ${count(steps.at(-1)?.made ?? drawing.width)}`;
  return [
    ...norm, ...head,
    box("unembedding", "Label matrix", matrix, `One row for each label gives ${plural(labels.length, "logit")}, ${per}.${steps.length ? "" : ` ${READS[reads]}`}`, ""),
    box("softmax", "Softmax", plural(labels.length, "share"), SHARES, ""),
    box("answer", "Label", `one of ${count(labels.length)}`, `The label with the largest probability is the answer ${per}: ${labels.slice(0, MOST_LABELS).join(", ")}${labels.length > MOST_LABELS ? ", …" : ""}. Nothing is written.`),
  ];
}

/** @returns {Box[]} the boxes of one block, in order; each sum is one */
function withinOf(drawing, block) {
  const { norm_kind: kind, layers } = drawing;
  const { shape } = kindOf(drawing, block);
  const here = ` Block ${block} of 0 to ${layers - 1}.`;
  const beside = besideOf(shape);
  const afterSum = drawing.norms_in_stream ? " In this model the sum itself then passes through a norm, and goes on as that." : "";
  let next = 0;
  const boxOf = (step) => {
    if (step === "norm") return box("norm", "Norm", kind, `It brings a copy of the vector to a common length, so that the next part can read it well.${here}`);
    if (step === "add") return box("add", "+", "", `The result is added to the vector. What stood there before is still in the sum.${afterSum}`, "");
    const writer = shape.writers[next++];
    const [name, size, says] = WRITERS[writer.name](writer, drawing);
    return box(writer.name, name, size, `${says}${beside.get(writer) ?? ""}${here}`, VIEWS[writer.name] ?? "");
  };
  return shape.steps.map((step, place) => ({ ...boxOf(step), id: `step-${place}`, block }));
}

const NOT_SEEN = "It has no attention weights to draw.";

/** For each writer its name, a short line and what it does. */
const WRITERS = {
  attention({ reach, is_chunked: isChunked, is_borrowing: isBorrowing }, { heads, key_value_heads: shared, head }) {
    const texts = head ? "the tokens before and after its own" : "earlier tokens";
    const fewer = shared < heads ? `, which share ${plural(shared, "set")} of keys and values` : "";
    const far = reach === null ? "" : isChunked ? ` The text is cut into chunks of ${plural(reach, "token")}, and a token sees only its own chunk.` : head ? ` A token sees only the ${plural(reach, "token")} before it and as many after it.` : ` A token sees only the last ${plural(reach, "token")}.`;
    const borrowed = isBorrowing ? " This block makes no keys and values: it uses those of an earlier block." : "";
    return ["Attention", plural(heads, "head"), `${plural(heads, "head")}${fewer}. Each head reads ${texts} in its own way and adds what it found.${far}${borrowed}`];
  },
  linear_attention: ({ kind, state }) => ["Linear attention", sizes(state), `It mixes the positions: ${stateWords(state)} ${NOT_SEEN} Its class is ${kind}.`],
  state_space: ({ kind, variant, state }) => ["State space", variant, `A state space of the kind ${variant}. It mixes the positions: ${stateWords(state)} ${NOT_SEEN} Its class is ${kind}.`],
  convolution: ({ kind, reach }) => ["Convolution", plural(reach, "token"), `It mixes the positions: each number of a token becomes a weighted sum over the last ${plural(reach, "token")}, this one among them. ${NOT_SEEN} Its class is ${kind}.`],
  mixer: ({ kind }) => ["Mixer", "not known", `It mixes the positions in a way that is not known here. ${NOT_SEEN} Its class is ${kind}.`],
  cross_attention: (_, { heads }) => ["Cross-attention", plural(heads, "head"), `${plural(heads, "head")}. Each head reads what the encoder made of the source’s tokens, and adds what it found.`],
  feed_forward: ({ neurons }, { width }) => ["Feed-forward", neurons ? plural(neurons, "neuron") : "", `It works on each token alone: ${neurons ? `${count(width)} → ${count(neurons)} → ${count(width)} numbers` : "no other token is read"}. Much of what a model knows is found here.`],
  experts({ experts, chosen }) {
    const all = experts === null ? "several" : count(experts);
    const size = experts === null ? "" : chosen === null ? count(experts) : `${count(chosen)} of ${count(experts)}`;
    return ["Experts", size, `A mixture of experts. It works on each token alone: a router chooses ${chosen === null ? "some" : count(chosen)} of ${all} feed-forwards for a token, and what they write is summed.`];
  },
};

const sizes = (shape) => shape.map(count).join(" × ");
const stateWords = (state) => `each token changes a state of ${sizes(state)} numbers, which stands for all tokens so far and does not grow with the text.`;

/** @returns {Map<import("./reader.js").Writer, string>} a sentence for each writer that reads the same vector as another one */
function besideOf(shape) {
  const told = new Map();
  const sums = sumsOf(shape);
  for (const [sum, writers] of sums.entries()) {
    const others = sums.filter((_, other) => other !== sum && shape.reads[other] === shape.reads[sum]).flat();
    if (!others.length) continue;
    const names = listed(others.map(({ name }) => PART_NAMES[name].toLowerCase()));
    for (const writer of writers) told.set(writer, ` It stands beside another part of the block (${names}): both read the same vector.`);
  }
  return told;
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
export function rowsOf({ parts, parameters, head }) {
  const nameOf = (name) => (name === "unembedding" && head?.labels.length ? "Label matrix" : PART_NAMES[name]);
  return parts.map(({ name, parameters: own, each, tensors }) => {
    const inBlocks = each.length ? `, ${plural(each.filter((number) => number > 0).length, "block")}` : "";
    const shapes = tensors.map(([tensor, shape]) => `${tensor} ${sizes(shape)}`).join("; ");
    return { name: `${nameOf(name)}${inBlocks}`, parameters: own, share: own / parameters, shapes };
  });
}
