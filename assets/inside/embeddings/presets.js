/** Holds the words, sums and sentences that the pane begins with. In the default model each word is one token. */

import { t } from "../../common/language.js";

/**
 * @typedef {object} WordSet
 * @property {string} words  a group on each line, as a reader would write it
 * @property {[string, string]} pair  two of them, between which the angle is drawn first
 *
 * @typedef {object} Sentences
 * @property {string} word  stands in each of them
 * @property {string[]} texts  the word means the same in the first and the third, and something else in the second
 */

/** @type {Record<string, WordSet>} by the name in the list; the pane opens with the first */
export const WORD_SETS = {
  "animals and colours": {
    words: "animals: cat, dog, horse, cow, lion, tiger, wolf, bear, sheep, rabbit\ncolours: red, green, blue, yellow, black, white, purple, orange, pink, brown",
    pair: ["cat", "dog"],
  },
  "countries and capitals": {
    words:
      "countries: France, Germany, Italy, Spain, Japan, China, Russia, Egypt, Greece, England\n" +
      "capitals: Paris, Berlin, Rome, Madrid, Tokyo, Beijing, Moscow, Cairo, Athens, London",
    pair: ["France", "Paris"],
  },
  numbers: {
    words: "numbers: one, two, three, four, five, six, seven, eight, nine, ten\nordinals: first, second, third, fourth, fifth, sixth, seventh, eighth, ninth, tenth",
    pair: ["two", "three"],
  },
  royalty: {
    words: "men: king, man, prince, boy, father, son, brother, uncle, husband, actor\nwomen: queen, woman, princess, girl, mother, daughter, sister, aunt, wife, actress",
    pair: ["king", "queen"],
  },
};

/** @type {Record<string, string>} what the list calls the sets */
export const WORD_SET_NAMES = {
  "animals and colours": t("animals and colours"),
  "countries and capitals": t("countries and capitals"),
  numbers: t("numbers"),
  royalty: t("royalty"),
};

/** @type {[string, string, string][]} first − second + third; the pane opens with the first */
export const SUMS = [
  ["king", "man", "woman"],
  ["kings", "king", "queen"],
  ["bigger", "big", "small"],
  ["actor", "man", "woman"],
  ["Paris", "France", "Germany"],
];

/** The sentences that the small model which comes with the playground can read too. */
export const ORANGE = "orange: a fruit, or a colour";

/** The sentences that the translator which comes with the playground can read. */
export const PORTE = "porte: a door, or “wears”";

/** @type {Record<string, Sentences>} by the name in the list */
export const SENTENCES = {
  "bank: of a river, or for money": {
    word: "bank",
    texts: [
      "We sat down on the grassy bank of the river.",
      "She opened a savings account at the bank in town.",
      "The boat lay at the bank of the river.",
    ],
  },
  "light: of a lamp, or not heavy": {
    word: "light",
    texts: ["He turned on the light in the room.", "This bag is very light and easy to carry.", "She saw the light of the lamp."],
  },
  "spring: a season, or in a mattress": {
    word: "spring",
    texts: ["In spring the flowers bloom.", "The mattress has a broken spring inside.", "The birds come back in spring."],
  },
  [ORANGE]: {
    word: "orange",
    texts: ["I eat an apple and an orange.", "She has an orange dress.", "He eats an orange with his bread."],
  },
  [PORTE]: {
    word: "porte",
    texts: ["La porte est rouge.", "Sophie porte une chemise rouge.", "Cette porte est vieille."],
  },
  "bat: an animal, or for a ball": {
    word: "bat",
    texts: ["A bat flew out of the cave at night.", "He hit the ball with a wooden bat.", "The bat sleeps in a dark cave."],
  },
};

/** @type {Record<string, string>} what the list calls the sentences */
export const SENTENCE_NAMES = {
  "bank: of a river, or for money": t("bank: of a river, or for money"),
  "light: of a lamp, or not heavy": t("light: of a lamp, or not heavy"),
  "spring: a season, or in a mattress": t("spring: a season, or in a mattress"),
  [ORANGE]: t("orange: a fruit, or a colour"),
  [PORTE]: t("porte: a door, or “wears”"),
  "bat: an animal, or for a ball": t("bat: an animal, or for a ball"),
};
