/**
 * What the views inside the model show beside the text of Decode: their text, the chosen token and the head. Reads it for a class,
 * and brings it about. Each page reads such a text by itself. Knows these views by what they report (`common/shown.js`).
 *
 * @typedef {object} Fields
 * @property {{name: string, texts: string[]}} source  the choice of the text
 * @property {number} query  the place of the chosen token
 * @property {{layer: number, head: number | "mean" | "max", hidesFirst: boolean} | null} head  null before a map was in view
 */

import { openedView } from "../common/navigation.js";
import { shownIn } from "../common/shown.js";
import { until } from "../common/waiting.js";

const ATTENTION = "inside/attention";

/** @returns {Fields | null} null where no such view is open, or it has no text yet */
export function fieldsNow() {
  const looking = shownIn("inside");
  if (!openedView().startsWith("inside/") || !looking?.text) return null;
  const choice = shownIn(ATTENTION)?.choice();
  const head = choice?.layer == null ? null : choice;
  return { source: looking.source.chosen, query: looking.query, head };
}

/** @param {Fields | null} fields @param {() => boolean} isOver  whether another scene is wanted */
export async function bringFields(fields, isOver) {
  if (!fields) return;
  await until(() => isOver() || Boolean(shownIn("inside")?.text));
  if (isOver()) return;
  const { source } = shownIn("inside");
  if (differ(source.chosen, fields.source)) {
    source.take(fields.source);
    source.begin();
    await until(() => isOver() || Boolean(shownIn("inside")?.text));
    if (isOver()) return;
  }
  shownIn("inside").turn(fields.query);
  if (!fields.head || openedView() !== ATTENTION) return;
  await until(() => isOver() || shownIn(ATTENTION) !== null);
  if (!isOver() && differ(shownIn(ATTENTION).choice(), fields.head)) shownIn(ATTENTION).choose(fields.head);
}

const differ = (one, other) => JSON.stringify(one) !== JSON.stringify(other);
