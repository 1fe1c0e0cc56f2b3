/**
 * Lists how lessons work with each view beside Decode. Another one is a module beside this one, and a line here. Its fields and
 * measures are declared in `playground/lessons/views/`. No view knows lessons: it reports what it shows (`common/shown.js`).
 *
 * @typedef {import("../state.js").PageState} PageState
 *
 * @typedef {object} LessonView
 * @property {(state: PageState, isOver: () => boolean) => Promise<void>} bring  brings a state into the view, which is open, and
 *   waits until it is there or cannot be there; ends early if `isOver`
 * @property {(state: PageState) => string[]} differing  the names of what of a state the view shows otherwise: of its fields, or
 *   "prompt"; none if all of it is in view
 * @property {() => boolean} [isReady]  whether what it shows has arrived, so that its measures have values
 * @property {() => import("../tree.js").Measures} [measures]  of what the view shows now
 * @property {() => any} [keep]  what a lesson changes in the view, as plain JSON, to be given back at its end; null for nothing
 * @property {(kept: any) => void} [giveBack]  brings it back
 */

import { ATTENTION } from "./attention.js";
import { BEAMS } from "./beams.js";
import { EMBEDDINGS } from "./embeddings.js";
import { LOOKED } from "./looked.js";
import { PROMPTS } from "./prompts.js";

/** By the view's id. @type {Record<string, LessonView>} */
const VIEWS = {
  "compare/prompts": PROMPTS,
  beams: BEAMS,
  "inside/picture": LOOKED,
  "inside/tokens": LOOKED,
  "inside/embeddings": EMBEDDINGS,
  "inside/positions": LOOKED,
  "inside/attention": ATTENTION,
  "inside/layers": LOOKED,
  "inside/word": LOOKED,
  "inside/why": LOOKED,
};

/** @param {string} id @returns {LessonView | null} null for Decode, and for a view that lessons only open */
export const lessonView = (id) => VIEWS[id] ?? null;

/** @returns {Record<string, any>} what is to be given back to the views at the end of a lesson */
export const keepViews = () => Object.fromEntries(Object.entries(VIEWS).map(([id, view]) => [id, view.keep?.() ?? null]));

/** @param {Record<string, any>} kept */
export function giveBackViews(kept) {
  for (const [id, view] of Object.entries(VIEWS)) if (kept[id]) view.giveBack?.(kept[id]);
}
