/**
 * Holds which tokens of a text look at which: the two sides of its attention of one kind. Knows neither the server nor the
 * page.
 *
 * @typedef {"self" | "encoder" | "cross"} Kind  "self" is a decoder over its own text, where no token sees a later one;
 *   "encoder" is an encoder over the text that it reads, in both directions; "cross" is a decoder's text over the source
 */

import { t } from "../common/language.js";

/** @type {Record<Kind, {option: string, note: string, row: string, column: string, named: (name: string) => string}>} `named` puts the kind before what a map is of */
export const KINDS = {
  cross: {
    option: t("cross: decoder over source"),
    note: t(
      "A row is a token that the decoder has read, which predicts the token after it. A column is a token of the source: what the " +
        "encoder made of it is what the decoder looks at.",
    ),
    row: t("row: the decoder's token that looks"),
    column: t("column: the source's token looked at"),
    named: (name) => t("cross-attention, {name}", { name }),
  },
  self: {
    option: t("decoder: over its text"),
    note: t("A row is a token that the decoder has read, and looks only at itself and the tokens before it."),
    row: t("row: the token that looks"),
    column: t("column: the token looked at"),
    named: (name) => name,
  },
  encoder: {
    option: t("encoder: over source"),
    note: t("The encoder reads the source once, and each of its tokens looks in both directions: at those before it and at those after it."),
    row: t("row: the source's token that looks"),
    column: t("column: the source's token looked at"),
    named: (name) => t("encoder, {name}", { name }),
  },
};

/** The words of a model that is nothing but an encoder. */
const ENCODER_ONLY = {
  ...KINDS.encoder,
  note: t("A row is a token, which looks at all tokens of the text: at those before it and at those after it."),
  row: t("row: the token that looks"),
  column: t("column: the token looked at"),
  named: (name) => name,
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
