/** Keeps in the page's address whether the page is presented, so that a reload and a link show it so again. */

const PARAMETER = "presenter";

/** @returns {boolean} whether the address asks for the presenter view */
export const isPresenting = () => new URLSearchParams(location.search).has(PARAMETER);

/** @returns {string} what a link to this page has of it, before its fragment */
export const searchOfLink = () => (isPresenting() ? `?${PARAMETER}=1` : "");

/** @param {boolean} isOn */
export function putPresenting(isOn) {
  const asked = new URLSearchParams(location.search);
  if (isOn) asked.set(PARAMETER, "1");
  else asked.delete(PARAMETER);
  const search = asked.size ? `?${asked.toString().replaceAll("%2F", "/")}` : "";
  history.replaceState(history.state, "", `${location.pathname}${search}${location.hash}`);
}
