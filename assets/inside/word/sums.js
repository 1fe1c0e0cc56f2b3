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
export const exact = (number) => (Number.isFinite(number) ? signs(number.toFixed(4)) : logitText(number));

/** With its sign, also above 0: "+2.31" */
export const signed = (number) => `${number < 0 ? "" : "+"}${signs(number.toFixed(2))}`;

/** What exp gives, with digits enough to go on with: "0.40612", "2.06 · 10⁻⁹" */
export function expText(number) {
  if (number === 0) return "0";
  if (number >= 1e-4) return number >= 1000 ? count(Math.round(number)) : String(number.toFixed(number >= 10 ? 4 : 6));
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
  if (line.logit === -Infinity) return ["The model rules this token out: its logit is −∞, and its probability is 0."];
  return [
    logitStep(line, products, facts),
    `Minus the largest logit: ${exact(line.logit)} − ${behindMinus(sums.largest)} = ${exact(line.below)}. ` +
      "The same number is taken from every logit, so no probability changes, and exp stays small enough for a calculator.",
    `exp(${exact(line.below)}) = ${expText(line.weight)}.`,
    `The same for all ${count(sums.size)} tokens, and all of it added up: ${expText(sums.sum)}.`,
    `${expText(line.weight)} / ${expText(sums.sum)} = ${percent(line.share)}: the model’s own probability.`,
  ];
}

/** h · w with its largest products: "3.1686 + 2.2562 − 2.0899 + 10.6458 (the 573 others) = 13.9807" */
function logitStep({ logit }, products, { width, formula }) {
  if (!products) return `Logit: h · w = ${exact(logit)}, the sum of ${count(width)} products.`;
  const named = products.largest.slice(0, NAMED).map(({ product }) => product);
  const rest = products.total - products.bias - named.reduce((sum, product) => sum + product, 0);
  const terms = [exact(named[0]), ...named.slice(1).map(behindPlus)];
  if (width > named.length) terms.push(`${behindPlus(rest)} (the ${count(width - named.length)} others)`);
  if (products.bias) terms.push(`${behindPlus(products.bias)} (bias)`);
  const last = formula === "{x}" ? "" : `, and ${formula.replace("{x}", exact(products.total))} = ${exact(products.after)}`;
  return `Logit: h · w = ${terms.join(" ")} = ${exact(products.total)}${last}.`;
}
