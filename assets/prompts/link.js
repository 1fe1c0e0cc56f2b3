/**
 * The link to the Compare prompts tab: what it holds. `playground/prompts/link.py` checks what is unpacked here.
 *
 * @typedef {object} State
 * @property {string} model
 * @property {import("./task_form.js").Task} task
 * @property {"plain" | "turn" | "turns"} form
 * @property {import("./kind_choice.js").Kind[]} columns
 * @property {string | null} spelling  the spelling of the label words, null for the form's own
 * @property {boolean} calibrates
 * @property {import("../distribution/settings.js").Settings} settings
 * @property {import("../models/language_lists.js").Pair} languages
 */

import { packed, unpacked } from "../common/packed_link.js";

const MARK = "#prompts=";
const VERSION = 2;

/** @param {State} state @returns {Promise<string>} an address that restores the state */
export const linkTo = (state) => packed(MARK, { version: VERSION, ...state });

/** @returns {Promise<unknown>} the content of the page's link, null if it has none; rejects with a sentence */
export const linked = () => unpacked(MARK);
