/**
 * Says in plain words what the drawing of the model shows: how large the model is, what passes through it, and which block
 * is opened. Knows the pane's state, not the page.
 */

import { spaced } from "../in_words.js";
import { fixed, t, tn } from "../../common/language.js";

/** @param {import("./state.js").PictureState} state  with a drawing @returns {string} three sentences */
export function captionOf(state) {
  const { model, layers, parameters } = state.drawing;
  const whole = tn(
    "This is the whole of {model}: {parameters} learned numbers, in {n} block and in the parts around it.",
    "This is the whole of {model}: {parameters} learned numbers, in {n} blocks that work one after the other and in the parts around them.",
    layers,
    { model, parameters },
  );
  return [whole, vector(state), opened(state)].join(" ");
}

/** What passes through the model at the chosen position. */
function vector({ drawing: { width }, text, query, lengths }) {
  const token = text && query >= 0 ? spaced(text.tokens[query]) : null;
  if (token === null) return t("Each token passes through it as a vector of {width} numbers, to which every block adds.", { width });
  if (!lengths) return t("‘{token}’ passes through it as a vector of {width} numbers, to which every block adds.", { token, width });
  const [first, last] = [lengths[0], lengths.at(-1)].map((length) => fixed(length, 1));
  return t("‘{token}’ passes through it as a vector of {width} numbers: its length is {first} before the blocks and {last} after them.", { token, width, first, last });
}

/** Which block is drawn with its parts. */
const opened = ({ drawing: { layers }, block }) =>
  layers === 1 ? t("The block is drawn with its parts.") : t("Block {block} of 0 to {last} is drawn with its parts.", { block, last: layers - 1 });
