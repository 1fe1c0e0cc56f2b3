/**
 * Compares the texts of two models: where they part, and their tokens with their places in the text. Knows traces and the
 * words of tokens, not the page.
 *
 * @typedef {object} Side  the text of one model
 * @property {import("../common/trace.js").Trace} trace
 * @property {(id: number) => string} textOf  returns the text that the page shows for a token
 *
 * @typedef {object} Parting
 * @property {number} bytes  how much text is equal before it
 * @property {number[]} steps  the step of each side that writes something else, or that would come after its last one
 */

import { bytesOf } from "../common/readable.js";
import { parting } from "../compare/parting.js";

/**
 * @param {Side} side
 * @returns {import("./alignment.js").Token[]} its generated tokens with their places in bytes; the end token has no text
 */
export function placed({ trace, textOf }) {
  let end = 0;
  return trace.steps.map((step) => {
    const start = end;
    if (!endsText(trace, step)) end += bytesOf(textOf(step.token_id)).length;
    return { start, end, nats: Math.log(step.raw_probability) };
  });
}

/** @param {import("../common/trace.js").Trace} trace @returns {number[]} the ids of the generated text, without the end token */
export const textTokens = (trace) => trace.steps.filter((step) => !endsText(trace, step)).map((step) => step.token_id);

const bytesWritten = ({ trace, textOf }) => textTokens(trace).flatMap((id) => bytesOf(textOf(id)));

/**
 * @param {Side} one
 * @param {Side} other
 * @param {boolean} isById  whether both have one vocabulary, so that their tokens can be compared
 * @returns {Parting | null} null while the texts are equal, so far as both are written
 */
export function partingOf(one, other, isById) {
  return isById ? partingById(one, other) : partingByText(one, other);
}

function partingById(one, other) {
  const ids = [one, other].map(({ trace }) => trace.steps.map((step) => step.token_id));
  const place = parting(ids[0], ids[1]);
  const isOpen = [one, other].some(({ trace }) => trace.isRunning && trace.steps.length === place);
  if (place < 0 || isOpen) return null; // the shorter one may still go on alike
  return { bytes: placed(one)[place]?.start ?? bytesWritten(one).length, steps: [place, place] };
}

function partingByText(one, other) {
  const sides = [one, other];
  const [bytes, otherBytes] = sides.map(bytesWritten);
  let place = 0;
  while (place < bytes.length && bytes[place] === otherBytes[place]) place++;
  const isOpen = [bytes, otherBytes].some(({ length }, side) => length === place && sides[side].trace.isRunning);
  if (isOpen) return null; // the shorter one may still go on alike
  const steps = sides.map((side) => {
    const at = placed(side).findIndex(({ start, end }) => end > place || (start === end && start === place));
    return at < 0 ? side.trace.steps.length : at;
  });
  const isEqual = sides.every(({ trace }, side) => trace.steps.length === steps[side] || endsText(trace, trace.steps[steps[side]]));
  return isEqual ? null : { bytes: place, steps };
}

const endsText = (trace, step) => trace.latest.stop_reason === "end_token" && step.index === trace.last;
