/**
 * Holds the preset texts. Each shows one thing that heads do, and says what to look at. Knows no model: the current model
 * reads the texts, and `telling.js` finds the head of that model.
 *
 * @typedef {object} Preset
 * @property {string[]} texts  one, or two that are compared
 * @property {string} note  what to look at
 * @property {import("./telling.js").Look} look
 */

const BOOK = "The teacher taught the students with the book.";
const WORDS = ["lamp", "river", "seven", "glass", "horse", "paper", "cloud", "tiger", "moon", "stone", "green", "clock"];
const REPEATED = [...WORDS, ...WORDS].map((word) => ` ${word}`).join("");

/** @type {Record<string, Preset>} by the name in the list; the tab opens with the first */
export const PRESETS = {
  "The token before": {
    texts: [BOOK],
    note: "Look at the strong cells beside the diagonal of the map: in this head, every token looks at the token just before it.",
    look: { query: "with the", measure: "previous", hidesFirst: false },
  },
  "Who has the book?": {
    texts: [BOOK],
    note:
      "Two readings: the teacher taught with the book, or the students have it. Look at the row of “book”: of all heads, this one " +
      "looks most at one of the two.",
    look: { query: "the book", keys: ["teacher", "students"], hidesFirst: true },
  },
  "What is “it”?": {
    texts: [
      "The trophy does not fit into the suitcase because it is too large.",
      "The trophy does not fit into the suitcase because it is too small.",
    ],
    note:
      "Look at the row of “it”: what does it look at, the trophy or the suitcase? One later word differs, and so does the meaning of " +
      "“it”; but the model reads “it” before that word, so only later rows differ.",
    look: { query: "because it", keys: ["The trophy", "the suitcase"], hidesFirst: true },
  },
  "Random words, twice": {
    texts: [REPEATED],
    note: "Twelve random words come twice. Look at the lower half of the map: this head looks at what followed the word the first time, which is called induction.",
    look: { measure: "induction", hidesFirst: true },
  },
  "Brackets in code": {
    texts: ["def area(box):\n    return (box[0] + (box[2] * 2)) * box[1]\n"],
    note: "Look at the row of the closing brackets: of all heads, this one looks most at a bracket that they close.",
    look: { query: "2))", keys: ["return (", "+ ("], hidesFirst: true },
  },
};
