/**
 * Holds which tokens of a text look at which: the two sides of its attention of one kind. Knows neither the server nor the
 * page.
 *
 * @typedef {"self" | "encoder" | "cross"} Kind  "self" is a decoder over its own text, where no token sees a later one;
 *   "encoder" is an encoder over the text that it reads, in both directions; "cross" is a decoder's text over the source
 */

/** @type {Record<Kind, {option: string, note: string, row: string, column: string, of: string}>} */
export const KINDS = {
  cross: {
    option: "cross: decoder over source",
    note:
      "A row is a token that the decoder has read, which predicts the token after it. A column is a token of the source: what the " +
      "encoder made of it is what the decoder looks at.",
    row: "row: the decoder's token that looks",
    column: "column: the source's token looked at",
    of: "cross-attention, ",
  },
  self: {
    option: "decoder: over its text",
    note: "A row is a token that the decoder has read, and looks only at itself and the tokens before it.",
    row: "row: the token that looks",
    column: "column: the token looked at",
    of: "",
  },
  encoder: {
    option: "encoder: over source",
    note: "The encoder reads the source once, and each of its tokens looks in both directions: at those before it and at those after it.",
    row: "row: the source's token that looks",
    column: "column: the source's token looked at",
    of: "encoder, ",
  },
};

/** The words of a model that is nothing but an encoder. */
const ENCODER_ONLY = {
  ...KINDS.encoder,
  note: "A row is a token, which looks at all tokens of the text: at those before it and at those after it.",
  row: "row: the token that looks",
  column: "column: the token looked at",
  of: "",
};

export class Sides {
  /** @param {import("../inside/text.js").Text} text @param {Kind} kind */
  constructor(text, kind) {
    this.text = text;
    this.kind = kind;
    this.words = text.isOfEncoder ? ENCODER_ONLY : KINDS[kind];
    /** Whether the tokens that look are those of a source, and not those of the text. */
    this.isOfSource = kind === "encoder" && !text.isOfEncoder;
    this.traceId = text.traceId;
    this.isRunning = text.isRunning;
    /** Whether no token sees a later one. */
    this.isCausal = kind === "self";
    /** The ids, and the texts, of the tokens that look. */
    this.ids = this.isOfSource ? text.sourceIds : text.ids;
    this.tokens = this.isOfSource ? text.sourceTokens : text.tokens;
    const looksAtText = this.isCausal || text.isOfEncoder;
    /** Those of the tokens looked at. */
    this.keyIds = looksAtText ? text.ids : text.sourceIds;
    this.keyTokens = looksAtText ? text.tokens : text.sourceTokens;
  }

  /** @returns {number} how many tokens look */
  get size() {
    return this.ids.length;
  }

  /** @param {number} query @returns {number} how many tokens it sees */
  seen(query) {
    return this.isCausal ? query + 1 : this.keyIds.length;
  }
}
