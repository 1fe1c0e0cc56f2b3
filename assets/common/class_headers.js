/**
 * Knows who this page is in a class, and the headers that say so to the server: the teacher's secret or a pupil's token. Both
 * stay in this window's `sessionStorage`, and never stand in an address. Without a class there is no header.
 *
 * `early.js` takes the teacher's secret out of the address. A projector looks only and has no header: its address asks for it.
 *
 * @typedef {"teacher" | "pupil" | "projector"} Role
 */

import { storage } from "./keeping.js";

const SECRET = "playground:teacher";
const TOKEN = "playground:pupil";
const PROJECTOR = "projector";

/** @returns {boolean} whether the server has a class */
export const hasClass = () => globalThis.playgroundClass === true;

const isProjector = () => new URLSearchParams(location.search).get(PROJECTOR) === "1";
const secret = () => storage("sessionStorage")?.getItem(SECRET) ?? "";
const token = () => storage("sessionStorage")?.getItem(TOKEN) ?? "";

/** @returns {Role | null} */
function readRole() {
  if (!hasClass()) return null;
  if (isProjector()) return "projector";
  return secret() ? "teacher" : "pupil";
}

/** @type {Role | null | undefined} */
let role;

/** @returns {Role | null} null without a class. A page that gets the secret later is loaded again, as the teacher's. */
export function roleHere() {
  if (role === undefined) role = readRole();
  return role;
}

/** @returns {Record<string, string>} the headers for requests to the page's own server */
export function classHeaders() {
  const role = roleHere();
  if (role === "teacher") return { "X-Playground-Teacher": secret() };
  return role === "pupil" && token() ? { "X-Playground-Pupil": token() } : {};
}

/** @returns {boolean} whether this window has joined the class as a pupil */
export const hasToken = () => token() !== "";

/** Keeps a pupil's token, or forgets it. @param {string | null} given */
export function keepToken(given) {
  if (given === null) storage("sessionStorage")?.removeItem(TOKEN);
  else storage("sessionStorage")?.setItem(TOKEN, given);
}
