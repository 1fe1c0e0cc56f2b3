/**
 * Reads the rows of logits of a trace file. The rows stay text, which takes less than half of their memory. A row is
 * made when its step is looked at. All of them are checked before. The check takes time in proportion to the file's
 * length, no matter how large a vocabulary the file claims.
 */

import { edited, isObject, number, text } from "./checks.js";
import { t } from "./language.js";


/** The number of bytes of each dtype's numbers, and a function that reads them. */
export const DTYPES = {
  float32: { bytes: 4, read: (buffer) => new Float32Array(buffer) },
  bfloat16: { bytes: 2, read: (buffer) => new Float32Array(Uint32Array.from(new Uint16Array(buffer), upperHalf).buffer) },
  float16: { bytes: 2, read: (buffer) => Float32Array.from(new Uint16Array(buffer), halfPrecision) },
};

/**
 * @param {any} step  the step in the file
 * @param {string} where  the step's name for an error's message
 * @param {"full" | "light"} kind
 * @param {typeof DTYPES[string]} dtype
 * @param {number} size  the size of the vocabulary
 * @returns {() => Float32Array} a function that makes the row (vocab,)
 * @throws {Error} with a sentence, if the row cannot be used
 */
export function rowMaker(step, where, kind, dtype, size) {
  if (!isObject(step)) throw edited(t("{where} is not an object", { where }));
  const isWhole = kind === "full" || step.ids === null; // a light file may have some steps whole
  return isWhole ? fullRow(step, where, dtype, size) : lightRow(step, where, dtype, size);
}

function fullRow(step, where, dtype, size) {
  const read = () => dtype.read(bytesOf(step.logits, `${where}, logits`, dtype.bytes));
  const logits = read();
  if (logits.length !== size) throw edited(t("{where}, logits are {length} and not {size}", { where, length: String(logits.length), size: String(size) }));
  checkLogits(logits, -Infinity, where);
  return read;
}

/** Makes a row from a light file: it keeps the most probable tokens, and all others have equal shares of the rest. */
function lightRow(step, where, dtype, size) {
  const readIds = () => new Uint32Array(bytesOf(step.ids, `${where}, ids`, 4));
  const readLogits = () => dtype.read(bytesOf(step.logits, `${where}, logits`, dtype.bytes));
  const [ids, logits] = [readIds(), readLogits()];
  const isFit = ids.length === logits.length && new Set(ids).size === ids.length && ids.every((id) => id < size);
  if (!isFit) throw edited(t("{where}, logits do not match their ids", { where }));
  const left = size - ids.length;
  const rest = step.rest_log_sum_exp;
  const isNone = rest === null || left === 0;
  const share = isNone ? -Infinity : number(rest, `${where}, rest_log_sum_exp`, -1e30, 1e30) - Math.log(left);
  checkLogits(logits, share, where);
  return () => {
    const row = new Float32Array(size).fill(share);
    const written = readLogits();
    readIds().forEach((id, place) => {
      row[id] = written[place];
    });
    return row;
  };
}

function checkLogits(logits, highest, where) {
  for (const logit of logits) {
    if (!(logit < Infinity)) throw notFinite(where);
    if (logit > highest) highest = logit;
  }
  if (highest === -Infinity) throw notFinite(where);
}

/** @param {any} encoded @param {string} where @param {number} bytes  of a number @returns {ArrayBuffer} what a text of base64 encodes */
export function bytesOf(encoded, where, bytes) {
  let binary;
  try {
    binary = atob(text(encoded, where));
  } catch (error) {
    throw error instanceof DOMException ? edited(t("{where} is not base64", { where })) : error;
  }
  if (!binary.length || binary.length % bytes) throw edited(t("{where} has the wrong length", { where }));
  const content = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) content[i] = binary.charCodeAt(i);
  return content.buffer;
}

const notFinite = (where) => edited(t("{where}, logits contain NaN or infinity", { where }));

function upperHalf(bits) {
  return bits << 16;
}

/** IEEE 754 binary16. @param {number} bits @returns {number} */
function halfPrecision(bits) {
  const sign = bits >>> 15 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}
