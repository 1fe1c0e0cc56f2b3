/**
 * Reads the texts that the page shows for tokens back into what a person reads: `·` is a space, `‹F0 9F›` are bytes.
 * The inverse of `playground/models/tokens.py`. Knows texts, not the page.
 *
 * One token may hold only a part of a character, so the bytes of all tokens are put together before they are read.
 */

const SIGNS = { "·": " ", "⏎": "\n", "⇥": "\t", "␍": "\r" };
const PIECES = /‹(?:U\+(?<code>[0-9A-F]+)|(?<bytes>[0-9A-F]{2}(?: [0-9A-F]{2})*)|empty|id \d+)›|(?<plain>[^‹]+|‹)/gu;
const MARK_ALONE = /^◌(?=\p{M})/u; // a combining mark that begins a token stands on a circle

const encoder = new TextEncoder();

/** @param {string} shown  the text that the page shows for a token @returns {number[]} the token's bytes */
export function bytesOf(shown) {
  const bytes = [];
  for (const { groups } of shown.replace(MARK_ALONE, "").matchAll(PIECES)) {
    if (groups.bytes) bytes.push(...groups.bytes.split(" ").map((byte) => parseInt(byte, 16)));
    else if (groups.code) bytes.push(...encoder.encode(String.fromCodePoint(parseInt(groups.code, 16))));
    else if (groups.plain) bytes.push(...encoder.encode(groups.plain.replace(/[·⏎⇥␍]/g, (sign) => SIGNS[sign])));
  }
  return bytes;
}

/**
 * @param {string[]} shown  the texts that the page shows for tokens in a row
 * @returns {string} what a person reads; a character that is not complete yet at its end is left out
 */
export function readText(shown) {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(new Uint8Array(shown.flatMap(bytesOf)), { stream: true });
}

/**
 * @param {string[]} shown  the texts that the page shows for tokens in a row
 * @returns {string[]} for each token the characters of which it holds only a part, "" for most tokens
 */
export function sharedCharacters(shown) {
  const owners = []; // of each byte, the token
  const bytes = [];
  for (const [token, text] of shown.entries()) {
    for (const byte of bytesOf(text)) {
      bytes.push(byte);
      owners.push(token);
    }
  }
  const shared = shown.map(() => "");
  for (let start = 0; start < bytes.length; ) {
    const length = characterAt(bytes, start);
    const tokens = new Set(owners.slice(start, start + length));
    if (tokens.size > 1) {
      const character = new TextDecoder().decode(new Uint8Array(bytes.slice(start, start + length)));
      for (const token of tokens) shared[token] += character;
    }
    start += length || 1;
  }
  return shared;
}

/** @returns {number} the number of bytes of the character that begins at `start`, 0 if none does */
function characterAt(bytes, start) {
  const lead = bytes[start];
  const length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 0;
  const rest = bytes.slice(start + 1, start + length);
  const isWhole = rest.length === length - 1 && rest.every((byte) => byte >= 0x80 && byte < 0xc0);
  return isWhole ? length : 0;
}
