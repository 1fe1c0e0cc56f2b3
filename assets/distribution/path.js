/** Follows one token through the chain: its score and its probability before and after each stage. Pure mathematics. */

/**
 * @typedef {object} Passage  of a token through one stage that does something
 * @property {import("./distribution.js").Stage} stage
 * @property {import("./left.js").Left} left  what enters the stage; of penalties in a row, what enters the first one
 * @property {number} before  the token's score as it enters
 * @property {number} after  its score then, -Infinity if the stage removes it
 * @property {number | null} probabilityBefore  null beside other penalties, of which the probabilities are not known
 */

/**
 * @param {import("./distribution.js").Distribution} shape
 * @param {number} id  of a token that the model itself does not rule out
 * @returns {Passage[]} through the stages in their order, up to the one that removes the token
 */
export function pathOf(shape, id) {
  const passages = [];
  let before = shape.row.logits[id];
  for (const stage of shape.stages) {
    if (before === -Infinity) break;
    if (stage.off || stage.isWaiting || stage.refusal) continue;
    const [entering, leaving] = shape.around(stage.name);
    const touched = shape.touched.get(stage.name);
    const after = touched ? touched.get(id) ?? before : leaving.scoreOf(id);
    passages.push({ stage, left: entering, before, after, probabilityBefore: touched ? null : shareOf(entering, before) });
    before = after;
  }
  return passages;
}

/** @returns {number} the probability that a score has among what is left */
const shareOf = (left, score) => Math.exp(score - left.ranking.scores[left.stretch[0]]) / left.weight;
