/**
 * Reshapes rows of logits under a constraint or a watermark whose mask is given. The question is {logits: base64 of float32, all rows in
 * one array; cases: {start, size, mask: base64, settings}[]}; the answer has each case's facts and, by token id, its
 * probabilities and the stage that removed it.
 */

import { momentOf } from "../../assets/distribution/moment.js";
import { reshape, sortRow } from "../../assets/distribution/distribution.js";
import { answer, asked } from "./asked.js";

const { logits, cases } = asked();
const bytesOf = (text) => Uint8Array.from(Buffer.from(text, "base64"));
const { buffer } = bytesOf(logits);
answer(
  cases.map(({ start, size, mask, settings }) => {
    const row = sortRow(new Float32Array(buffer, 4 * start, size));
    const moment = momentOf([], mask === null ? {} : { maskOf: () => bytesOf(mask), greenOf: () => bytesOf(mask) });
    const shape = reshape(row, moment, settings);
    const ids = Array.from({ length: size }, (_, id) => id);
    return {
      stages: shape.stages.filter(({ off }) => !off).map(({ name, kept, removedMass, isWaiting }) => ({ name, kept, removedMass, isWaiting })),
      probabilities: ids.map((id) => shape.probability(id)),
      removedBy: ids.map((id) => shape.removedBy(id)),
      order: [...shape.order],
    };
  }),
);
