/** Puts the Embeddings pane on the page. */

import { mountPane } from "../pane.js";
import { EmbeddingsPane } from "./pane.js";

/** Called by gr.HTML's js_on_load. @param {[HTMLElement, any, any, any]} place  what `mountPane` takes beside the pane */
export const mount = (...place) => mountPane((looking) => new EmbeddingsPane(looking), ...place);
