/** Writes a parameter of the page's address. The other parameters, the link and the history's entry stay. */

/** @param {string} name @param {string | null} value  null takes the parameter away */
export function putParameter(name, value) {
  const asked = new URLSearchParams(location.search);
  if (value === null) asked.delete(name);
  else asked.set(name, value);
  const search = asked.size ? `?${asked.toString().replaceAll("%2F", "/")}` : "";
  history.replaceState(history.state, "", `${location.pathname}${search}${location.hash}`);
}
