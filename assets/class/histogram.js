/**
 * Shows how often each answer was given, beside the model's probability of it: a table with a line for each answer, and in
 * each line a bar of the class over a bar of the model, on one axis. Draws what it is given.
 */

import { make } from "../common/dom.js";
import { brief, t } from "../common/language.js";
import { count, inPercent, percent } from "../common/words.js";
import { linear } from "../decode/scale.js";

/**
 * @param {string} title
 * @param {string} what  the head of the first column: what was answered
 * @param {import("./histogram_rows.js").HistogramRow[]} rows
 * @param {{isToken?: boolean, isShort?: boolean, marked?: string}} [more]  whether the answers are tokens, or as short as a number;
 *   what a marked row is
 * @returns {HTMLTableElement}
 */
export function histogram(title, what, rows, { isToken = false, isShort = false, marked = "" } = {}) {
  const hasModel = rows.some(({ model }) => model !== null);
  const scale = linear([...rows.flatMap(({ share, model }) => [share, model ?? 0]), 0.01]);
  const heads = [make("th", "", what), axisOf(scale), make("th", "pg-hist-of-class", t("Class"))];
  if (hasModel) heads.push(make("th", "pg-hist-of-model", t("Model")));
  for (const head of heads) head.scope = "col";
  const body = make("tbody", "", ...rows.map((row) => lineOf(row, scale, { hasModel, isToken, isShort, marked })));
  const table = make("table", "pg-hist", make("caption", "", title), make("thead", "", make("tr", "", ...heads)), body);
  table.role = "table";
  table.style.setProperty("--pg-parts", String(scale.ticks.length - 1));
  return table;
}

/** The axis is read with the numbers, so a screen reader needs only its name. */
function axisOf({ ticks }) {
  const last = ticks.length - 1;
  const marks = ticks.map((share, place) => {
    const tick = make("span", "pg-hist-tick", inPercent(brief(100 * share, 3)));
    tick.style.left = `${(100 * place) / last}%`;
    tick.classList.toggle("pg-hist-tick-last", place === last);
    return tick;
  });
  const axis = make("span", "pg-hist-axis", ...marks);
  axis.ariaHidden = "true";
  return make("th", "pg-hist-bars", make("span", "pg-unseen", t("Share of the answers, and probability")), axis);
}

function lineOf({ text, count: times, share, model, isMarked, isRest }, scale, { hasModel, isToken, isShort, marked }) {
  const name = make("th", "", isRest ? t("all others") : text);
  name.scope = "row";
  name.title = name.textContent;
  name.classList.toggle("pg-hist-short", isShort);
  if (isToken && !isRest) name.classList.add("pg-token");
  if (isMarked) name.append(make("span", "pg-hist-mark", ` ◆ ${marked}`));
  const bars = make("span", "pg-hist-track", barOf("pg-hist-class", share, scale));
  if (model !== null) bars.append(barOf("pg-hist-model", model, scale));
  bars.ariaHidden = "true";
  const told = t("{count} · {share}", { count: count(times), share: percent(share) });
  const cells = [make("td", "pg-hist-bars", bars), make("td", "pg-hist-number", told)];
  if (hasModel) cells.push(make("td", "pg-hist-number", model === null ? "" : percent(model)));
  const line = make("tr", "", name, ...cells);
  line.classList.toggle("pg-hist-marked", isMarked);
  return line;
}

function barOf(name, share, { place }) {
  const bar = make("span", name);
  bar.style.width = `${100 * Math.min(1, place(share))}%`;
  return bar;
}
