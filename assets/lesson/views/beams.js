/**
 * How lessons work with the view Beams: the search of a prompt, and the texts that its table shows, which are the winner, greedy's
 * and a sampled one. The sampled text has the sidebar's settings.
 */

import { moveControls, typePrompt } from "../../common/controls.js";
import { askToMove, STARTS } from "../../common/further_settings.js";
import { readText } from "../../common/readable.js";
import { shownIn } from "../../common/shown.js";
import { differing as differingSettings } from "../checks.js";
import { until } from "../../common/waiting.js";

/** The settings that the view's own controls hold. */
const OF_SEARCH = ["num_beams", "max_new_tokens", "length_penalty", "no_repeat_ngram_size", "early_stopping"];

const shown = () => shownIn("beams");

/** @type {import("./table.js").LessonView} */
export const BEAMS = { bring, differing, isReady, measures, keep, giveBack };

async function bring(state, isOver) {
  await until(() => isOver() || shown() !== null);
  if (isOver() || (!differing(state).length && isReady())) return;
  if (shown().isRunning) shown().form.stop.click();
  await until(() => isOver() || !shown().isRunning);
  if (isOver()) return;
  typePrompt({ prompt: state.prompt, chat: false });
  await holdSettings(state.settings);
  if (isOver()) return;
  shown().form.fill(searchOf(state.settings));
  shown().form.ask();
  await until(() => isOver() || !shown().isRunning);
}

/** Moves the sidebar's controls, and waits until it holds what was set. */
async function holdSettings(settings) {
  const { strategy: _, max_new_tokens: __, ...others } = { ...STARTS, ...settings };
  await controlsNow(others);
  await controlsNow({}); // it is asked again, once the first answer has been taken
}

/** @returns {Promise<void>} kept once Gradio asks what shall move */
const controlsNow = (values) =>
  new Promise((resolve) =>
    moveControls(() => {
      resolve();
      return values;
    }, askToMove),
  );

const searchOf = (settings) => Object.fromEntries(OF_SEARCH.map((name) => [name, settings[name]]));

function differing({ prompt, settings }) {
  const { tree, read } = shown() ?? {};
  if (!tree || read.prompt !== prompt || read.chat) return ["prompt"];
  const own = OF_SEARCH.filter((name) => tree.settings[name] !== settings[name]);
  const sampled = pathOf(tree, "sampled")?.settings;
  if (!sampled) return own;
  const others = differingSettings({ ...settings, strategy: sampled.strategy }, sampled, own);
  return [...own, ...others, ...(sampled.seed === settings.seed ? [] : ["seed"])];
}

/** Whether the search is over and its table whole. */
function isReady() {
  return shown() !== null && !shown().isRunning && shown().tree?.state === "done";
}

/** @returns {import("../tree.js").Measures} */
function measures() {
  return isReady() ? measuresOf(shown()) : {};
}

/**
 * @param {{tree: import("../../beams/tree.js").BeamTree, words: Readonly<Record<number, string>>}} shown
 * @returns {import("../tree.js").Measures} each of a row of the table: "winner", "greedy" or "sampled"
 */
export function measuresOf({ tree, words }) {
  const logprob = (row) => {
    if (row === "winner") return tree.returned.length ? tree.nodes.cumulative[tree.returned[0].node] : null;
    return pathOf(tree, row)?.log_probs.reduce((sum, one) => sum + one, 0) ?? null;
  };
  const ids = (row) => (row === "winner" ? tree.returned[0] : pathOf(tree, row))?.token_ids ?? null;
  return {
    path_text: (row) => ids(row) && readText(ids(row).map((id) => words[id] ?? `#${id}`)),
    path_logprob: logprob,
    path_probability: (row) => (logprob(row) === null ? null : Math.exp(logprob(row))),
  };
}

const pathOf = (tree, name) => tree.paths.find((path) => path.name === name);

/** What the search's controls hold. */
function keep() {
  return shown() && { asked: shown().form.asked };
}

/** @param {{asked: import("../../beams/search_form.js").Asked}} kept */
function giveBack({ asked }) {
  shown()?.form.fill(asked);
}
