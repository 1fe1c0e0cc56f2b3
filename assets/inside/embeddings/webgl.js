/** Knows whether this browser draws with WebGL, which pictures with three axes need. */

/** @type {boolean | null} */
let known = null;

/** @returns {boolean} */
export function hasWebgl() {
  if (known !== null) return known;
  const context = document.createElement("canvas").getContext("webgl");
  known = context !== null;
  context?.getExtension("WEBGL_lose_context")?.loseContext(); // a page may have few of them
  return known;
}
