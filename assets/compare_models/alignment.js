/**
 * Aligns two ways to divide one text into tokens. A piece is the shortest stretch of the text at whose ends both have the
 * end of a token. Its log-probability under a model is the sum of those of the model's tokens in it, so all pieces
 * together have the log-probability of the whole text. Pure functions; knows no models and no page.
 *
 * @typedef {object} Token
 * @property {number} start  where it begins in the text, in any unit that both sides count in
 * @property {number} end  a token that stands for no part of the text ends where it begins
 * @property {number | null} nats  its log-probability, null for the first token of a text, which nothing predicts
 *
 * @typedef {object} Piece
 * @property {number} start
 * @property {number} end
 * @property {number[]} one  the first side's tokens in it: the place of its first one, and of the first one behind it
 * @property {number[]} other  the same of the second side
 * @property {Sum[]} sums  of both sides
 *
 * @typedef {object} Sum
 * @property {number} nats  the log-probability of its tokens together
 * @property {boolean} isWhole  whether all its tokens have one
 */

/**
 * @param {Token[]} one  in the order of the text; tokens that share a character may overlap
 * @param {Token[]} other
 * @param {number} [limit]  the place up to which the two texts are equal; no piece ends behind it
 * @returns {Piece[]}
 */
export function align(one, other, limit = Infinity) {
  const [ends, otherEnds] = [endsOf(one), endsOf(other)];
  const cuts = [];
  for (let i = 0, j = 0; i < ends.length && j < otherEnds.length; ) {
    const [a, b] = [ends[i], otherEnds[j]];
    const place = Math.max(a.end, b.end);
    if (place > Math.min(a.next, b.next)) {
      if (a.next < b.end) i++;
      else j++;
      continue;
    }
    if (place > limit) break;
    if (place > (cuts.at(-1)?.place ?? 0)) cuts.push({ place, counts: [a.count, b.count] });
    i++;
    j++;
  }
  // The last piece has also what stands for no text at the end.
  if (limit === Infinity && cuts.length) cuts.at(-1).counts = [one.length, other.length];
  return cuts.map(({ place: end, counts }, number) => {
    const { place: start, counts: before } = cuts[number - 1] ?? { place: 0, counts: [0, 0] };
    const sums = [one, other].map((tokens, side) => sumOf(tokens.slice(before[side], counts[side])));
    return { start, end, one: [before[0], counts[0]], other: [before[1], counts[1]], sums };
  });
}

/** @param {Token[]} tokens @returns {Sum} */
export function sumOf(tokens) {
  const nats = tokens.reduce((sum, token) => sum + (token.nats ?? 0), 0);
  return { nats, isWhole: tokens.length > 0 && tokens.every((token) => token.nats !== null) };
}

/**
 * @param {Piece[]} pieces
 * @returns {{nats: number[], size: number}} the log-probabilities of the pieces that both models score whole, and
 *   how much text these are
 */
export function bothScored(pieces) {
  const counted = pieces.filter(({ sums }) => sums.every(({ isWhole }) => isWhole));
  const sum = (side) => counted.reduce((nats, { sums }) => nats + sums[side].nats, 0);
  return { nats: [sum(0), sum(1)], size: counted.reduce((size, { start, end }) => size + end - start, 0) };
}

/**
 * @param {Token[]} tokens
 * @returns {{end: number, next: number, count: number}[]} where a token ends and the next one begins, with the number of
 *   tokens up to there; not between tokens that share a character
 */
function endsOf(tokens) {
  const begins = tokens.map(() => Infinity); // the text after a token
  for (let place = tokens.length - 2; place >= 0; place--) begins[place] = Math.min(tokens[place + 1].start, begins[place + 1]);
  let end = 0;
  const ends = tokens.map((token, place) => {
    end = Math.max(end, token.end);
    return { end, next: begins[place], count: place + 1 };
  });
  return ends.filter((one) => one.end <= one.next);
}
