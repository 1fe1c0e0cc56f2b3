/** Waits for the answers of the server that stages need. For what is drawn or saved once, and not with each change of a setting. */

/** @typedef {import("../distribution/distribution.js").Distribution} Distribution */

/**
 * @param {(onAnswer: () => void) => Distribution[]} make  makes distributions whose moments have this `onAnswer`
 * @returns {Promise<Distribution[]>} what it returns once no stage of them lacks an answer
 */
export async function whenAnswered(make) {
  for (;;) {
    let onAnswer = () => {};
    const answer = new Promise((resolve) => {
      onAnswer = () => resolve(undefined);
    });
    const made = make(onAnswer);
    if (!made.some(({ isWaiting }) => isWaiting)) return made;
    await answer;
  }
}
