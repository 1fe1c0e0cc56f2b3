/** Banned words: removes the token that would complete a banned sequence. */

/**
 * `bad_words` holds each sequence as ids.
 *
 * @type {import("../penalties.js").Penalty}
 */
export function apply({ ids }, { bad_words }) {
  const wouldComplete = (sequence) => {
    const start = ids.length - sequence.length + 1;
    return start >= 0 && sequence.every((id, i) => i === sequence.length - 1 || ids[start + i] === id);
  };
  return new Map(bad_words.filter(wouldComplete).map((sequence) => [sequence.at(-1), -Infinity]));
}
