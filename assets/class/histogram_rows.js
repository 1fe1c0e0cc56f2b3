/**
 * Chooses the rows of a histogram of a class's answers: which tokens, choices or tenths, in which order, and what is put
 * together in the last row. Pure.
 *
 * @typedef {object} HistogramRow
 * @property {string} text
 * @property {number} count  answers of the class
 * @property {number} share  of all answers
 * @property {number | null} model  the model's probability, null where it has none of its own
 * @property {boolean} isMarked  whether it is what happened: the answer of a choice, the place of the model's own value
 * @property {boolean} isRest  whether it stands for all others
 */

import { countOf } from "./answered.js";

/** The most rows with a token of their own. */
export const MOST = 10;
const TENTHS = Array.from({ length: 10 }, (_, tenth) => tenth);

/**
 * The class's answers and the model's most probable tokens take turns until all rows are taken. They stand in the order of
 * the model's probability.
 *
 * @param {import("./answered.js").Answered[]} answered  the most frequent first
 * @param {{order: ArrayLike<number>, kept: number, stretch: [number, number], probability: (id: number) => number, rawProbability: (id: number) => number}} shape
 * @param {(id: number) => string} textOf
 * @param {number | null} [marked]  the id of the token that happened
 * @param {number} [most]
 * @returns {HistogramRow[]}
 */
export function tokenRows(answered, shape, textOf, marked = null, most = MOST) {
  const total = countOf(answered);
  const ofClass = new Map(answered.flatMap(({ id, count }) => (id === null ? [] : [[id, count]])));
  const ofModel = Array.from({ length: Math.min(most, shape.kept) }, (_, place) => shape.order[shape.stretch[0] + place]);
  const ids = inTurns([...ofClass.keys()], ofModel, most);
  ids.sort((one, other) => shape.probability(other) - shape.probability(one) || shape.rawProbability(other) - shape.rawProbability(one));
  const row = (text, count, model, others) => ({ text, count, share: total ? count / total : 0, model, isMarked: false, isRest: false, ...others });
  const rows = ids.map((id) => row(textOf(id), ofClass.get(id) ?? 0, shape.probability(id), { isMarked: id === marked }));
  const others = total - countOf(rows);
  const isAllKept = ids.filter((id) => shape.probability(id) > 0).length === shape.kept;
  const left = isAllKept ? 0 : Math.max(0, 1 - rows.reduce((sum, { model }) => sum + model, 0));
  return isAllKept && others === 0 ? rows : [...rows, row("", others, left, { isRest: true })];
}

/** @param {number[]} one @param {number[]} other @returns {number[]} at most so many of both, each once, the first ones in turns */
function inTurns(one, other, most) {
  const found = new Set();
  for (let place = 0; place < Math.max(one.length, other.length); place++) {
    for (const ids of [one, other]) if (place < ids.length && found.size < most) found.add(ids[place]);
  }
  return [...found];
}

/**
 * @param {import("./answered.js").Result[]} results
 * @param {string[]} choices  in their order
 * @param {string | null} answer  the right one, if there is one
 * @returns {HistogramRow[]}
 */
export function choiceRows(results, choices, answer) {
  const total = countOf(results);
  return choices.map((text) => {
    const count = countOf(results.filter((result) => result.answer === text));
    return { text, count, share: total ? count / total : 0, model: null, isMarked: text === answer, isRest: false };
  });
}

/**
 * @param {import("./answered.js").Result[]} results  guesses of a bar's length, each by the lower end of its tenth of 1
 * @param {number | null} model  the length, null if it is not known
 * @param {(lower: number) => string} written  writes a tenth
 * @returns {HistogramRow[]} from 0 to 1
 */
export function tenthRows(results, model, written) {
  const total = countOf(results);
  const near = model === null ? null : Math.min(9, Math.floor(10 * model));
  return TENTHS.map((tenth) => {
    const count = countOf(results.filter(({ answer }) => Math.round(10 * Number(answer)) === tenth));
    return { text: written(tenth / 10), count, share: total ? count / total : 0, model: null, isMarked: tenth === near, isRest: false };
  });
}
