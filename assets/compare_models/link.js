/**
 * The link to the Compare models tab: what it holds. `playground/web/panels/models_link.py` checks what is unpacked here.
 *
 * @typedef {object} Content
 * @property {readonly string[]} models  a column each
 * @property {import("../chat/conversation.js").Written} written  the prompt of all columns
 * @property {import("../distribution/settings.js").Settings} settings  with the seed and the stop strings
 */

import { packed, unpacked } from "../common/packed_link.js";

const MARK = "#models=";
const VERSION = 1;

/** @param {Content} content @returns {Promise<string>} an address that restores it */
export const linkTo = (content) => packed(MARK, { version: VERSION, ...content });

/** @returns {Promise<unknown>} the content of the page's link, null if it has none; rejects with a sentence */
export const linked = () => unpacked(MARK);
