/** What the draw says of a step and of a blank, and of the Gumbel-max way to draw. */

import { t, tParts } from "../common/language.js";
import { term } from "../glossary/term.js";

/** @typedef {{u: string, token: string}} Fallen  the random number, and the token on which it falls */

/** Sentences by what is drawn for. `own` is of its own u, which falls on the token of the text or now on another one. */
export const SAYS = {
  step: {
    own: (/** @type {Fallen} */ fallen) => t("the step's own u = {u} falls on {token}", fallen),
    ownNow: (/** @type {Fallen} */ fallen) => t("the step's own u = {u} now falls on {token}", fallen),
    none: t("No token was drawn for this step. Press Draw again to see what could come."),
    noneByNoise: t("No token was drawn for this step. Press Draw again to give each kept token its noise."),
    byU: t("The playground drew by u for this step. Press Draw again to give each kept token its noise."),
  },
  blank: {
    own: (/** @type {Fallen} */ fallen) => t("the blank's own u = {u} falls on {token}", fallen),
    ownNow: (/** @type {Fallen} */ fallen) => t("the blank's own u = {u} now falls on {token}", fallen),
    none: t("No token was drawn for this blank. Press Draw again to see what could come."),
    noneByNoise: t("No token was drawn for this blank. Press Draw again to give each kept token its noise."),
    byU: t("The playground drew by u for this blank. Press Draw again to give each kept token its noise."),
  },
};

/** @returns {(string | Node)[]} what Gumbel-max is */
export const aboutNoise = () =>
  tParts(
    "Each kept token gets {noise} −ln(−ln u), with a u of its own, on top of its log-probability. The largest sum wins, and each " +
      "token wins with its probability p: both ways draw from the same distribution. This one needs no sum over the vocabulary, " +
      "because logits serve as well as log p, and it runs in parallel. vLLM draws like this: p divided by exponential noise has " +
      "the same winner.",
    { noise: term("Gumbel noise", t("Gumbel noise")) },
  );
