/** Epsilon cutoff: removes tokens below a probability. */

import { below, weightOf } from "../cuts.js";

/** @type {import("../cuts.js").Cut} */
export const apply = (curve, stretch, { epsilon_cutoff: epsilon }) => below(curve, stretch, Math.fround(epsilon));

/** @type {import("../cuts.js").ValueAt} */
export const valueAt = (curve, entered, n) => curve.weights[n - 1] / weightOf(curve, entered);
