/** Makes a stage ready to run: it gets the values that it works with. Knows settings and words, not logits. */

import { isInForce, stageOf, valuesInForce } from "./settings.js";

/**
 * @param {string} name  of a stage
 * @param {import("./settings.js").Settings} settings
 * @param {import("./moment.js").Words} words
 * @returns the stage with the values that it works with: `told` as the settings have them, and `values` with ids in place
 *   of words. As long as ids are not known, the stage does nothing.
 */
export function ready(name, settings, words) {
  const stage = stageOf(name);
  const told = valuesInForce(settings, name);
  if (!isInForce(settings, name)) return { ...stage, told, values: told, isOn: false };
  const withWords = stage.parameters.filter(({ hasWords }) => hasWords).map((parameter) => parameter.name);
  const asked = stage.readsEnds ? [...withWords, "end_ids"] : withWords;
  const ids = asked.map((setting) => [setting, words.idsOf(setting, told[setting])]);
  const isKnown = ids.every(([, found]) => found !== undefined);
  return { ...stage, told, values: { ...told, ...Object.fromEntries(ids) }, isOn: isKnown };
}
