/** The three ways to say what a word of the text did: their names, what each asks, and how long it takes. */

import { t } from "../../common/language.js";

/**
 * @typedef {"leave_one_out" | "gradient_x_input" | "integrated_gradients"} MethodId
 *
 * @typedef {object} Method
 * @property {MethodId} id  its name on the server
 * @property {string} name  in exported files
 * @property {string} shown  the same on the page
 * @property {string} asks  the question that its numbers answer
 * @property {boolean} isFirst  whether it is shown when the pane opens
 */

/** @type {readonly Method[]} in the order in which they are shown */
export const METHODS = [
  {
    id: "leave_one_out",
    name: "Leave one out",
    shown: t("Leave one out"),
    asks: t("The model reads the text again without this part. How much does the score lose?"),
    isFirst: true,
  },
  {
    id: "gradient_x_input",
    name: "Gradient × input",
    shown: t("Gradient × input"),
    asks: t("If this part’s vector grew a little, how fast would the score grow? A quick guess from one look."),
    isFirst: true,
  },
  {
    id: "integrated_gradients",
    name: "Integrated gradients",
    shown: t("Integrated gradients"),
    asks: t("The same along the whole way from empty vectors to the text, added up (Sundararajan et al. 2017). It takes longer."),
    isFirst: false,
  },
];

/** @param {MethodId} id */
export const methodOf = (id) => METHODS.find((method) => method.id === id);
