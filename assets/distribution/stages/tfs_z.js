/** Tail-free sampling: keeps the most probable tokens up to where the curve of the probabilities has become flat. */

/**
 * The curve's bends are its second differences; after its last token it goes on with zeros. A token goes if the bends
 * that begin above it are more than the share z of all.
 *
 * @type {import("../cuts.js").Cut}
 */
export function apply({ weights }, [first, last], { tfs_z }) {
  const weight = (i) => (i < last ? weights[i] : 0);
  const bend = (i) => Math.abs(weight(i + 2) - weight(i + 1) - (weight(i + 1) - weight(i)));
  let total = 0;
  for (let i = first; i < last; i++) total += bend(i);
  const limit = Math.fround(tfs_z);
  let place = first;
  for (let reached = 0; place < last - 1; place++) {
    reached += bend(place);
    if (Math.fround(reached / total) > limit) break;
  }
  return [first, place + 1];
}
