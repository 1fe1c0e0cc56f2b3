/** Does long work in slices, and gives the browser a frame between them, so that the page answers meanwhile. */

const SLICE = 8; // milliseconds, half of a frame: the other half is for drawing what a slice has made

/**
 * The first slice is done before this returns, so that short work needs no frame.
 *
 * @param {number} times  how often the work is done
 * @param {() => void} work
 * @param {(isLast: boolean) => void} onSlice  called after each slice; it may abort the work
 * @param {AbortSignal} signal  ends the work before its next slice
 */
export async function inSlices(times, work, onSlice, signal) {
  for (let done = 0; done < times && !signal.aborted; ) {
    const end = performance.now() + SLICE;
    do work();
    while (++done < times && performance.now() < end);
    onSlice(done === times);
    if (done < times) await new Promise(requestAnimationFrame);
  }
}
