/** Asks once for each text what the model makes of its prompt's tokens. Knows traces, not the page. */

import { isConnected } from "../common/connection.js";
import { t } from "../common/language.js";
import { fetchPrompt } from "../common/server.js";

export class PromptNumbers {
  #onNews;

  /** @param {(trace: import("../common/trace.js").Trace, refusal: string) => void} onNews */
  constructor(onNews) {
    this.#onNews = onNews;
  }

  /** Asks once the text has ended, so that no token waits for it. @param {import("../common/trace.js").Trace} trace */
  async want(trace) {
    if (trace.isRunning || trace.isPromptAsked || trace.header.words || !isConnected()) return;
    trace.isPromptAsked = true;
    let refusal = "";
    try {
      trace.addPrompt(await fetchPrompt(trace.id));
    } catch (error) {
      if (isConnected()) refusal = t("The numbers of the prompt's tokens cannot be shown. {error}", { error: error.message });
    }
    this.#onNews(trace, refusal);
  }
}
