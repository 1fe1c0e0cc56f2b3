/**
 * Applies a stage that reads the text to many rows.
 *
 * The question is {name, cases: {moment, values, logits}[]}, the answer the tokens that the stage touches in each case, as
 * [id, logit]. JSON has no infinity: null stands for a token that is removed.
 */

import { answer, asked } from "./asked.js";

const { name, cases } = asked();
const { apply } = await import(`../../assets/distribution/stages/${name}.js`);
answer(
  cases.map(({ moment, values, logits }) => {
    const touched = apply(moment, values, (id) => logits[id] ?? -Infinity, logits.length);
    return [...touched].map(([id, logit]) => [id, logit === -Infinity ? null : logit]);
  }),
);
