/** Reads server-sent events from the body of an answer. Knows the form of a stream, not what is told in it. */

/** @typedef {{event: string, data: any}} Told  a message of the stream; `event` is "message" where it names none */

const SILENT_MS = 45_000; // the server writes at least a comment every 15 seconds

/** Puts messages together from the pieces in which they come. */
export class Pieces {
  #rest = "";

  /** @param {string} text  the next piece @returns {Told[]} the messages that are complete with it */
  add(text) {
    const blocks = (this.#rest + text).split("\n\n");
    this.#rest = blocks.pop();
    return blocks.flatMap((block) => toldIn(block) ?? []);
  }
}

/** @param {string} block @returns {Told | null} null for a comment */
function toldIn(block) {
  const fields = { event: "message", data: "" };
  for (const line of block.split("\n")) {
    const [, name, value] = /^(event|data): ?(.*)$/.exec(line) ?? [];
    if (name) fields[name] = value;
  }
  return fields.data ? { event: fields.event, data: JSON.parse(fields.data) } : null;
}

/**
 * Reads a stream until it ends, or until it has been silent for too long: then the connection is lost although nobody said so.
 *
 * @param {Response} response
 * @param {(told: Told) => void} take
 */
export async function readStream(response, take) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const pieces = new Pieces();
  for (;;) {
    let timer;
    const silence = new Promise((resolve) => {
      timer = setTimeout(() => resolve({ done: true, value: "" }), SILENT_MS);
    });
    const { done, value } = await Promise.race([reader.read().catch(() => ({ done: true, value: "" })), silence]);
    clearTimeout(timer);
    if (done) return void reader.cancel().catch(() => {}); // it may be broken already
    for (const told of pieces.add(value)) take(told);
  }
}
