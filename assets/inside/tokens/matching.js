/**
 * Finds the tokens of the vocabulary that match what a reader types. Knows the texts that the page shows for tokens.
 *
 * A regular expression can take for ever, so it runs in a worker that is ended after a while.
 */

import { t } from "../../common/language.js";

const BYTES = /‹[0-9A-F]{2}(?: [0-9A-F]{2})*›/;
const SIGNS = { "·": " ", "⏎": "\n", "⇥": "\t", "␍": "\r" };
const LIMIT_MS = 1000;

/** @typedef {"contains" | "begins with" | "regular expression" | "is no whole character"} Kind @type {Kind[]} */
export const KINDS = ["contains", "begins with", "regular expression", "is no whole character"];

/** Returns a token as a reader would type it. @param {string} shown @returns {string} */
export const typed = (shown) => shown.replace(/[·⏎⇥␍]/g, (sign) => SIGNS[sign]);

/** @param {readonly string[]} vocabulary @param {(text: string) => boolean} isMatch @returns {number[]} */
const idsOf = (vocabulary, isMatch) => vocabulary.flatMap((shown, id) => (isMatch(shown) ? [id] : []));

/**
 * @param {readonly string[]} vocabulary  the shown texts
 * @param {Kind} kind @param {string} wanted
 * @returns {Promise<number[]>} the ids
 * @throws {Error} with a sentence: the expression is none, or takes too long
 */
export async function found(vocabulary, kind, wanted) {
  if (kind === "is no whole character") return idsOf(vocabulary, (shown) => BYTES.test(shown));
  const plain = typed(wanted);
  if (!plain) return [];
  if (kind === "begins with") return idsOf(vocabulary, (shown) => typed(shown).startsWith(plain));
  if (kind === "contains") return idsOf(vocabulary, (shown) => typed(shown).includes(plain));
  return matches(vocabulary.map(typed), expressionOf(wanted));
}

/** @param {string} wanted @returns {string} the source of a regular expression */
function expressionOf(wanted) {
  try {
    return new RegExp(wanted, "u").source;
  } catch (error) {
    throw new Error(t("This is no regular expression: {reason}. Mend it, or choose “contains”.", { reason: error.message.split(": ").at(-1) }));
  }
}

/** @param {string[]} texts @param {string} source @returns {Promise<number[]>} */
function matches(texts, source) {
  const code = URL.createObjectURL(new Blob([`(${inWorker})()`], { type: "text/javascript" }));
  const worker = new Worker(code);
  const ended = new Promise((resolve, reject) => {
    const late = () => reject(new Error(t("This expression takes too long, so the search was stopped. Write a simpler one.")));
    setTimeout(late, LIMIT_MS);
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(t("The search failed: {reason}.", { reason: message })));
    worker.postMessage({ texts, source });
  });
  return ended.finally(() => {
    worker.terminate();
    URL.revokeObjectURL(code);
  });
}

/** Runs in the worker, as text: it knows nothing of this module. */
function inWorker() {
  self.onmessage = ({ data: { texts, source } }) => {
    const expression = new RegExp(source, "u");
    self.postMessage(texts.flatMap((text, id) => (expression.test(text) ? [id] : [])));
  };
}
