/** No-repeat n-gram: removes the tokens that would repeat an n-gram of the text. */

/** @type {import("../penalties.js").Penalty} */
export function apply({ ids }, { no_repeat_ngram_size: size }) {
  return new Map(followers(ids, size).map((id) => [id, -Infinity]));
}

/** @returns {number[]} the tokens that once followed the last `size - 1` ids */
function followers(ids, size) {
  const suffixStart = ids.length - size + 1;
  const found = [];
  for (let start = 0; start + size <= ids.length; start++) {
    let same = 0;
    while (same < size - 1 && ids[start + same] === ids[suffixStart + same]) same++;
    if (same === size - 1) found.push(ids[start + same]);
  }
  return found;
}
