/**
 * Keeps in the page's address which lesson is open at which page, so that a reload and a link find it: `?lesson=temperature/4`.
 * `page` is not used as a name of its own, because Gradio uses it. A page that has one lesson and no server keeps the number
 * alone, behind the "#": the address of a file can have nothing else.
 */

import { isAlone } from "./recorded.js";

const PARAMETER = "lesson";

/** @returns {{name: string, page: number | null} | null} the lesson that the address asks for, with its page from 0 */
export function lessonAsked() {
  const [name, number] = (new URLSearchParams(location.search).get(PARAMETER) ?? "").split("/");
  const page = Number(number);
  return name ? { name, page: Number.isInteger(page) && page > 0 ? page - 1 : null } : null;
}

/** @param {{name: string, page: number} | null} open  with its page from 0; null if no lesson is open */
export function putLesson(open) {
  if (isAlone) return putNumber(open);
  const asked = new URLSearchParams(location.search);
  if (open) asked.set(PARAMETER, `${open.name}/${open.page + 1}`);
  else asked.delete(PARAMETER);
  const search = asked.size ? `?${asked.toString().replaceAll("%2F", "/")}` : "";
  history.replaceState(history.state, "", `${location.pathname}${search}${location.hash}`);
  document.dispatchEvent(new Event("playground:lesson-page"));
}

/** @returns {number | null} the page from 0 that the address of a page without a server asks for */
export function numberAsked() {
  const page = Number(location.hash.slice(1));
  return Number.isInteger(page) && page > 0 ? page - 1 : null;
}

/** @param {{page: number} | null} open */
function putNumber(open) {
  const wanted = `#${open?.page + 1}`;
  if (open && location.hash !== wanted) location.replace(wanted); // adds no step to the browser's history
}
