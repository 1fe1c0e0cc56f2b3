/**
 * Packs the tab's content into a link, in the address's fragment, which no log sees, and unpacks it. Knows the
 * browser's compression, not the page. `playground/prompts/link.py` checks what is unpacked here.
 *
 * @typedef {object} State
 * @property {string} model
 * @property {import("./task_form.js").Task} task
 * @property {"plain" | "turn" | "turns"} form
 * @property {import("./kind_choice.js").Kind[]} columns
 * @property {string | null} spelling  the spelling of the label words, null for the form's own
 * @property {boolean} calibrates
 * @property {import("../distribution/settings.js").Settings} settings
 */

const NAME = "#prompts=";
const VERSION = 2;
const LARGEST = 200_000; // characters of the unpacked text

/** @param {State} state @returns {Promise<string>} an address that restores the state */
export async function linkTo(state) {
  const text = JSON.stringify({ version: VERSION, ...state });
  const packed = new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw")));
  const bytes = Array.from(new Uint8Array(await packed.arrayBuffer()), (byte) => String.fromCharCode(byte)).join("");
  const url = new URL(location.href);
  url.hash = NAME + btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return url.href;
}

/**
 * @returns {Promise<unknown>} the content of the page's link, null if it has none
 * @throws {Error} with a sentence, if the link cannot be read
 */
export async function linked() {
  if (!location.hash.startsWith(NAME)) return null;
  try {
    const packed = location.hash.slice(NAME.length).replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(packed), (one) => one.charCodeAt(0));
    return JSON.parse(await unpacked(bytes));
  } catch {
    throw new Error("This link cannot be followed, because it is cut off or too long. Nothing on the page was changed.");
  }
}

/** @returns {Promise<string>} the unpacked text; throws if it is longer than `LARGEST` */
async function unpacked(bytes) {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += decoder.decode(part.value, { stream: true });
    if (text.length > LARGEST) throw new RangeError("too large");
  }
  return text;
}
