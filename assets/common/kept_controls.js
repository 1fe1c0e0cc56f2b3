/**
 * Keeps what the sidebar holds and which tab is open, and brings both back. Knows what Gradio hands over, and nothing
 * of what a control means: Python says what each may hold.
 *
 * @typedef {object} Rule
 * @property {"text" | "truth" | "number" | "choice"} kind
 * @property {number} [low]
 * @property {number} [high]
 * @property {string[]} [choices]
 */

import { keep, kept } from "./keeping.js";
import { openTabOnceThere } from "./views.js";

const PART = "page";
const MOST_CHARACTERS = 100_000;

let latest = kept(PART) ?? {};
let isFilled = false; // Gradio tells of the first values too, which are no news

/** @param {string[]} names @param {unknown[]} values  of all controls, in the same order */
export function keepControls(names, values) {
  if (!isFilled) return;
  latest = { ...latest, controls: Object.fromEntries(names.map((name, place) => [name, values[place]])) };
  keep(PART, write);
}

/**
 * What the controls are to hold when the page is loaded. A link in the address says it better.
 *
 * @param {Record<string, Rule>} rules  by the controls' names
 * @returns {unknown[]} in the same order, undefined for what stays as it is
 */
export function keptControls(rules) {
  isFilled = true;
  const controls = location.hash.includes("=") ? {} : Object(latest.controls);
  return Object.entries(rules).map(([name, rule]) => fit(controls[name], rule));
}

/** A server that was started otherwise may allow less. */
function fit(value, { kind, low, high, choices }) {
  if (kind === "text") return typeof value === "string" && value.length <= MOST_CHARACTERS ? value : undefined;
  if (kind === "truth") return typeof value === "boolean" ? value : undefined;
  if (kind === "choice") return choices.includes(value) ? value : undefined;
  return Number.isFinite(value) ? Math.min(Math.max(value, low), high) : undefined;
}

/** The tab that is open, by its name. */
const openedTab = () => document.querySelector(".tabs button[role=tab][aria-selected=true]")?.textContent.trim();

function write(most) {
  latest.tab = openedTab() ?? latest.tab;
  const text = JSON.stringify(latest);
  return text.length <= most ? text : JSON.stringify({ tab: latest.tab });
}

/** Opens the tab that was open. A link in the address says better which one. */
export function reopenTab() {
  if (typeof latest.tab === "string" && !location.hash.includes("=")) openTabOnceThere(latest.tab);
}

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[role=tab], .overflow-dropdown")) keep(PART, write);
});
