/**
 * Says what the parts of a block are called and what each does that adds to the residual stream. Knows no element of the page.
 *
 * @typedef {import("./reader.js").Drawing} Drawing
 * @typedef {import("./reader.js").Writer} Writer
 * @typedef {[name: string, size: string, says: string]} Said  its name, a short line and what it does
 */

import { count, t, tn } from "../../common/language.js";

/** What the parts are called in the middle of a sentence. @type {Record<string, string>} */
export const WITHIN = {
  cross_attention: t("cross-attention"),
  attention: t("attention"),
  linear_attention: t("linear attention"),
  state_space: t("state spaces"),
  convolution: t("convolutions"),
  mixer: t("mixers of another kind"),
  feed_forward: t("feed-forward"),
  experts: t("mixtures of experts"),
};

/** @type {Record<string, (writer: Writer, drawing: Drawing) => Said>} */
const WRITERS = {
  attention: (writer, drawing) => [t("Attention"), heads(drawing), attention(writer, drawing)],
  linear_attention: ({ kind, state }) => [
    t("Linear attention"),
    sizes(state),
    t("It mixes the positions: each token changes a state of {state} numbers, which stands for all tokens so far and does not grow with the text. It has no attention weights to draw. Its class is {kind}.", { state: sizes(state), kind }),
  ],
  state_space: ({ kind, variant, state }) => [
    t("State space"),
    variant,
    t("A state space of the kind {variant}. It mixes the positions: each token changes a state of {state} numbers, which stands for all tokens so far and does not grow with the text. It has no attention weights to draw. Its class is {kind}.", { variant, state: sizes(state), kind }),
  ],
  convolution: ({ kind, reach }) => [
    t("Convolution"),
    tn("{n} token", "{n} tokens", reach),
    tn(
      "It mixes the positions: each number of a token becomes a weighted sum over the last {n} token, this one among them. It has no attention weights to draw. Its class is {kind}.",
      "It mixes the positions: each number of a token becomes a weighted sum over the last {n} tokens, this one among them. It has no attention weights to draw. Its class is {kind}.",
      reach,
      { kind },
    ),
  ],
  mixer: ({ kind }) => [
    t("Mixer"),
    t("not known"),
    t("It mixes the positions in a way that is not known here. It has no attention weights to draw. Its class is {kind}.", { kind }),
  ],
  cross_attention: (_, drawing) => [
    t("Cross-attention"),
    heads(drawing),
    tn(
      "{n} head. Each head reads what the encoder made of the source’s tokens, and adds what it found.",
      "{n} heads. Each head reads what the encoder made of the source’s tokens, and adds what it found.",
      drawing.heads,
    ),
  ],
  feed_forward: ({ neurons }, { width }) => [
    t("Feed-forward"),
    neurons ? tn("{n} neuron", "{n} neurons", neurons) : "",
    neurons
      ? t("It works on each token alone: {width} → {neurons} → {width} numbers. Much of what a model knows is found here.", { width, neurons })
      : t("It works on each token alone: no other token is read. Much of what a model knows is found here."),
  ],
  experts: ({ experts, chosen }) => [t("Experts"), expertsSize(experts, chosen), expertsSay(experts, chosen)],
};

/** @param {Writer} writer @param {Drawing} drawing @returns {Said} */
export const writerSays = (writer, drawing) => WRITERS[writer.name](writer, drawing);

/** @param {readonly number[]} shape @returns {string} "5,000 × 8" */
export const sizes = (shape) => shape.map(count).join(" × ");

const heads = (drawing) => tn("{n} head", "{n} heads", drawing.heads);

/** What an attention does, in sentences. @param {Writer} writer @param {Drawing} drawing */
function attention({ reach, is_chunked: isChunked, is_borrowing: isBorrowing }, drawing) {
  const { heads: all, key_value_heads: shared, head } = drawing;
  const own =
    shared < all
      ? tn("{heads}, which share {n} set of keys and values.", "{heads}, which share {n} sets of keys and values.", shared, { heads: heads(drawing) })
      : tn("{n} head.", "{n} heads.", all);
  const reads = head
    ? t("Each head reads the tokens before and after its own in its own way and adds what it found.")
    : t("Each head reads earlier tokens in its own way and adds what it found.");
  const borrowed = isBorrowing ? t("This block makes no keys and values: it uses those of an earlier block.") : "";
  return [own, reads, reach === null ? "" : reachWords(reach, isChunked, Boolean(head)), borrowed].filter(Boolean).join(" ");
}

/** How far a token sees. */
function reachWords(reach, isChunked, isOfEncoder) {
  if (isChunked) {
    return tn(
      "The text is cut into chunks of {n} token, and a token sees only its own chunk.",
      "The text is cut into chunks of {n} tokens, and a token sees only its own chunk.",
      reach,
    );
  }
  if (isOfEncoder) return tn("A token sees only the {n} token before it and as many after it.", "A token sees only the {n} tokens before it and as many after it.", reach);
  return tn("A token sees only the last {n} token.", "A token sees only the last {n} tokens.", reach);
}

/** @param {number | null} experts @param {number | null} chosen */
function expertsSize(experts, chosen) {
  if (experts === null) return "";
  return chosen === null ? count(experts) : t("{chosen} of {experts}", { chosen, experts });
}

/** @param {number | null} experts @param {number | null} chosen */
function expertsSay(experts, chosen) {
  if (chosen !== null && experts !== null) {
    return t("A mixture of experts. It works on each token alone: a router chooses {chosen} of {experts} feed-forwards for a token, and what they write is summed.", { chosen, experts });
  }
  if (experts !== null) return t("A mixture of experts. It works on each token alone: a router chooses some of {experts} feed-forwards for a token, and what they write is summed.", { experts });
  if (chosen !== null) return t("A mixture of experts. It works on each token alone: a router chooses {chosen} of several feed-forwards for a token, and what they write is summed.", { chosen });
  return t("A mixture of experts. It works on each token alone: a router chooses some of several feed-forwards for a token, and what they write is summed.");
}
