/** Reads what a Python test asks and answers it, as JSON on standard input and output. */

import { readFileSync, writeSync } from "node:fs";

export const asked = () => JSON.parse(readFileSync(0, "utf8"));

/** Writes the whole answer before the process ends, also to a pipe that is full for a moment. */
export function answer(value) {
  let left = Buffer.from(JSON.stringify(value));
  while (left.length) {
    try {
      left = left.subarray(writeSync(1, left));
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}
