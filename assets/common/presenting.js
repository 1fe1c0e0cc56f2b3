/** Keeps in the page's address whether the page is presented, so that a reload and a link show it so again. */

import { putParameter } from "./address.js";
import { roleHere } from "./class_headers.js";
import { face } from "./face.js";
import { languageOfLink } from "./language_choice.js";

const PARAMETER = "presenter";

/** @returns {boolean} whether the address asks for the presenter view, as that of a class's projector does */
export const isPresenting = () => new URLSearchParams(location.search).has(PARAMETER) || roleHere() === "projector";

/** @param {boolean} isOn */
export const putPresenting = (isOn) => putParameter(PARAMETER, isOn ? "1" : null);

/** @returns {string} what a link to this page has of it, before its fragment; a link without a face shows everything */
export function searchOfLink() {
  const said = [isPresenting() ? `${PARAMETER}=1` : "", face() === "simple" ? "face=simple" : "", languageOfLink()].filter(Boolean);
  return said.length ? `?${said.join("&")}` : "";
}
