/** Tests that the Gumbel-max way draws each token with its probability, and returns the largest sums. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { uniform } from "../../assets/distribution/chance.js";
import { chiSquare } from "../../assets/distribution/chi_square.js";
import { noiseOf, race } from "../../assets/distribution/gumbel.js";
import { near } from "./near.js";

const DRAWS = 100_000;
const P = Float64Array.of(0.5, 0.25, 0.15, 0.07, 0.03);

/** Returns random numbers that follow from a seed. */
function numbersOf(seed) {
  let step = 0;
  return () => uniform(seed, step++);
}

function countsOf(probabilities, random) {
  const counts = Array.from(probabilities, () => 0);
  for (let draw = 0; draw < DRAWS; draw++) counts[race(probabilities, random)[0].place]++;
  return counts;
}

const expectedOf = (probabilities) => Array.from(probabilities, (p) => DRAWS * p);

test("the noise is that of the formula", () => near([noiseOf(Math.exp(-1)), noiseOf(0.5)], [0, 0.36651292058166435]));

test("100,000 draws have the distribution p, and not one that is near to it", () => {
  const counts = countsOf(P, numbersOf(1));
  assert.ok(chiSquare(counts, expectedOf(P)).pValue > 0.01);
  const near = Float64Array.of(0.49, 0.25, 0.15, 0.07, 0.04);
  assert.ok(chiSquare(counts, expectedOf(near)).pValue < 1e-6);
});

test("the best are those of all sums, in their order", () => {
  const weights = Float64Array.from({ length: 500 }, (_, rank) => 1 / (rank + 1) ** 1.2);
  const total = weights.reduce((sum, weight) => sum + weight);
  const probabilities = weights.map((weight) => weight / total);
  for (let seed = 0; seed < 40; seed++) {
    const random = numbersOf(seed);
    const all = Array.from(probabilities, (p, place) => ({ place, sum: Math.log(p) + noiseOf(random()) }));
    all.sort((a, b) => b.sum - a.sum);
    const best = race(probabilities, numbersOf(seed), 4);
    assert.deepEqual(best.map(({ place, sum }) => ({ place, sum })), all.slice(0, 4));
    for (const { place, log, noise, sum } of best) near([log, log + noise], [Math.log(probabilities[place]), sum]);
    assert.deepEqual(race(probabilities, numbersOf(seed)), best.slice(0, 1));
  }
});

test("one token always wins, and a token of probability 0 never does", () => {
  assert.equal(race(Float64Array.of(1), () => 0, 4)[0].place, 0);
  assert.equal(race(Float64Array.of(0, 1), () => 0.5)[0].place, 1);
});
