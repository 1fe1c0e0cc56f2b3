/** Knows which stages a page without a server can compute: those that need no model and no tokenizer for what a reader types. */

import { STAGES } from "../distribution/stages/all.js";

/** @param {import("../distribution/stages/all.js").Stage} stage */
export const isComputedHere = ({ kind, isServed, parameters: [first] }) => kind !== "constraint" && kind !== "watermark" && !isServed && !first.hasWords;

const elsewhere = STAGES.filter((stage) => !isComputedHere(stage)).flatMap(({ parameters }) => parameters.map(({ name }) => name));

/** @param {Record<string, any>} settings  that are not at their start @returns {boolean} whether the page can show what they do */
export const areComputedHere = (settings) => !elsewhere.some((name) => name in settings);
