/** Puts scores that a stage has bent into order again. Knows no stage. Pure mathematics. */

import { firstWhere } from "./row.js";

/**
 * A stage may make two scores equal, and then the ids decide, as for any tie; it may even change the order.
 *
 * @param {Uint32Array} order  changed nowhere
 * @param {Float32Array} scores  of the tokens of `order`; sorted in place within the stretch if the order changes
 * @param {import("./cuts.js").Stretch} stretch
 * @returns {Uint32Array} the order of the scores
 */
export function inOrder(order, scores, stretch) {
  const isSorted = endOfRun(scores, stretch, false) === stretch[1];
  return withTiesSettled(isSorted ? order : merged(order, scores, stretch), scores, stretch, order);
}

/**
 * A natural merge sort (Knuth, The Art of Computer Programming, volume 3, section 5.2.4). What a stage bends was sorted
 * before, so it rises and falls in a few long runs: two for most, and two passes cost a tenth of a sort with a comparison.
 */
function merged(order, scores, stretch) {
  let from = { order: order.slice(), scores: scores.slice() };
  let ends = fallingRuns(from, stretch);
  let to = { order: order.slice(), scores: scores.slice() };
  while (ends.length > 1) {
    for (let run = 0; run < ends.length; run += 2) merge(from, to, ends[run - 1] ?? stretch[0], ends[run], ends[run + 1] ?? ends[run]);
    ends = ends.filter((_, run) => run % 2 || run === ends.length - 1);
    [from, to] = [to, from];
  }
  scores.set(from.scores);
  return from.order;
}

/** Turns each run that rises. @returns {number[]} where each run ends */
function fallingRuns({ order, scores }, [first, last]) {
  const ends = [];
  for (let start = first; start < last; start = ends.at(-1)) {
    const isRising = start + 1 < last && scores[start + 1] > scores[start];
    const end = endOfRun(scores, [start, last], isRising);
    if (isRising) for (const numbers of [order, scores]) numbers.subarray(start, end).reverse();
    ends.push(end);
  }
  return ends;
}

/** @returns {number} where the scores from `start` on stop to rise, or to fall */
function endOfRun(scores, [start, last], isRising) {
  let end = start + 1;
  if (isRising) while (end < last && scores[end] >= scores[end - 1]) end++;
  else while (end < last && scores[end] <= scores[end - 1]) end++;
  return Math.min(end, last);
}

/** Writes the falling runs [start, middle) and [middle, end) of `from` as one. */
function merge(from, to, start, middle, end) {
  let [left, right] = [start, middle];
  for (let place = start; place < end; place++) {
    const next = right === end || (left < middle && from.scores[left] >= from.scores[right]) ? left++ : right++;
    to.order[place] = from.order[next];
    to.scores[place] = from.scores[next];
  }
}

/** @param {Uint32Array} kept  an array that is changed nowhere @returns {Uint32Array} with the higher id first among equal scores */
function withTiesSettled(order, scores, [first, last], kept) {
  let sorted = order;
  for (let end = first + 1; end < last; end++) {
    if (scores[end] !== scores[end - 1] || sorted[end] < sorted[end - 1]) continue;
    const start = firstWhere(first, end, (i) => scores[i] === scores[end]);
    while (end < last && scores[end] === scores[start]) end++;
    if (sorted === kept) sorted = kept.slice();
    sorted.subarray(start, end).sort().reverse();
    end--;
  }
  return sorted;
}
