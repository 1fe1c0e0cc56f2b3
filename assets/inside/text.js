/**
 * Holds a text to look at: a trace's tokens, and whether more are coming. Knows neither the server nor
 * the page.
 */
export class Text {
  /**
   * @param {string} traceId
   * @param {number[]} ids  the token ids of prompt and completion
   * @param {(id: number) => string} textOf
   * @param {number} promptLength
   * @param {boolean} isRunning  whether more tokens are coming
   * @param {number[]} [sourceIds]  what the encoder of an encoder–decoder read, none for any other model
   * @param {number[] | null} [masks]  the places of the blanks in a text for an encoder-only model, null for any other model
   */
  constructor(traceId, ids, textOf, promptLength, isRunning, sourceIds = [], masks = null) {
    this.traceId = traceId;
    this.ids = ids;
    this.promptLength = promptLength;
    this.isRunning = isRunning;
    /** @type {string[]} the tokens' texts as they are shown */
    this.tokens = ids.map(textOf);
    this.masks = masks;
    this.sourceIds = sourceIds;
    /** @type {string[]} */
    this.sourceTokens = sourceIds.map(textOf);
  }

  get size() {
    return this.ids.length;
  }

  /** @returns {boolean} whether an encoder-only model reads it, in which each token sees all of them */
  get isOfEncoder() {
    return this.masks !== null;
  }

  /** @param {number} step  a step's index @returns {number} the token that predicted it, which is the last one before */
  queryOf(step) {
    return this.promptLength + step - 1;
  }

  /** @param {import("../common/trace.js").Message} message  the message of a whole trace */
  static ofTrace(message, textOf) {
    const { prompt_ids: prompt, source_ids: source } = message.header;
    const ids = [...prompt, ...message.steps.map((step) => step.token_id)];
    return new Text(message.trace_id, ids, textOf, prompt.length, message.stop_reason === null, source);
  }
}
