/**
 * Writes a parameter of the page's address. The other parameters, the link and the history's entry stay. The address of a page
 * without a server stays as it is, because a file has no parameters.
 */

import { isAlone } from "./recorded.js";

/** @param {string} name @param {string | null} value  null takes the parameter away */
export function putParameter(name, value) {
  if (isAlone) return;
  const asked = new URLSearchParams(location.search);
  if (value === null) asked.delete(name);
  else asked.set(name, value);
  const search = asked.size ? `?${asked.toString().replaceAll("%2F", "/")}` : "";
  history.replaceState(history.state, "", `${location.pathname}${search}${location.hash}`);
}
