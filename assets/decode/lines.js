/**
 * Chooses the lines of the step view: the most probable candidates, the cuts between them, the drawn token at any rank,
 * and one line for all other tokens together. Knows distributions, not the page.
 *
 * @typedef {object} TokenLine
 * @property {"token"} kind
 * @property {import("../distribution/distribution.js").Candidate} candidate
 * @property {boolean} isApart  whether lines are left out before it
 *
 * @typedef {object} CutLine
 * @property {"cut"} kind
 * @property {import("../distribution/distribution.js").Edge} edge
 *
 * @typedef {object} RestLine
 * @property {"rest"} kind
 * @property {number} count  the number of tokens
 * @property {number} probability  their probability together, after all stages
 * @property {number} rawProbability
 *
 * @typedef {TokenLine | CutLine | RestLine} Line
 */

/**
 * @param {import("../distribution/distribution.js").Distribution} shape
 * @param {number} drawnId
 * @param {number} room  the number of lines
 * @returns {Line[]} at most `room`
 */
export function linesOf(shape, drawnId, room) {
  const size = shape.order.length;
  let lines = top(shape, room);
  if (tokensIn(lines) < size) lines = top(shape, room - 1);
  if (!lines.some((line) => line.candidate?.id === drawnId)) {
    lines = top(shape, room - 2);
    lines.push({ kind: "token", candidate: shape.candidate(drawnId), isApart: true });
  }
  return tokensIn(lines) < size ? [...lines, rest(shape, lines)] : lines;
}

/** Returns the first tokens in order, with the cuts between them. */
function top(shape, room) {
  const lines = [];
  for (let position = 0; position <= shape.order.length; position++) {
    const cuts = shape.edges.filter((edge) => edge.position === position);
    lines.push(...cuts.map((edge) => ({ kind: "cut", edge })));
    if (lines.length >= room || position === shape.order.length) break;
    lines.push({ kind: "token", candidate: shape.candidate(shape.order[position]), isApart: false });
  }
  return lines.slice(0, room);
}

/** @returns {RestLine} */
function rest(shape, lines) {
  const shown = lines.filter((line) => line.kind === "token").map((line) => line.candidate);
  const missing = (name) => Math.max(0, shown.reduce((left, candidate) => left - candidate[name], 1));
  const keptShown = shown.filter((candidate) => candidate.probability > 0).length;
  return {
    kind: "rest",
    count: shape.order.length - shown.length,
    probability: keptShown < shape.kept ? missing("probability") : 0,
    rawProbability: missing("rawProbability"),
  };
}

const tokensIn = (lines) => lines.filter((line) => line.kind === "token").length;
