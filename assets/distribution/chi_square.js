/**
 * Whether counted draws agree with the probabilities they were drawn by: Pearson's chi-square test of goodness of fit
 * (Pearson 1900). Pure mathematics.
 */

/** Groups that expect fewer are pooled: below it the chi-square distribution is no good approximation (Cochran 1954). */
export const LEAST_EXPECTED = 5;

/**
 * @typedef {object} Fit
 * @property {number} statistic  sum of (observed - expected)² / expected
 * @property {number} degrees  of freedom: groups - 1
 * @property {number} pValue  probability of a statistic at least as large, were the draws fair
 */

/**
 * @param {number[]} observed  counts
 * @param {number[]} expected  counts, positive, of the same sum; the largest first
 * @returns {Fit | null} null if fewer than two groups expect enough
 */
export function chiSquare(observed, expected) {
  const groups = pool(observed, expected);
  const degrees = groups.length - 1;
  if (degrees < 1) return null;
  const statistic = groups.reduce((sum, group) => sum + (group.observed - group.expected) ** 2 / group.expected, 0);
  return { statistic, degrees, pValue: upperGamma(degrees / 2, statistic / 2) };
}

/** Neighbours are put together, the rarest first, until each group expects enough. */
function pool(observed, expected) {
  const groups = [];
  let group = { observed: 0, expected: 0 };
  for (let place = expected.length - 1; place >= 0; place--) {
    group.observed += observed[place];
    group.expected += expected[place];
    if (group.expected < LEAST_EXPECTED) continue;
    groups.push(group);
    group = { observed: 0, expected: 0 };
  }
  if (groups.length && group.expected > 0) {
    groups.at(-1).observed += group.observed;
    groups.at(-1).expected += group.expected;
  }
  return groups;
}

/**
 * Q(a, x), the regularised upper incomplete gamma function (DLMF 8.2.4): by its series (8.7.1) below a + 1, else by
 * Lentz's method for its continued fraction (8.9.2).
 */
function upperGamma(a, x) {
  if (x <= 0) return 1;
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; term > sum * Number.EPSILON; n++) sum += term *= x / (a + n);
    return 1 - scale * sum;
  }
  let b = x + 1 - a;
  let c = Number.MAX_VALUE;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1, change = 0; Math.abs(change - 1) > Number.EPSILON && n < 10_000; n++) {
    const numerator = -n * (n - a);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    change = d * c;
    fraction *= change;
  }
  return scale * fraction;
}

/** ln Γ(x) for x > 0 by Stirling's series (DLMF 5.11.1), after shifting x above 10. */
function logGamma(x) {
  let shift = 0;
  for (; x < 10; x++) shift -= Math.log(x);
  const inverse = 1 / (x * x);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / x;
  return shift + (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series;
}
