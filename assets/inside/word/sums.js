/**
 * The numbers of the table: what the softmax makes of each logit, and what the settings make of it. Every number is the
 * one that a calculator gives from the numbers beside it. Knows numbers, not the page.
 *
 * @typedef {object} Line  one token
 * @property {number} id
 * @property {number} rank  by raw logit, from 1
 * @property {number} logit
 * @property {number} below  the logit minus the largest one
 * @property {number} weight  exp(below)
 * @property {number} share  weight / the sum of all weights
 * @property {number} changed  the logit after the penalties
 * @property {number} scaledBelow  the score after all stages, minus the largest that is left
 * @property {number} scaledWeight  exp(scaledBelow)
 * @property {number} scaledShare  scaledWeight / the sum of those that are kept, 0 if it is not kept
 * @property {string | null} removedBy  the stage that removed the token
 *
 * @typedef {object} Sums  of all tokens, and of those that have no line
 * @property {number} size  how many tokens there are
 * @property {number} largest  the largest logit
 * @property {number} sum  of all weights
 * @property {number} rest  of the weights without a line
 * @property {number} others  how many tokens have no line
 * @property {number} scaledLargest  the largest score that is left after all stages
 * @property {number} kept  how many tokens are left
 * @property {number} scaledSum  of their weights
 * @property {number} scaledRest  of the weights of those without a line
 * @property {number} keptOthers  how many of those there are
 */

import { fixed, t, tn } from "../../common/language.js";
import { count, logitText, percent, powerOfTen } from "../../common/words.js";

/**
 * @param {import("../../distribution/distribution.js").Distribution} shape
 * @param {number[]} ids  the tokens that have a line
 * @returns {{lines: Line[], sums: Sums}}
 */
export function tableOf(shape, ids) {
  const { row, curve, stretch, keptWeight } = shape;
  const [largest, scaledLargest] = [row.scores[0], curve.scores[stretch[0]]];
  const lines = ids.map((id) => {
    const { rank, place, logit, penalisedLogit, rawProbability, removedBy } = shape.candidate(id);
    const scaledBelow = shape.left.ranking.scores[place - 1] - scaledLargest;
    const share = shape.probability(id);
    return {
      id, rank, logit, removedBy,
      below: logit - largest,
      weight: Math.exp(logit - largest),
      share: rawProbability,
      changed: penalisedLogit,
      scaledBelow,
      scaledWeight: Math.exp(scaledBelow),
      scaledShare: share,
    };
  });
  const keptLines = lines.filter(({ scaledShare }) => scaledShare > 0);
  const total = (values) => values.reduce((sum, value) => sum + value, 0);
  const kept = stretch[1] - stretch[0];
  return {
    lines,
    sums: {
      size: row.order.length,
      largest,
      sum: row.totalWeight,
      rest: Math.max(0, row.totalWeight - total(lines.map(({ weight }) => weight))),
      others: row.order.length - lines.length,
      scaledLargest,
      kept,
      scaledSum: keptWeight,
      scaledRest: Math.max(0, keptWeight - total(keptLines.map(({ scaledWeight }) => scaledWeight))),
      keptOthers: kept - keptLines.length,
    },
  };
}

/** A logit with four decimals and a true minus: "−2.3106" */
export const exact = (number) => (Number.isFinite(number) ? signs(fixed(number, 4)) : logitText(number));

/** With its sign, also above 0: "+2.31" */
export const signed = (number) => `${number < 0 ? "" : "+"}${signs(fixed(number, 2))}`;

/** What exp gives, with digits enough to go on with: "0.40612", "2.06 · 10⁻⁹" */
export function expText(number) {
  if (number === 0) return "0";
  if (number >= 1e-4) return number >= 1000 ? count(Math.round(number)) : fixed(number, number >= 10 ? 4 : 6);
  return powerOfTen(number);
}

const NAMED = 3; // products in a sentence

const signs = (text) => text.replace("-", "−");

/** "+ 2.3106", "− 2.3106" */
const behindPlus = (number) => `${number < 0 ? "−" : "+"} ${exact(Math.abs(number))}`;

/** A number that stands behind a minus: in brackets if it is negative itself. */
export const behindMinus = (number) => (number < 0 ? `(${exact(number)})` : exact(number));

/**
 * The arithmetic of one line, with its numbers.
 *
 * @param {Line} line @param {Sums} sums
 * @param {import("./reader.js").Products | null} products  of the token, null until they are there
 * @param {import("./reader.js").Facts} facts
 * @returns {string[]} one sentence for each step to the model's own probability
 */
export function softmaxSteps(line, sums, products, facts) {
  if (line.logit === -Infinity) return [t("The model rules this token out: its logit is −∞, and its probability is 0.")];
  return [
    logitStep(line, products, facts),
    t(
      "Minus the largest logit: {logit} − {largest} = {below}. The same number is taken from every logit, so no probability changes, and exp stays small enough for a calculator.",
      { logit: exact(line.logit), largest: behindMinus(sums.largest), below: exact(line.below) },
    ),
    `exp(${exact(line.below)}) = ${expText(line.weight)}.`,
    tn("The same for all {n} token, and all of it added up: {sum}.", "The same for all {n} tokens, and all of it added up: {sum}.", sums.size, { sum: expText(sums.sum) }),
    t("{weight} / {sum} = {share}: the model’s own probability.", { weight: expText(line.weight), sum: expText(sums.sum), share: percent(line.share) }),
  ];
}

/** h · w with its largest products: "3.1686 + 2.2562 − 2.0899 + 10.6458 (the 573 others) = 13.9807" */
function logitStep({ logit }, products, { width, formula }) {
  if (!products) return tn("Logit: h · w = {logit}, the sum of {n} product.", "Logit: h · w = {logit}, the sum of {n} products.", width, { logit: exact(logit) });
  const named = products.largest.slice(0, NAMED).map(({ product }) => product);
  const rest = products.total - products.bias - named.reduce((sum, product) => sum + product, 0);
  const terms = [exact(named[0]), ...named.slice(1).map(behindPlus)];
  if (width > named.length) terms.push(tn("{rest} (the {n} other)", "{rest} (the {n} others)", width - named.length, { rest: behindPlus(rest) }));
  if (products.bias) terms.push(t("{value} (bias)", { value: behindPlus(products.bias) }));
  const sum = `${terms.join(" ")} = ${exact(products.total)}`;
  if (formula === "{x}") return t("Logit: h · w = {sum}.", { sum });
  return t("Logit: h · w = {sum}, and {after}.", { sum, after: `${formula.replace("{x}", exact(products.total))} = ${exact(products.after)}` });
}
