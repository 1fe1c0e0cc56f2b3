/** A text whose attention is looked at: a trace's tokens, and how far it is written. Knows neither server nor page. */
export class Text {
  /**
   * @param {string} traceId
   * @param {number[]} ids  prompt and completion
   * @param {(id: number) => string} textOf
   * @param {number} promptLength
   * @param {boolean} isRunning  whether more tokens are coming
   */
  constructor(traceId, ids, textOf, promptLength, isRunning) {
    this.traceId = traceId;
    this.ids = ids;
    this.promptLength = promptLength;
    this.isRunning = isRunning;
    /** @type {string[]} as they are shown */
    this.tokens = ids.map(textOf);
  }

  get size() {
    return this.ids.length;
  }

  /** @param {import("../common/trace.js").Message} message  a whole trace's */
  static ofTrace(message, textOf) {
    const { prompt_ids: prompt } = message.header;
    const ids = [...prompt, ...message.steps.map((step) => step.token_id)];
    return new Text(message.trace_id, ids, textOf, prompt.length, message.stop_reason === null);
  }
}
