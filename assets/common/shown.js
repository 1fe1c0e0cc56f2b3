/**
 * Holds what each view shows, for parts of the page that read it along or move it. A view tells it after each drawing, by its
 * id, and does not know who reads it. What it tells may hold functions that move it, as its own controls do.
 *
 * @typedef {object} Shown  what the Decode tab tells: the step in view and what the settings in view make of it
 * @property {import("./trace.js").Trace} trace
 * @property {import("./trace.js").Step} step
 * @property {import("../distribution/distribution.js").Distribution} shape  the step's distribution after all stages
 * @property {import("../distribution/settings.js").Settings} settings  the settings in view
 * @property {boolean} isNewest  whether the text is being written and the view moves on with every token
 * @property {{traceId: string, index: number | null}} wanted  the place that the view turns to; `trace` and `step` are what is drawn
 *   until the row of that place is there. The index is null as long as the text has no step
 * @property {Readonly<Record<number, string>>} words  the texts that the page shows for the tokens, by their ids
 */

const DECODE = "decode";

/** By the id of the view. @type {Map<string, any>} */
const shown = new Map();

/** @param {string} view  its id @returns {any} what it shows; null as long as it shows nothing */
export const shownIn = (view) => shown.get(view) ?? null;

/** @returns {Shown | null} null as long as no step is in view */
export const shownOnDecode = () => shownIn(DECODE);

/** @param {Shown} shown @param {string} traceId  the page's id @returns {boolean} whether a text is in view, and no other one is about to be */
export const isInView = ({ trace, wanted }, traceId) => trace.id === traceId && wanted.traceId === traceId;

/** Reports that a run of the Decode tab has ended, so that another one can begin. @param {string} [traceId]  its text; none if it was refused */
export const tellEnded = (traceId) => document.dispatchEvent(new CustomEvent("playground:ended", { detail: traceId }));

/** Reports what a view shows to the document's "playground:shown" listeners. @param {string} view  its id @param {any} now  null for nothing */
export function tellShown(view, now) {
  shown.set(view, now);
  document.dispatchEvent(new Event("playground:shown"));
}
