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

import { isGiven } from "../common/trace.js";
import { capital, count, draw, label, listed, percent, plural, stageInWords } from "../common/words.js";

/**
 * @param {Drawn} drawn
 * @param {(id: number) => string} textOf  returns a token's text as the page shows it
 * @returns {string} two or three sentences
 */
export function captionOf(drawn, textOf) {
  const quoted = (id) => `‘${textOf(id).replaceAll("·", " ")}’`;
  const { shape, seenAfter } = drawn;
  const names = cutters(drawn);
  const sentences = [given(shape, quoted)];
  if (shape.kept === 0) sentences.push(`${capital(listed(names))} leave${names.length > 1 ? "" : "s"} no token, so nothing can be chosen.`);
  else sentences.push(capital(left(drawn, names) + choice(drawn, quoted)));
  if (shape.isWaiting) sentences.push("The server has not answered for all settings yet.");
  if (seenAfter !== undefined) sentences.push(`The bars show ${seenAfter ? `what there is after ${seenAfter}` : "the model’s own probabilities, before all settings"}.`);
  return sentences.join(" ");
}

/** What the model gives to its most probable token that is left, and what the settings make of that. */
function given(shape, quoted) {
  const id = shape.kept ? mostProbable(shape) : shape.row.order[0];
  const [own, now] = [shape.rawProbability(id), shape.probability(id)].map(percent);
  const made = !shape.kept || own === now ? "" : `; the settings make that ${now}`;
  return `The model gives ${own} to ${quoted(id)}${made}.`;
}

/** How many tokens the settings leave, "" for a strategy that does not choose by chance among all of them. */
function left({ shape, settings }, names) {
  const verb = names.length > 1 ? "keep" : "keeps";
  if (names.length) return `${listed(names)} ${verb} ${plural(shape.kept, "token")} of ${count(shape.order.length)}; `;
  return settings.strategy === "sample" ? `all ${plural(shape.kept, "token")} can be chosen; ` : "";
}

/** How the choice falls among what is left. */
function choice({ step, shape, settings }, quoted) {
  const written = `${quoted(step.token_id)}, ${fate(step, shape)}`;
  if (isGiven(step)) return `the prompt goes on with ${written}.`;
  if (step.forced && !step.isFound) return `you chose ${written}.`;
  if (settings.strategy === "beam") return `beam search chose ${written}, because it compares whole texts.`;
  const isGreedy = settings.strategy === "greedy";
  if (!isGreedy && step.draw === null) return `when the text was written, ${step.isFound ? "beam search" : "greedy"} chose ${written}.`;
  const id = isGreedy ? mostProbable(shape) : shape.order[shape.positionAt(step.draw)];
  const falls = isGreedy ? "greedy takes the most probable one," : `the random number ${draw(step.draw)} falls on`;
  return id === step.token_id ? `${falls} ${quoted(id)}.` : `${falls} ${quoted(id)} now. The text still has ${written}.`;
}

/** What became of the token of the text. */
function fate(step, shape) {
  const stage = shape.removedBy(step.token_id);
  return stage ? `which ${label(stage)} removes` : `which has ${percent(shape.probability(step.token_id))}`;
}

const mostProbable = (shape) => shape.order[shape.stretch[0]];

/** @param {Drawn} drawn @returns {string[]} the settings that remove tokens: "top-k 40" */
function cutters({ shape, settings }) {
  let left = shape.around(shape.stages[0].name)[0].count;
  const cut = shape.stages.filter(({ kept }) => {
    const before = left;
    left = kept;
    return kept < before;
  });
  return cut.map(({ name }) => stageInWords(name, settings)[0]);
}
