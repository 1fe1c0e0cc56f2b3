/** Makes the head of a row as the server does (playground/web/messages/head.py). */

import { sortRow } from "../../assets/distribution/row.js";

/** @param {ArrayLike<number>} logits @param {number} most @param {number} [temperature] @returns {import("../../assets/distribution/row.js").Head} */
export function headOf(logits, most, temperature = 1) {
  const { order, scores } = sortRow(Float32Array.from(logits));
  const others = Array.from(scores.subarray(most)).filter((score) => score > -Infinity);
  return {
    size: order.length,
    ids: textOf(order.slice(0, most)),
    logits: textOf(scores.slice(0, most)),
    rest: logSumExp(others),
    temperature,
    scaled_rest: logSumExp(others.map((score) => Math.fround(score / Math.fround(temperature)))),
    ruled_out: order.length - Math.min(most, order.length) - others.length,
  };
}

const textOf = (numbers) => Buffer.from(numbers.buffer).toString("base64");

const logSumExp = (scores) => (scores.length ? Math.log(scores.reduce((sum, score) => sum + Math.exp(score), 0)) : null);
