/** Puts the pane Picture on the page. */

import { mountPane } from "../pane.js";
import { PicturePane } from "./pane.js";

/** Called by gr.HTML's js_on_load. @param {[HTMLElement, any, any, any]} place  what `mountPane` takes beside the pane */
export const mount = (...place) => mountPane((looking) => new PicturePane(looking), ...place);
