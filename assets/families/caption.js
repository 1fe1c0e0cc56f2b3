/**
 * Says in plain words what the tables of the families show, each family in one sentence. Knows answers, not the page.
 *
 * @typedef {object} Answered
 * @property {string} family  as in a model's facts
 * @property {string} model  its name
 * @property {import("./column.js").Answer} answer
 */

import { t, tn } from "../common/language.js";

/** @param {readonly Answered[]} answers  of the models that have answered @returns {string} */
export const captionOf = (answers) => answers.map((one) => SENTENCES[one.family](one)).join(" ");

/** @type {Record<string, (answered: Answered) => string>} by the family */
const SENTENCES = {
  encoder: ({ model, answer: { guesses, reads } }) => {
    const all = guesses.filter((guess) => guess !== null).length;
    const right = guesses.filter((guess, place) => guess?.word === reads[place]).length;
    return t("{model} sees both sides of a hidden token, and guesses {right} of {all} right.", { model, right, all });
  },
  "encoder-decoder": ({ model, answer }) => {
    const [token, source] = strongestPair(answer).map(plain);
    if (token === undefined) return t("{model} reads the whole source, and ends without a word of its own.", { model });
    return t("Before {model} writes ‘{token}’, it looks most at ‘{source}’ in what it read.", { model, token, source });
  },
  decoder: ({ model, answer: { reads } }) =>
    tn(
      "{model} reads {n} token, which sees itself alone; what it writes comes after.",
      "In {model} the first of {n} tokens sees itself alone and the last one sees all of them; what it writes comes after.",
      reads.length,
      { model },
    ),
};

/** @returns {string[]} the written token whose place looks most at one token of the source, and that one; [] if none is written */
function strongestPair({ reads, writes, weights }) {
  let best = { weight: -1, pair: [] };
  for (let place = 0; place + 1 < writes.length; place++) {
    for (const [key, token] of reads.entries()) {
      const weight = weights[reads.length + place][key];
      if (weight > best.weight) best = { weight, pair: [writes[place + 1], token] };
    }
  }
  return best.pair;
}

/** @param {string} token  as the page shows it */
const plain = (token) => token.replaceAll("·", " ").trim();
