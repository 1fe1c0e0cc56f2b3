/** Top-h: keeps the most probable tokens until their terms of the entropy reach a share of it. */

const MOST = 100; // so many tokens are looked at, and the entropy is theirs

/**
 * The terms -p ln p are added from the most probable token down; the first token stays in any case.
 *
 * @type {import("../cuts.js").Cut}
 */
export function apply({ scores }, [first, last], { top_h: share }) {
  const end = Math.min(last, first + MOST);
  const weights = Array.from(scores.subarray(first, end), (score) => Math.exp(score - scores[first]));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const terms = weights.map((weight) => {
    const probability = Math.fround(weight / total);
    return Math.fround(-probability * Math.fround(Math.log(probability))); // NaN, and so removed, where float32 has 0
  });
  const entropy = Math.fround(terms.reduce((sum, term) => sum + (term || 0), 0));
  const limit = Math.fround(entropy * Math.fround(share));
  let place = 1;
  for (let held = terms[0]; place < terms.length; place++) {
    held += terms[place];
    if (!(Math.fround(held) <= limit)) break; // above it, or not a number
  }
  return [first, first + place];
}
