/**
 * How lessons work with the view Attention: a text and a token as the views beside it, the layer and the head, and the weights
 * of that head's map.
 */

import { shownIn } from "../../common/shown.js";
import { until } from "../../common/waiting.js";
import * as looked from "./looked.js";

const shown = () => shownIn("inside/attention");

/** @type {import("./table.js").LessonView} */
export const ATTENTION = { bring, differing, isReady, measures, keep, giveBack };

/** Whether the view shows the text that the views look at. */
const isOfText = () => shown() !== null && shown().text?.text === looked.looking()?.text;

async function bring(state, isOver) {
  await looked.bring(state, isOver);
  await until(() => isOver() || !looked.looking().text || isOfText());
  if (isOver() || !isOfText()) return;
  if (shown().isRollout) shown().turnToHeads();
  const others = differing(state).filter((name) => name !== "token");
  if (others.length) shown().choose({ ...placeOf(state), hidesFirst: state.fields.hide_first });
  await until(() => isOver() || isReady() || Boolean(shown().missing));
}

function differing(state) {
  if (!isOfText()) return looked.differing(state);
  const [now, wanted] = [shown().choice(), placeOf(state)];
  const others = ["layer", "head"].filter((name) => now[name] !== wanted[name]);
  return [...looked.differing(state), ...others, ...(now.hidesFirst === state.fields.hide_first ? [] : ["hide_first"])];
}

/** @returns {{layer: number, head: number | "mean" | "max"}} the page's head; of a model with fewer the last one */
function placeOf({ fields: { layer, head } }) {
  const { layers, heads } = shown().facts;
  return { layer: Math.min(layer, layers - 1), head: typeof head === "number" ? Math.min(head, heads - 1) : head };
}

/** Whether the map of the head in view is there. */
function isReady() {
  if (!isOfText() || shown().map === null || shown().isRollout) return false;
  const { of, choice } = shown();
  return of.layer === choice().layer && of.head === choice().head;
}

/** @returns {import("../tree.js").Measures} */
function measures() {
  if (!isReady()) return {};
  return { attention: (from, to) => attentionOf(shown(), from, to), without_head: () => shownIn("inside/attention/off")?.klBits ?? null };
}

/**
 * @param {{text: Pick<import("../../attention/sides.js").Sides, "tokens" | "keyTokens" | "isCausal">, map: ArrayLike<number>[]}} shown
 * @param {string} from  the token that looks; the last one of several
 * @param {string} to  the token looked at; the last one that the other one sees
 * @returns {number | null} the weight, null for a text that is no such token
 */
export function attentionOf({ text, map }, from, to) {
  const query = looked.lastOf(text.tokens, from);
  const key = looked.lastOf(text.isCausal ? text.keyTokens.slice(0, query + 1) : text.keyTokens, to);
  return query < 0 || key < 0 ? null : (map[query]?.[key] ?? null);
}

function keep() {
  return shown()?.choice().layer == null ? looked.keep() : { ...looked.keep(), head: shown().choice() };
}

function giveBack(kept) {
  looked.giveBack(kept);
  if (kept.head) shown()?.choose(kept.head);
}
