/** Makes a stage ready to run: it gets the values that it works with. Knows settings and words, not logits. */

import { isInForce, stageOf, valuesInForce } from "./settings.js";

/**
 * @param {string} name  of a stage
 * @param {import("./settings.js").Settings} settings
 * @param {import("./moment.js").Words} words
 * @returns the stage with the values that it works with: `told` as the settings have them, and `values` with ids in place
 *   of words. Where ids are missing, the stage does nothing, and `lacks` says why.
 */
export function ready(name, settings, words) {
  const stage = stageOf(name);
  const told = valuesInForce(settings, name);
  if (!isInForce(settings, name)) return { ...stage, told, values: told, isOn: false, lacks: { off: true } };
  const withWords = stage.parameters.filter(({ hasWords }) => hasWords).map((parameter) => parameter.name);
  const asked = stage.readsEnds ? [...withWords, "end_ids"] : withWords;
  const ids = asked.map((setting) => [setting, words.idsOf(setting, told[setting])]);
  const missing = ids.map(([, found]) => found).filter(isMissing);
  const lacks = missing.length ? lack(missing.find((one) => one instanceof Error) ?? missing[0]) : null;
  return { ...stage, told, values: { ...told, ...Object.fromEntries(ids) }, isOn: missing.length === 0, lacks };
}

/** @returns {boolean} whether an answer of the server is not there */
const isMissing = (answer) => answer === undefined || answer === null || answer instanceof Error;

/**
 * @param {import("./moment.js").Missing} missing
 * @returns {Partial<import("./distribution.js").Stage>} what is recorded of a stage that it is missing for
 */
export function lack(missing) {
  if (missing instanceof Error) return { refusal: missing.message };
  return missing === undefined ? { isWaiting: true } : { off: true };
}
