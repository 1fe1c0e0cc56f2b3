/**
 * Runs in the page before its own scripts. It records for the bench when a slider moved, when a frame was shown and
 * when a first token came. Times are those of performance.now(), in milliseconds.
 */

const bench = (window.bench = { inputs: [], frames: [], firstToken: null });

addEventListener("input", (event) => event.target.type === "range" && bench.inputs.push(event.timeStamp), true);

const { port1, port2 } = new MessageChannel();
port1.onmessage = () => bench.frames.push(performance.now()); // arrives after the frame is done
(function onFrame() {
  requestAnimationFrame(onFrame);
  port2.postMessage(null);
})();

let fetchedAt = 0;
new PerformanceObserver(() => (fetchedAt = performance.now())).observe({ type: "resource" });

/** Resolves when nothing has been fetched for half a second. */
bench.quiet = async () => {
  while (performance.now() - fetchedAt < 500) await bench.pass(1);
};

/** Resolves after this number of further frames. */
bench.pass = async (frames) => {
  while (frames--) await new Promise(requestAnimationFrame);
};

/** Forgets what was recorded. */
bench.begin = () => {
  performance.clearMeasures("playground:redraw");
  bench.inputs.length = bench.frames.length = 0;
};

/** Returns what was recorded since `begin`. Redraws are [start, duration], as the page itself measures them. */
bench.noted = () => ({
  inputs: bench.inputs,
  frames: bench.frames,
  redraws: performance.getEntriesByName("playground:redraw").map((entry) => [entry.startTime, entry.duration]),
});

/** Makes `firstToken` a promise of the time from the next click to a frame that shows another first token. */
bench.awaitFirstToken = () => {
  const clicked = new Promise((resolve) => addEventListener("click", resolve, { capture: true, once: true }));
  const token = () => document.getElementById("pg-step-0");
  const before = token();
  bench.firstToken = clicked.then(async ({ timeStamp }) => {
    while (!token() || token() === before) await bench.pass(1);
    await bench.pass(1);
    return performance.now() - timeStamp;
  });
};

/** Chooses a value in a list of the Attention tab. Resolves to the time from then to the frame that shows its map. */
bench.untilDrawn = async ([label, value]) => {
  const list = document.querySelector(`#pg-attention select[aria-label="${label}"]`);
  if (list.value === value) list.selectedIndex = (list.selectedIndex + 1) % list.options.length;
  else list.value = value;
  performance.clearMeasures("playground:map");
  const begun = performance.now();
  list.dispatchEvent(new Event("change"));
  while (!performance.getEntriesByName("playground:map").length) await bench.pass(1);
  await bench.pass(1);
  return performance.now() - begun;
};
