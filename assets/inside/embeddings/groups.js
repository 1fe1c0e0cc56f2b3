/**
 * Reads the words that a reader writes: each line is a group of words, which may begin with its name and a colon. Knows
 * texts, not the page.
 *
 * @typedef {object} Group
 * @property {string} name  empty if the line has none
 * @property {string[]} words  each of them once in all groups
 */

export const MOST_GROUPS = 4; // each has its own sign; words of further lines belong to the last

/** @param {string} text @returns {Group[]} without empty groups */
export function readGroups(text) {
  const seen = new Set();
  /** @type {Group[]} */
  const groups = [];
  for (const line of text.split("\n")) {
    const [, name = "", list] = /^\s*(?:([^:,]*\S)\s*:\s)?(.*)$/s.exec(line);
    const words = list.split(/[,;\s]+/).filter((word) => word && !seen.has(word) && seen.add(word));
    if (!words.length) continue;
    if (groups.length < MOST_GROUPS) groups.push({ name, words });
    else groups.at(-1).words.push(...words);
  }
  return groups;
}
