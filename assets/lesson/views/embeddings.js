/** How lessons work with the view Embeddings: the words of its picture, two of them that are chosen, and their cosines. */

import { shownIn } from "../../common/shown.js";
import { until } from "../../common/waiting.js";
import * as looked from "./looked.js";

const shown = () => shownIn("inside/embeddings");

/** @type {import("./table.js").LessonView} */
export const EMBEDDINGS = { bring, differing, isReady, measures, keep, giveBack };

async function bring(state, isOver) {
  await looked.bring(state, isOver);
  await until(() => isOver() || isAnswered());
  if (isOver()) return;
  if (differing(state).length) shown().show(state.fields.words, state.fields.pair);
  await until(() => isOver() || isAnswered());
}

const isAnswered = () => shown() !== null && !shown().isWaiting() && Boolean(shown().state.told || shown().state.error);
const isWords = ({ fields }) => shown()?.words === fields.words;

function differing(state) {
  if (!isWords(state)) return [...looked.differing(state), "words"];
  return [...looked.differing(state), ...(isPair(state.fields.pair) ? [] : ["pair"])];
}

/** @param {string[]} pair  none for any */
function isPair(pair) {
  const { state } = shown();
  const ids = pair.map((word) => idOf(state, word));
  return !pair.length || (ids.every((id) => state.chosen.includes(id)) && state.chosen.length === pair.length);
}

function isReady() {
  return shown() !== null && !shown().isWaiting() && shown().state.told !== null;
}

/** @returns {import("../tree.js").Measures} */
function measures() {
  if (!isReady() || shown().state.space !== "input") return {};
  const { state } = shown();
  return { similarity: (one, other) => similarityOf(state, one, other), pair_similarity: () => state.cosine };
}

/**
 * @param {Pick<import("../../inside/embeddings/state.js").State, "groups" | "told" | "points">} state
 * @param {string} one @param {string} other  words of the picture
 * @returns {number | null} the cosine, null for a word that has no point
 */
export function similarityOf(state, one, other) {
  const places = [one, other].map((word) => state.points.findIndex(({ id }) => id === idOf(state, word)));
  if (places.includes(-1)) return null;
  const [low, high] = [Math.min(...places), Math.max(...places)];
  return low === high ? 1 : state.told.cosines[high][low];
}

/** @returns {number | null} the id of a word that is one token, null for any other one */
function idOf({ groups, told }, word) {
  const words = groups.flatMap((group) => group.words);
  const ids = told?.words[words.indexOf(word.trim())] ?? [];
  return ids.length === 1 ? ids[0] : null;
}

function keep() {
  return shown() ? { ...looked.keep(), words: shown().words, set: shown().set } : looked.keep();
}

function giveBack(kept) {
  looked.giveBack(kept);
  if (kept.words) shown()?.show(kept.words, [], kept.set);
}
