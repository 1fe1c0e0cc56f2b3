/**
 * Reshapes many rows of logits at once.
 *
 * The question is {logits: base64 of float32, all rows in one array; cases: {start, size, ids, moment, words,
 * settings}[]}. The answer has the stages and entropy of each case. For the tokens of all cases, each in one array as
 * base64, it has the order, the probabilities, and the stage that removed the token (-1: none). float32 keeps a
 * probability to 1e-7 in half the space.
 */

import { momentOf } from "../../assets/distribution/moment.js";
import { reshape, sortRow } from "../../assets/distribution/distribution.js";
import { STAGES } from "../../assets/distribution/stages/all.js";
import { answer, asked } from "./asked.js";

const { logits, cases } = asked();
const bytes = Uint8Array.from(Buffer.from(logits, "base64")).buffer;
const shapes = cases.map(({ start, size, ids, moment, words: known, settings }) => {
  const words = { idsOf: (setting) => known[setting] };
  return reshape(sortRow(new Float32Array(bytes, 4 * start, size)), momentOf(ids, { ...moment, words }), settings);
});
const base64 = (arrays) => Buffer.concat(arrays.map((array) => Buffer.from(array.buffer))).toString("base64");
const byToken = (Numbers, value) => base64(shapes.map((shape) => new Numbers(shape.order).map((_, id) => value(shape, id))));
const place = Object.fromEntries(STAGES.map(({ name }, index) => [name, index]));

answer({
  facts: shapes.map(({ stages, entropyBits }) => [stages, entropyBits]),
  order: base64(shapes.map((shape) => new Uint16Array(shape.order))),
  raw: byToken(Float32Array, (shape, id) => shape.rawProbability(id)),
  probability: byToken(Float32Array, (shape, id) => shape.probability(id)),
  removedBy: byToken(Int8Array, (shape, id) => place[shape.removedBy(id)] ?? -1),
});
