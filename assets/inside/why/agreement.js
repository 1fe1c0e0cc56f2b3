/** Compares what methods say about the same parts of a text. Knows numbers and names, not the page. */

import { fixed, t } from "../../common/language.js";
import { powerOfTen } from "../../common/words.js";

/**
 * Spearman's rank correlation. Equal numbers share the mean of their ranks.
 *
 * @param {number[]} one @param {number[]} other  equally long
 * @returns {number | null} 1 for the same order, −1 for the opposite one; null where there is no order to compare
 */
export function rankCorrelation(one, other) {
  const [a, b] = [centred(ranks(one)), centred(ranks(other))];
  const product = (left, right) => left.reduce((sum, value, place) => sum + value * right[place], 0);
  const spread = Math.sqrt(product(a, a) * product(b, b));
  return spread > 0 ? product(a, b) / spread : null;
}

function ranks(numbers) {
  const order = numbers.map((_, place) => place).sort((a, b) => numbers[a] - numbers[b]);
  const found = new Array(numbers.length);
  for (let start = 0; start < order.length; ) {
    let stop = start + 1;
    while (stop < order.length && numbers[order[stop]] === numbers[order[start]]) stop++;
    for (const place of order.slice(start, stop)) found[place] = (start + stop - 1) / 2;
    start = stop;
  }
  return found;
}

function centred(numbers) {
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  return numbers.map((value) => value - mean);
}

/** @param {number[]} scores @returns {number} the place of the largest */
export const topOf = (scores) => scores.indexOf(Math.max(...scores));

const MORAL = t("No method is “the” explanation: each answers another question.");

/**
 * @param {{name: string, scores: number[]}[]} answers  two or more
 * @param {string[]} parts  the parts of the text, as they are shown
 * @returns {string} whether the methods agree
 */
export function agreement(answers, parts) {
  const tops = answers.map(({ scores }) => topOf(scores));
  const named = answers.map(({ name }, place) => t("{method} names “{part}”", { method: name, part: parts[tops[place]] }));
  const isSame = tops.every((top) => top === tops[0]);
  const first = isSame
    ? t("All methods name “{part}” as what helped most.", { part: parts[tops[0]] })
    : t("The methods disagree on what helped most: {methods}.", { methods: named.join(", ") });
  const pairs = answers.flatMap((one, place) => answers.slice(place + 1).map((other) => [one, other]));
  const told = pairs.map(([one, other]) => {
    const rho = rankCorrelation(one.scores, other.scores);
    const values = { one: one.name, other: other.name };
    if (rho === null) return t("{one} and {other} have no order to compare", values);
    return t("{one} and {other} order the parts alike by ρ = {rho}", { ...values, rho: signed(rho, 2) });
  });
  const second = t("{comparisons} (rank correlation: 1 is the same order, 0 none).", { comparisons: told.join("; ") });
  return `${first} ${second} ${MORAL}`;
}

/** A number with its sign and a true minus: "+1.25", "−0.40", "0.00" */
export function signed(number, digits = 2) {
  const text = fixed(Math.abs(number), digits);
  return Number(Math.abs(number).toFixed(digits)) === 0 ? text : `${number < 0 ? "−" : "+"}${text}`;
}

/** The end of an axis, with its sign: two decimals, or a power of ten where those would be 0: "+1.25", "−7.20 · 10⁻⁶" */
export function endOfAxis(number) {
  if (number === 0 || Number(number.toFixed(2)) !== 0) return signed(number);
  return `${number < 0 ? "−" : "+"}${powerOfTen(Math.abs(number))}`;
}

/** @param {number} score @param {number} most  the largest distance from 0 @returns {number} 0 to 6, where 3 is nothing */
export function shade(score, most) {
  if (!(most > 0)) return 3;
  return 3 + Math.sign(score) * Math.min(3, Math.round((Math.abs(score) / most) * 3));
}

/** @param {readonly number[]} scores @returns {number} the largest distance from 0 */
export const furthest = (scores) => scores.reduce((most, score) => Math.max(most, Math.abs(score)), 0);
