/** Puts the pane Why on the page. */

import { mountPane } from "../pane.js";
import { WhyPane } from "./pane.js";

/** Called by gr.HTML's js_on_load. @param {[HTMLElement, any, any, any]} place  what `mountPane` takes beside the pane */
export const mount = (...place) => mountPane((looking) => new WhyPane(looking), ...place);

/**
 * The same in a page without a server.
 *
 * @param {readonly string[]} answered  the questions that have an answer there @param {[HTMLElement, any, any, any]} place
 */
export const mountAnswered = (answered, ...place) => mountPane((looking) => new WhyPane(looking, answered), ...place);
