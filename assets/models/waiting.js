/** Says how far the loading of a model is, for whoever waits for its answer. */

import { t } from "../common/language.js";
import { fetchLoading } from "../common/server.js";
import { loadingSentence } from "./picker.js";

const ASKED = t("The model is asked …");
const PAUSE_MS = 500; // between two questions

/**
 * @param {string} model
 * @param {() => boolean} isWaited  whether the answer is still to come
 * @param {(sentence: string) => void} say
 */
export async function tellLoading(model, isWaited, say) {
  say(ASKED);
  while (isWaited()) {
    const loading = await fetchLoading(model).catch(() => null); // the answer itself says what is wrong
    if (isWaited()) say(loading ? loadingSentence(loading) : ASKED);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
