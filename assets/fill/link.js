/**
 * The link to the tab Fill: what it holds. The browser keeps the same for a reload and a later visit.
 *
 * @typedef {object} Content
 * @property {string} model
 * @property {string} text
 * @property {number} seed
 * @property {import("../distribution/settings.js").Settings} settings
 * @property {import("./state.js").State["kept"]} kept
 */

import { t } from "../common/language.js";
import { keep, kept as keptPart } from "../common/keeping.js";
import { packed, unpacked } from "../common/packed_link.js";

const MARK = "#fill=";
const VERSION = 1;
const PART = "fill";
const HOWS = ["most probable", "drawn", "chosen"];

/** @param {Content} content @returns {Promise<string>} an address that restores it */
export const linkTo = (content) => packed(MARK, { version: VERSION, ...content });

/** Keeps a content in the browser. @param {() => Content} contentOf */
export const keepFilled = (contentOf) => keep(PART, () => JSON.stringify({ version: VERSION, ...contentOf() }));

/** @returns {Content | null} what the browser kept of an earlier visit */
export function keptFilled() {
  const found = keptPart(PART);
  return isContent(found) ? found : null;
}

/** @returns {Promise<Content | null>} the content of the page's link, null if it has none; rejects with a sentence */
export async function linked() {
  const found = await unpacked(MARK);
  return found === null ? null : checked(found);
}

/** @param {any} found  what somebody may have written by hand @returns {Content} @throws {Error} with a sentence */
export function checked(found) {
  if (!isContent(found)) {
    throw new Error(t("This link to a filled text was written by another version or by hand. Nothing on the page was changed."));
  }
  const { model, text, seed, settings, kept } = found;
  return { model, text, seed, settings, kept };
}

/** @param {any} found @returns {found is Content} */
function isContent(found) {
  const { version, model, text, seed, settings, kept } = found ?? {};
  const isPlace = (one) => Number.isInteger(one) && one >= 0;
  const isPut = (one) => Array.isArray(one) && isPlace(one[0]) && isPlace(one[1]) && HOWS.includes(one[2]);
  return (
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
    (kept.selected === null || isPlace(kept.selected))
  );
}
