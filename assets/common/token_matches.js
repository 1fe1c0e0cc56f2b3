/** Finds tokens of the vocabulary by what a reader types. Knows texts, not the page. */

/**
 * Finds the tokens that contain a text. Those that begin with it come first, then shorter ones, so that an equal token is
 * the first of all. A leading space may be left out.
 *
 * @param {string} typed
 * @param {number} size  the number of tokens
 * @param {(id: number) => string} textOf
 * @returns {number[]} ids, best match first
 */
export function tokensWith(typed, size, textOf) {
  const wanted = plain(typed);
  if (!wanted) return [];
  const matches = [];
  for (let id = 0; id < size; id++) {
    const text = plain(textOf(id));
    const place = text.indexOf(wanted);
    if (place >= 0) matches.push({ id, place: Math.min(place, 1), length: text.length });
  }
  matches.sort((a, b) => a.place - b.place || a.length - b.length || a.id - b.id);
  return matches.map(({ id }) => id);
}

/** Returns a text as a reader would type it: with spaces instead of their mark, trimmed and in lower case. */
const plain = (text) => text.replaceAll("·", " ").trim().toLowerCase();
