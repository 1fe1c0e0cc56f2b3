/**
 * The answers of the server, in a page that has no server: a page to take home. Such a page asks here for all that it would
 * ask the server for, and sends no request. `playground/sharing/document.py` writes them into the page. Knows neither the
 * page nor what the answers are.
 */

import { t } from "./language.js";

/** @type {Readonly<Record<string, string>> | null} base64 of the answers, by the path below "playground/" that asks for each, with the JSON of its question, if there is one, after a space */
const RECORDED = globalThis.playgroundRecorded ?? null;

/** Whether this page has no server, only what was recorded. */
export const isAlone = RECORDED !== null;

/** @param {string} path @returns {boolean} whether this page has an answer that was recorded */
export const isRecorded = (path) => RECORDED !== null && Object.hasOwn(RECORDED, path);

/** Says to a reader that something cannot be done without a model. */
export const NEEDS_MODEL = t("This page holds only what was recorded, and this needs a model. The top of the page says how to start the playground.");

/**
 * @param {string} path
 * @returns {Uint8Array<ArrayBuffer>} the bytes of what was recorded
 * @throws {Error} with a sentence to show, if nothing was
 */
export function recordedBytes(path) {
  if (!isRecorded(path)) throw new Error(NEEDS_MODEL);
  const binary = atob(RECORDED[path]);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at); // a file of a whole text has millions
  return bytes;
}
