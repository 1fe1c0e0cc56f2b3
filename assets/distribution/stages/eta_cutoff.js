/** Eta cutoff: removes tokens below a probability that falls as the entropy grows. */

import { below, entropyNats } from "../cuts.js";

/** @type {import("../cuts.js").Cut} */
export function apply(curve, stretch, { eta_cutoff: eta }) {
  const epsilon = Math.fround(eta);
  const entropy = Math.fround(entropyNats(curve, stretch));
  return below(curve, stretch, Math.min(epsilon, Math.fround(Math.sqrt(epsilon) * Math.exp(-entropy))));
}
