/**
 * Packs what a view holds into a link, in the address's fragment, which no log sees, and unpacks it. Knows the browser's
 * compression and its clipboard, not what is packed.
 */

import { copyText } from "./download.js";
import { t } from "./language.js";

const LARGEST = 200_000; // characters of the unpacked text

/**
 * @param {string} mark  begins the fragment: "#prompts="
 * @param {object} content
 * @returns {Promise<string>} an address of this page that holds the content
 * @throws {Error} with a sentence, if the link is too long to be followed
 */
export async function packed(mark, content) {
  const text = JSON.stringify(content);
  if (text.length > LARGEST) {
    throw new Error(t("The link would hold {length} characters, and a page follows at most {most}. Shorten the prompt.", { length: text.length, most: LARGEST }));
  }
  const squeezed = new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw")));
  const bytes = Array.from(new Uint8Array(await squeezed.arrayBuffer()), (byte) => String.fromCharCode(byte)).join("");
  const url = new URL(location.href);
  url.hash = mark + btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return url.href;
}

/**
 * @param {string} mark
 * @returns {Promise<unknown>} the content of the page's link, which is not checked; null if it has no such link
 * @throws {Error} with a sentence, if the link cannot be read
 */
export async function unpacked(mark) {
  if (!location.hash.startsWith(mark)) return null;
  try {
    const text = location.hash.slice(mark.length).replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
    return JSON.parse(await inflated(bytes));
  } catch {
    throw new Error(t("This link cannot be followed, because it is cut off or too long. Nothing on the page was changed."));
  }
}

/** Copies a link. @param {Promise<string>} making @returns {Promise<string>} a sentence that says where the link is, or why there is none */
export async function copied(making) {
  try {
    const link = await making;
    if (await copyText(link)) return t("The link is copied.");
    history.replaceState(null, "", link);
    return t("The browser does not allow copying. The link is now in its address bar.");
  } catch (error) {
    return error.message;
  }
}

/** @returns {Promise<string>} the text; throws if it is longer than `LARGEST` */
async function inflated(bytes) {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += decoder.decode(part.value, { stream: true });
    if (text.length > LARGEST) throw new RangeError("too large");
  }
  return text;
}
