/**
 * How lessons work with the view Compare prompts: a task of its menu as it comes with the page, its input, and columns with so many
 * examples. The prompt of a page is the input.
 */

import { shownIn } from "../../common/shown.js";
import { until } from "../../common/waiting.js";

const shown = () => shownIn("compare/prompts");

/** @type {import("./table.js").LessonView} */
export const PROMPTS = { bring, differing, isReady, measures, keep, giveBack };

async function bring(state, isOver) {
  await until(() => isOver() || shown() !== null);
  if (isOver()) return;
  const { task, shots } = state.fields;
  const differs = differing(state);
  if (shown().labels.choice.spelling !== null || shown().labels.isCalibrated) {
    shown().labels.choose(null, false);
    differs.push("task"); // so that the labels are asked for again
  }
  if (differs.includes("task") || differs.includes("prompt")) shown().form.openShipped(task, state.prompt);
  if (differs.includes("shots")) shown().show(shots.map((number) => ({ shots: number })));
  await until(() => isOver() || isReady() || isRefused());
}

function differing({ prompt, fields }) {
  const { task, shots } = fields;
  const { form, kinds } = shown() ?? {};
  if (!form) return ["task"];
  const isTask = form.task.name === task && form.isShipped && form.form === "plain";
  if (!isTask) return ["task"];
  const isInput = form.task.input === (prompt || form.shippedInput);
  const isShots = JSON.stringify(kinds()) === JSON.stringify(shots.map((number) => ({ shots: number })));
  return [...(isInput ? [] : ["prompt"]), ...(isShots ? [] : ["shots"])];
}

/** Whether the prompts of the columns are there, and the probabilities of the task's label words. */
function isReady() {
  const { built, form, labels, isInView } = shown() ?? {};
  return Boolean(built) && isInView() && (!form.task.labels.length || labels.chosen !== null);
}

/** Whether the view says why there is nothing to show. */
const isRefused = () => shown().isInView() && !shown().built;

/** @returns {import("../tree.js").Measures} */
function measures() {
  if (!isReady()) return {};
  const { built, form, labels } = shown();
  return measuresOf(built, form.task.labels, labels.chosen);
}

/**
 * @param {import("../../prompts/prompt_view.js").Answered} built
 * @param {string[]} labels  the task's label words
 * @param {import("../../prompts/label_panel.js").LabelAnswer[] | null} answers  one for each column, null without labels
 * @returns {import("../tree.js").Measures} of a column by its place, from 1
 */
export function measuresOf(built, labels, answers) {
  return {
    label_share: (column, label) => answers?.[column - 1]?.labels?.[labels.indexOf(label)]?.probability ?? null,
    prompt_tokens: (column) => built.columns[column - 1]?.ids.length ?? null,
    window: () => built.window,
  };
}

/** The reader's tasks and columns. */
function keep() {
  if (!shown()) return null;
  const { form, kinds, labels } = shown();
  return { menu: form.menuNow, kinds: kinds(), labels: labels.choice };
}

/** @param {any} kept  by `keep` */
function giveBack({ menu, kinds, labels: { spelling, calibrates } }) {
  if (!shown() || JSON.stringify(keep()) === JSON.stringify({ menu, kinds, labels: { spelling, calibrates } })) return;
  shown().labels.choose(spelling, calibrates);
  shown().form.menuNow = menu;
  shown().show(kinds);
}
