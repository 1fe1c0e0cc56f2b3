/**
 * Says in plain words what the bars show: what the model gives to the most probable token, what the settings leave, and
 * how the choice falls. Knows steps and distributions, not the page.
 *
 * @typedef {import("../common/trace.js").Step} Step
 * @typedef {import("../distribution/distribution.js").Distribution} Distribution
 * @typedef {import("../distribution/settings.js").Settings} Settings
 *
 * @typedef {object} Drawn  what is in view
 * @property {Step} step
 * @property {Distribution} shape  the distribution of the step after all stages, under `settings`
 * @property {Settings} settings
 * @property {string} [seenAfter]  what the bars show where they do not show `shape`: "top-k", or "" for the model's own
 */

import { authorOf } from "../common/authors.js";
import { t, tn } from "../common/language.js";
import { isGiven } from "../common/trace.js";
import { capital, draw, label, listed, percent, stageInWords } from "../common/words.js";

/**
 * @param {Drawn} drawn
 * @param {(id: number) => string} textOf  returns a token's text as the page shows it
 * @returns {string} two or three sentences
 */
export function captionOf(drawn, textOf) {
  const quoted = (id) => t("‘{token}’", { token: textOf(id).replaceAll("·", " ") });
  const { shape, seenAfter } = drawn;
  const sentences = [given(shape, quoted)];
  if (shape.kept === 0) sentences.push(capital(nothing(cutters(drawn))));
  else sentences.push(...chosen(drawn, quoted));
  if (shape.isWaiting) sentences.push(t("The server has not answered for all settings yet."));
  if (seenAfter === "") sentences.push(t("The bars show the model’s own probabilities, before all settings."));
  else if (seenAfter) sentences.push(t("The bars show what there is after {stage}.", { stage: seenAfter }));
  return sentences.join(" ");
}

/** What the model gives to its most probable token that is left, and what the settings make of that. */
function given(shape, quoted) {
  const id = shape.kept ? mostProbable(shape) : shape.row.order[0];
  const [own, now] = [shape.rawProbability(id), shape.probability(id)].map(percent);
  const values = { own, now, token: quoted(id) };
  if (!shape.kept || own === now) return t("The model gives {own} to {token}.", values);
  return t("The model gives {own} to {token}; the settings make that {now}.", values);
}

const nothing = (names) =>
  tn("{settings} leaves no token, so nothing can be chosen.", "{settings} leave no token, so nothing can be chosen.", names.length, { settings: listed(names) });

/** How many tokens the settings leave, and how the choice falls among them. @returns {string[]} one or two sentences */
function chosen(drawn, quoted) {
  const [first, ...others] = choice(drawn, quoted);
  const left = leftBy(drawn);
  return [capital(left ? t("{left}; {choice}", { left, choice: first }) : first), ...others];
}

/** How many tokens the settings leave, "" for a strategy that does not choose by chance among all of them. */
function leftBy(drawn) {
  const { shape, settings } = drawn;
  const names = cutters(drawn);
  const values = { settings: listed(names), size: shape.order.length };
  if (names.length > 1) return tn("{settings} keep {n} token of {size}", "{settings} keep {n} tokens of {size}", shape.kept, values);
  if (names.length) return tn("{settings} keeps {n} token of {size}", "{settings} keeps {n} tokens of {size}", shape.kept, values);
  return settings.strategy === "sample" ? tn("all {n} token can be chosen", "all {n} tokens can be chosen", shape.kept) : "";
}

/** How the choice falls among what is left. @returns {string[]} one or two sentences; the first may follow another clause */
function choice({ step, shape, settings }, quoted) {
  const isGreedy = settings.strategy === "greedy";
  const stage = shape.removedBy(step.token_id);
  const written = { token: quoted(step.token_id), stage: stage ? label(stage) : "", share: percent(shape.probability(step.token_id)) };
  if (isGiven(step)) {
    if (stage) return [t("the prompt goes on with {token}, which {stage} removes.", written)];
    return [t("the prompt goes on with {token}, which has {share}.", written)];
  }
  const name = step.forced ? authorOf(step) : "";
  if (name) return [stage ? t("{name} drew {token}, which {stage} removes.", { ...written, name }) : t("{name} drew {token}, which has {share}.", { ...written, name })];
  if (step.forced && !step.isFound) {
    return [stage ? t("you chose {token}, which {stage} removes.", written) : t("you chose {token}, which has {share}.", written)];
  }
  if (settings.strategy === "beam") {
    if (stage) return [t("beam search chose {token}, which {stage} removes, because it compares whole texts.", written)];
    return [t("beam search chose {token}, which has {share}, because it compares whole texts.", written)];
  }
  if (!isGreedy && step.draw === null) return [atFirst(step, written)];
  const id = isGreedy ? mostProbable(shape) : shape.order[shape.positionAt(step.draw)];
  const now = { token: quoted(id), draw: isGreedy ? "" : draw(step.draw) };
  if (id === step.token_id) {
    return [isGreedy ? t("greedy takes the most probable one, {token}.", now) : t("the random number {draw} falls on {token}.", now)];
  }
  return [
    isGreedy ? t("greedy takes the most probable one, {token} now.", now) : t("the random number {draw} falls on {token} now.", now),
    stage ? t("The text still has {token}, which {stage} removes.", written) : t("The text still has {token}, which has {share}.", written),
  ];
}

/** How a token was chosen for which nothing was drawn. */
function atFirst({ isFound }, written) {
  if (isFound) {
    if (written.stage) return t("when the text was written, beam search chose {token}, which {stage} removes.", written);
    return t("when the text was written, beam search chose {token}, which has {share}.", written);
  }
  if (written.stage) return t("when the text was written, greedy chose {token}, which {stage} removes.", written);
  return t("when the text was written, greedy chose {token}, which has {share}.", written);
}

const mostProbable = (shape) => shape.order[shape.stretch[0]];

/** @param {Drawn} drawn @returns {string[]} the settings that remove tokens: "top-k 40" */
export function cutters({ shape, settings }) {
  let left = shape.around(shape.stages[0].name)[0].count;
  const cut = shape.stages.filter(({ kept }) => {
    const before = left;
    left = kept;
    return kept < before;
  });
  return cut.map(({ name }) => stageInWords(name, settings)[0]);
}
