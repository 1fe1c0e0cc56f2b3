/** Puts the Attention pane on the page. */

import { mountPane } from "../inside/pane.js";
import { AttentionPane } from "./pane.js";

/** Called by gr.HTML's js_on_load. @param {[HTMLElement, any, any, any]} place  what `mountPane` takes beside the pane */
export const mount = (...place) => mountPane((looking) => new AttentionPane(looking), ...place);
