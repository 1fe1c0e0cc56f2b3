/** Where the end of a text stood before, and how far: the search behind DRY. Knows ids only. */

const LONGEST_TAIL = 20;

/**
 * The tokens that followed an earlier place where the text stood as at its end, and over how many tokens. Of several
 * such places the longest counts; places may overlap. The text is read from its end, where the question is which of its
 * tokens begin a copy of its beginning: the Z algorithm (Gusfield 1997), in linear time.
 *
 * @param {number[]} ids
 * @returns {Map<number, number>} token id -> the length
 */
export function followers(ids) {
  const backwards = [...ids].reverse();
  const lengths = new Uint32Array(backwards.length);
  const found = new Map();
  let [start, end] = [0, 0]; // the copy that reaches farthest
  for (let place = 1; place < backwards.length; place++) {
    if (backwards[place] !== backwards[0]) continue; // the length is 0
    let length = place < end ? Math.min(lengths[place - start], end - place) : 0;
    if (place + length >= end) {
      while (place + length < backwards.length && backwards[length] === backwards[place + length]) length++;
      [start, end] = [place, place + length];
    }
    lengths[place] = length;
    const follower = backwards[place - 1];
    found.set(follower, Math.max(length, found.get(follower) ?? 0));
  }
  return found;
}

/**
 * How many tokens stand after the last breaker of the text, or `most` if that is fewer. Of several breakers that begin
 * with the same token, the longest counts.
 *
 * @param {number[]} ids
 * @param {Record<number, number[][]>} breakers  by the first token of each, the tokens that follow it
 * @param {number} most
 */
export function sinceBreaker(ids, breakers, most) {
  for (let after = 0; after <= most + LONGEST_TAIL && after < ids.length; after++) {
    const next = ids.length - after;
    const lengths = (breakers[ids[next - 1]] ?? [])
      .filter((tail) => tail.length <= after && tail.every((id, i) => id === ids[next + i]))
      .map((tail) => tail.length);
    if (lengths.length) return Math.min(most, after - Math.max(...lengths));
  }
  return most;
}
