/**
 * Holds the step that the Decode tab shows and what the settings in view make of it, for parts of the page that read it
 * along. The tab tells it after each drawing and does not know who reads it.
 *
 * @typedef {object} Shown
 * @property {import("./trace.js").Trace} trace
 * @property {import("./trace.js").Step} step
 * @property {import("../distribution/distribution.js").Distribution} shape  the step's distribution after all stages
 * @property {import("../distribution/settings.js").Settings} settings  the settings in view
 * @property {Readonly<Record<number, string>>} words  the texts that the page shows for the tokens, by their ids
 */

/** @type {Shown | null} */
let shown = null;

/** @returns {Shown | null} null as long as no step is in view */
export const shownOnDecode = () => shown;

/** Reports that a run of the Decode tab has ended, so that another one can begin. @param {string} [traceId]  its text; none if it was refused */
export const tellEnded = (traceId) => document.dispatchEvent(new CustomEvent("playground:ended", { detail: traceId }));

/** Reports what is shown to the document's "playground:shown" listeners. @param {Shown | null} now */
export function tellShown(now) {
  shown = now;
  document.dispatchEvent(new Event("playground:shown"));
}
