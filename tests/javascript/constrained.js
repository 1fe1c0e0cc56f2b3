/**
 * Reshapes rows of logits under a constraint or a watermark whose mask is given. The question is {logits: base64 of float32,
 * all rows in one array; cases: {start, size, mask: base64, refusal, settings}[]}; the answer has each case's facts and, by
 * token id, its probabilities and the stage that removed it.
 */

import { momentOf } from "../../assets/distribution/moment.js";
import { reshape, sortRow } from "../../assets/distribution/distribution.js";
import { answer, asked } from "./asked.js";

const { logits, cases } = asked();
const bytesOf = (text) => Uint8Array.from(Buffer.from(text, "base64"));
/** What the server has sent: a mask, a sentence that refuses, or nothing yet. */
const answered = (mask, refusal) => (refusal ? new Error(refusal) : mask === null ? undefined : bytesOf(mask));
const { buffer } = bytesOf(logits);
answer(
  cases.map(({ start, size, mask, refusal, settings }) => {
    const row = sortRow(new Float32Array(buffer, 4 * start, size));
    const moment = momentOf([], { maskOf: () => answered(mask, refusal), greenOf: () => answered(mask, refusal) });
    const shape = reshape(row, moment, settings);
    const ids = Array.from({ length: size }, (_, id) => id);
    return {
      stages: shape.stages.filter(({ off }) => !off).map(({ name, kept, removedMass, isWaiting, refusal }) => ({ name, kept, removedMass, isWaiting, refusal })),
      probabilities: ids.map((id) => shape.probability(id)),
      removedBy: ids.map((id) => shape.removedBy(id)),
      order: [...shape.order],
    };
  }),
);
