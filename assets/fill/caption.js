/**
 * Says in plain words what the bars of a blank show, and what the labels of a text or a token are. Knows steps,
 * distributions and labels, not the page.
 *
 * @typedef {import("../decode/caption.js").Drawn & {how?: import("./state.js").How}} Drawn  a blank as a step, and how its
 *   word came into it; an empty one has none
 */

import { cutters } from "../decode/caption.js";
import { listed, t, tn } from "../common/language.js";
import { draw, percent } from "../common/words.js";

/**
 * @param {Drawn} drawn
 * @param {(id: number) => string} textOf  returns a token's text as the page shows it
 * @returns {string} two or three sentences
 */
export function captionOf(drawn, textOf) {
  const plain = (id) => textOf(id).replaceAll("·", " ").trim();
  const { shape, seenAfter } = drawn;
  const sentences = [given(drawn, plain), left(drawn), shape.kept ? chosen(drawn, plain) : ""];
  if (shape.isWaiting) sentences.push(t("The server has not answered for all settings yet."));
  if (seenAfter) sentences.push(t("The bars show what there is after {stage}.", { stage: seenAfter }));
  if (seenAfter === "") sentences.push(t("The bars show the model’s own probabilities, before all settings."));
  return sentences.filter(Boolean).join(" ");
}

/** What the model gives to its most probable word that is left, and what the settings make of that. */
function given({ shape }, plain) {
  const id = shape.kept ? shape.order[shape.stretch[0]] : shape.row.order[0];
  const [own, now] = [shape.rawProbability(id), shape.probability(id)].map(percent);
  if (!shape.kept || own === now) return t("From the words around the blank, the model gives {own} to ‘{token}’.", { own, token: plain(id) });
  return t("From the words around the blank, the model gives {own} to ‘{token}’; the settings make that {now}.", { own, now, token: plain(id) });
}

/** How many words the settings leave, "" where they remove none. */
function left(drawn) {
  const { shape } = drawn;
  const names = cutters(drawn);
  if (!names.length) return "";
  const values = { all: shape.order.length, settings: listed(names) };
  if (shape.kept === 0) return t("Of {all} tokens, none is left after {settings}, so nothing can be chosen.", values);
  return tn("Of {all} tokens, {n} is left after {settings}.", "Of {all} tokens, {n} are left after {settings}.", shape.kept, values);
}

/** What stands in the blank, or would. @param {Drawn} drawn @param {(id: number) => string} plain */
function chosen({ step, shape, settings, how }, plain) {
  const values = { token: plain(step.token_id), share: percent(shape.probability(step.token_id)) };
  if (how === "chosen") return t("You put ‘{token}’ in, which has {share}.", values);
  if (how === "most probable") return t("‘{token}’ was put in as the most probable word; it has {share}.", values);
  const isGreedy = settings.strategy === "greedy";
  if (isGreedy && how === "drawn") return t("‘{token}’ was drawn; it has {share}.", values);
  if (isGreedy) return t("The blank is empty: greedy would put ‘{token}’ in.", values);
  const number = draw(step.draw);
  if (how === undefined) return t("The blank is empty: the random number {number} falls on ‘{token}’.", { ...values, number });
  const now = plain(shape.order[shape.positionAt(step.draw)]);
  if (now === values.token) return t("‘{token}’ was drawn: the random number {number} falls on it.", { ...values, number });
  return t("‘{token}’ was drawn; under these settings the random number {number} falls on ‘{now}’.", { ...values, number, now });
}

/**
 * @param {import("./state.js").Bars | null} bars  the most probable label first
 * @param {string | null} token  whose labels they are, as the page shows it; null for those of the whole text
 * @returns {string}
 */
export function labelCaption(bars, token) {
  if (!bars?.length) return "";
  const [{ label, probability }, other] = bars;
  const values = { label, share: percent(probability), token: token?.replaceAll("·", " ").trim() ?? "" };
  const first =
    token === null
      ? t("From the whole text, the model gives {share} to the label {label}.", values)
      : t("From the whole text, the model gives {share} to the label {label} for the token ‘{token}’.", values);
  if (!other) return first;
  return `${first} ${t("The next one, {label}, has {share}.", { label: other.label, share: percent(other.probability) })}`;
}
