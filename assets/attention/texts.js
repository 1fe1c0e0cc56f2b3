/** Holds the preset texts. Each shows one thing that heads do. Knows no model: the current model reads the texts. */

const WORDS = ["lamp", "river", "seven", "glass", "horse", "paper", "cloud", "tiger", "moon", "stone", "green", "clock"];
const REPEATED = [...WORDS, ...WORDS].map((word) => ` ${word}`).join("");

/** @type {Record<string, {texts: string[], note: string}>} by the name in the list; two texts are compared */
export const PRESETS = {
  "Who has the book?": {
    texts: ["The teacher taught the students with the book."],
    note: "Two readings: the teacher taught with the book, or the students have it. Choose “book” and see which the heads turn to.",
  },
  "What is “it”?": {
    texts: [
      "The trophy does not fit into the suitcase because it is too large.",
      "The trophy does not fit into the suitcase because it is too small.",
    ],
    note: "One word differs, and so does the meaning of “it”. The model reads “it” before that word, so only later rows can differ.",
  },
  "Random words, twice": {
    texts: [REPEATED],
    note: "Twelve random words, then the same words again. An induction head looks at what followed the word the first time.",
  },
  "Brackets in code": {
    texts: ["def area(box):\n    return (box[0] + (box[2] * 2)) * box[1]\n"],
    note: "Choose a closing bracket and look for a head that finds the one it closes.",
  },
};
