/** Says who somebody in the class is. */

import { t } from "../common/language.js";

/** @param {{number: number, name: string}} who @returns {string} the nickname, or a name for somebody without one */
export const nameOf = ({ number, name }) => name || t("pupil {number}", { number });
