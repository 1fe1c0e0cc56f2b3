/**
 * Keeps in the page's address which lesson is open at which page, so that a reload and a link find it: `?lesson=temperature/4`.
 * `page` is not used as a name of its own, because Gradio uses it.
 */

const PARAMETER = "lesson";

/** @returns {{name: string, page: number | null} | null} the lesson that the address asks for, with its page from 0 */
export function lessonAsked() {
  const [name, number] = (new URLSearchParams(location.search).get(PARAMETER) ?? "").split("/");
  const page = Number(number);
  return name ? { name, page: Number.isInteger(page) && page > 0 ? page - 1 : null } : null;
}

/** @param {{name: string, page: number} | null} open  with its page from 0; null if no lesson is open */
export function putLesson(open) {
  const asked = new URLSearchParams(location.search);
  if (open) asked.set(PARAMETER, `${open.name}/${open.page + 1}`);
  else asked.delete(PARAMETER);
  const search = asked.size ? `?${asked.toString().replaceAll("%2F", "/")}` : "";
  history.replaceState(history.state, "", `${location.pathname}${search}${location.hash}`);
  document.dispatchEvent(new Event("playground:lesson-page"));
}
