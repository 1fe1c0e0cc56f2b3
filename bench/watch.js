/**
 * Runs in the page before its own scripts and notes, for the bench, when a slider moved, when a frame was shown and
 * when a first token came. Times are those of performance.now(), in milliseconds.
 */

const bench = (window.bench = { inputs: [], frames: [], firstToken: null });

addEventListener("input", (event) => event.target.type === "range" && bench.inputs.push(event.timeStamp), true);

const { port1, port2 } = new MessageChannel();
port1.onmessage = () => bench.frames.push(performance.now()); // arrives once the frame is done
(function onFrame() {
  requestAnimationFrame(onFrame);
  port2.postMessage(null);
})();

let fetchedAt = 0;
new PerformanceObserver(() => (fetchedAt = performance.now())).observe({ type: "resource" });

/** Resolves when nothing was fetched for half a second. */
bench.quiet = async () => {
  while (performance.now() - fetchedAt < 500) await bench.pass(1);
};

/** Resolves when so many more frames have been shown. */
bench.pass = async (frames) => {
  while (frames--) await new Promise(requestAnimationFrame);
};

/** Forgets what was noted. */
bench.begin = () => {
  performance.clearMeasures("playground:redraw");
  bench.inputs.length = bench.frames.length = 0;
};

/** What was noted since `begin`; redraws are [start, duration], as the page itself measures them. */
bench.noted = () => ({
  inputs: bench.inputs,
  frames: bench.frames,
  redraws: performance.getEntriesByName("playground:redraw").map((entry) => [entry.startTime, entry.duration]),
});

/** From now on `firstToken` is a promise: the time from the next click to a frame that shows another first token. */
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

/** Chooses a value of one of the Attention tab's lists; resolves to the time from there to the frame that shows its map. */
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
