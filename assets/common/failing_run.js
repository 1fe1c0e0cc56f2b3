/**
 * A run that can fail: whether it is under way, and what went wrong last. The state of a tab that runs something is one.
 * Named actions change it. Does not know what runs.
 */

export class FailingRun {
  /** What went wrong last, "" for nothing. */
  notice = "";
  #isRunning = false;

  /** @returns {boolean} whether a run is under way, from the press on */
  get isRunning() {
    return this.#isRunning;
  }

  /** A run is asked for. What went wrong before is over. */
  begin() {
    this.#isRunning = true;
    this.notice = "";
  }

  /** News of the run has come. @param {boolean} isRunning  whether more will come */
  goOn(isRunning) {
    this.#isRunning = isRunning;
    this.notice = "";
  }

  /** The run is over, because it has ended or nobody wants it any more. */
  end() {
    this.#isRunning = false;
  }

  /** The run is refused or broken off. What it has found stays. @param {string} sentence */
  fail(sentence) {
    this.#isRunning = false;
    this.notice = sentence;
  }

  /** Something else went wrong, or nothing any more. A run goes on. @param {string} sentence  "" for nothing */
  say(sentence) {
    this.notice = sentence;
  }
}
