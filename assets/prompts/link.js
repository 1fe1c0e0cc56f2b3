/**
 * The tab as a link: task, columns and form, packed into the address's fragment, which no server sees.
 * Knows the browser's own compression; nothing of the page.
 */

const NAME = "#prompts=";
const VERSION = 1;
const LARGEST = 200_000; // characters of the unpacked text

/** @param {object} state @returns {Promise<string>} an address that restores it */
export async function linkTo(state) {
  const text = JSON.stringify({ version: VERSION, ...state });
  const packed = new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw")));
  const bytes = Array.from(new Uint8Array(await packed.arrayBuffer()), (byte) => String.fromCharCode(byte)).join("");
  const url = new URL(location.href);
  url.hash = NAME + btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return url.href;
}

/** Whether the page was opened by such a link. */
export const isLinked = () => location.hash.startsWith(NAME);

/**
 * @returns {Promise<object | null>} what the page's link holds, null if it has none
 * @throws {Error} a sentence, if it cannot be read
 */
export async function linked() {
  if (!isLinked()) return null;
  try {
    const bytes = Uint8Array.from(atob(location.hash.slice(NAME.length).replaceAll("-", "+").replaceAll("_", "/")), (one) =>
      one.charCodeAt(0),
    );
    const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
    const decoder = new TextDecoder();
    let text = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text += decoder.decode(part.value, { stream: true });
      if (text.length > LARGEST) throw new RangeError("too large");
    }
    const state = JSON.parse(text);
    if (state.version === VERSION) return state;
  } catch {
    // said below
  }
  throw new Error("The link cannot be read: it is cut off, or of another version. The example stays.");
}
