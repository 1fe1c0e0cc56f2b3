/** Reads an answer that tells how far the server is: lines of JSON, with the result or an error last. */

import { t } from "../../common/language.js";

/**
 * @param {ReadableStream<Uint8Array>} body
 * @param {(done: number, of: number) => void} tell
 * @returns {Promise<any>} the result; rejects with an Error whose message is a sentence to show
 */

import { translated } from "../../common/server_sentences.js";
export async function resultOf(body, tell) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    text += decoder.decode(value, { stream: !done });
    const lines = text.split("\n");
    text = lines.pop();
    for (const line of lines) {
      const news = JSON.parse(line);
      if ("error" in news) throw new Error(translated(news.error));
      if ("result" in news) return news.result;
      tell(news.done, news.of);
    }
    if (done) throw new Error(t("The server ended before it was done. Check that it is still running, and try again."));
  }
}
