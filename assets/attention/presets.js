/**
 * Holds what each preset text shows about heads: a sentence that says what to look at, and how to find the head of the
 * current model that shows it.
 */

import { t } from "../common/language.js";

/** @type {Record<string, string>} what to look at, by the preset's name */
export const NOTES = {
  "The token before": t("Look at the strong cells beside the diagonal of the map: in this head, every token looks at the token just before it."),
  "Who has the book?": t(
    "Two readings: the teacher taught with the book, or the students have it. Look at the row of “book”: of all heads, this one " +
      "looks most at one of the two.",
  ),
  "What is “it”?": t(
    "Look at the row of “it”: what does it look at, the trophy or the suitcase? One later word differs, and so does the meaning of " +
      "“it”; but the model reads “it” before that word, so only later rows differ.",
  ),
  "Random words, twice": t("Twelve random words come twice. Look at the lower half of the map: this head looks at what followed the word the first time, which is called induction."),
  "Which word comes from which?": t(
    "Look at the row of “machine”: the decoder has read it, looks at “apprentissage”, and writes “learning”. Of all heads, this one " +
      "joins most clearly each word with one word of the source.",
  ),
  "Another order of the words": t("Look at the row of “a”, after which the model writes “red”: it looks past “pomme” at “rouge”, which comes later in French."),
  "His or her?": t("French does not say here whose house it is. Look at what the model looks at before it writes “his”."),
  "What fills the blank?": t("The blank looks at words on both sides. Of all heads, this one looks most at “France” or “capital”, which say what is missing."),
  "The token after": t("Look at the line above the diagonal: of all heads, this one looks most at the token after. A model that writes has none."),
  "Two ends of a blank": t("Look at the row of the blank: of all heads, this one looks most at “taught” or “students”, which come after it."),
  "Brackets in code": t("Look at the row of the closing brackets: of all heads, this one looks most at a bracket that they close."),
};

/** @type {Record<string, import("./telling.js").Look>} by the preset's name */
export const LOOKS = {
  "The token before": { measure: "previous", hidesFirst: false },
  "Who has the book?": { keys: ["teacher", "students"], hidesFirst: true },
  "What is “it”?": { keys: ["The trophy", "the suitcase"], hidesFirst: true },
  "Random words, twice": { measure: "induction", hidesFirst: true },
  "Which word comes from which?": { measure: "alignment", hidesFirst: true },
  "Another order of the words": { measure: "alignment", hidesFirst: true },
  "His or her?": { measure: "alignment", hidesFirst: true },
  "What fills the blank?": { keys: ["rance", "apital"], hidesFirst: true },
  "The token after": { measure: "next", hidesFirst: false },
  "Two ends of a blank": { keys: ["taught", "students"], hidesFirst: true },
  "Brackets in code": { keys: ["return (", "+ ("], hidesFirst: true },
};
