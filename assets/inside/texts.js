/**
 * Holds the preset texts. Each shows one thing that models do. Knows no model: the current model reads the texts. What a
 * pane says about a preset stands with the pane.
 *
 * @typedef {object} Preset
 * @property {string[]} texts  one, or two that are compared
 * @property {string} [query]  a piece of the first text, whose last letter the chosen token holds; without it the last one
 */

import { t } from "../common/language.js";

const BOOK = "The teacher taught the students with the book.";
const WORDS = ["lamp", "river", "seven", "glass", "horse", "paper", "cloud", "tiger", "moon", "stone", "green", "clock"];
const REPEATED = [...WORDS, ...WORDS].map((word) => ` ${word}`).join("");

/** @type {Record<string, Preset>} by the name in the list; the first pane opens with the first */
export const PRESETS = {
  "The token before": { texts: [BOOK], query: "with the" },
  "Who has the book?": { texts: [BOOK], query: "the book" },
  "What is “it”?": {
    texts: [
      "The trophy does not fit into the suitcase because it is too large.",
      "The trophy does not fit into the suitcase because it is too small.",
    ],
    query: "because it",
  },
  "Random words, twice": { texts: [REPEATED] },
  "Brackets in code": { texts: ["def area(box):\n    return (box[0] + (box[2] * 2)) * box[1]\n"], query: "2))" },
};

/** @type {Record<string, Preset>} those for a model with an encoder, which reads them; `query` is a piece of what it writes */
export const SOURCE_PRESETS = {
  "Which word comes from which?": { texts: ["J'aime l'apprentissage automatique."], query: "I love machine" },
  "Another order of the words": { texts: ["La petite fille mange une pomme rouge."], query: "a red" },
  "His or her?": { texts: ["Il aime sa maison."], query: "He loves" },
};

/** @type {Record<string, Preset>} those for an encoder-only model, in which a token also sees what comes after it */
export const ENCODER_PRESETS = {
  "What fills the blank?": { texts: ["The capital of France is ___."] },
  "The token after": { texts: [BOOK], query: "with the" },
  "Two ends of a blank": { texts: ["The ___ taught the students with the book."] },
};

/** @type {Record<string, Preset>} those for an encoder-only model that gives a label to a whole text */
export const LABEL_PRESETS = {
  "What turns the label?": { texts: ["The film is not good."] },
  "Two opinions": { texts: ["This film is boring, but the music is wonderful."] },
};

/** @type {Record<string, string>} what the list calls the presets */
export const PRESET_NAMES = {
  "The token before": t("The token before"),
  "Who has the book?": t("Who has the book?"),
  "What is “it”?": t("What is “it”?"),
  "Random words, twice": t("Random words, twice"),
  "Brackets in code": t("Brackets in code"),
  "Which word comes from which?": t("Which word comes from which?"),
  "Another order of the words": t("Another order of the words"),
  "His or her?": t("His or her?"),
  "What fills the blank?": t("What fills the blank?"),
  "The token after": t("The token after"),
  "Two ends of a blank": t("Two ends of a blank"),
  "What turns the label?": t("What turns the label?"),
  "Two opinions": t("Two opinions"),
};

/**
 * @param {string[]} tokens  as they are shown, with "·" for a space
 * @param {string} piece
 * @returns {number} the index of the token with the last letter of the piece's last occurrence, -1 if there is none
 */
export function tokenAt(tokens, piece) {
  const start = tokens.join("").replaceAll("·", " ").lastIndexOf(piece);
  if (start < 0) return -1;
  let end = 0;
  return tokens.findIndex((token) => {
    end += token.length;
    return end >= start + piece.length;
  });
}

/** @param {import("./text.js").Text} text  the first one of a preset @param {string} preset @returns {number} the token that the preset chooses, else the first blank or the last token */
export function queryIn({ tokens, size, masks }, preset) {
  const piece = (PRESETS[preset] ?? SOURCE_PRESETS[preset] ?? ENCODER_PRESETS[preset])?.query;
  const found = piece ? tokenAt(tokens, piece) : -1;
  return found < 0 ? (masks?.[0] ?? size - 1) : found;
}
