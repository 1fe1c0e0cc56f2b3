/**
 * The link to the tab Fill: what it holds.
 *
 * @typedef {object} Content
 * @property {string} model
 * @property {string} text
 * @property {number} seed
 * @property {import("../distribution/settings.js").Settings} settings
 * @property {import("./state.js").State["kept"]} kept
 */

import { packed, unpacked } from "../common/packed_link.js";

const MARK = "#fill=";
const VERSION = 1;
const HOWS = ["most probable", "drawn", "chosen"];

/** @param {Content} content @returns {Promise<string>} an address that restores it */
export const linkTo = (content) => packed(MARK, { version: VERSION, ...content });

/** @returns {Promise<Content | null>} the content of the page's link, null if it has none; rejects with a sentence */
export async function linked() {
  const found = await unpacked(MARK);
  return found === null ? null : checked(found);
}

/** @param {any} found  what somebody may have written by hand @returns {Content} @throws {Error} with a sentence */
export function checked(found) {
  const { version, model, text, seed, settings, kept } = found ?? {};
  const isPlace = (one) => Number.isInteger(one) && one >= 0;
  const isPut = (one) => Array.isArray(one) && isPlace(one[0]) && isPlace(one[1]) && HOWS.includes(one[2]);
  const isRight =
    version === VERSION &&
    typeof model === "string" &&
    typeof text === "string" &&
    isPlace(seed) &&
    typeof settings === "object" &&
    settings !== null &&
    Array.isArray(kept?.masked) &&
    kept.masked.every(isPlace) &&
    Array.isArray(kept.put) &&
    kept.put.every(isPut) &&
    (kept.selected === null || isPlace(kept.selected));
  if (!isRight) throw new Error("This link to a filled text was written by another version or by hand. Nothing on the page was changed.");
  return { model, text, seed, settings, kept };
}
