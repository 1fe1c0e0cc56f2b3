/**
 * Draws one step of a made-up model in the page many times: bars, curve, ribbon and chain together. Each time it changes
 * a setting, as a slider does. It is called with [vocabulary size, rounds, further settings] and returns milliseconds of script.
 */
async ([size, rounds, further = {}]) => {
  const load = (path) => import(new URL(`playground/assets/${path}`, document.baseURI));
  const [{ StepView }, { reshape, sortRow }, { momentOf }, { Trace }] = await Promise.all(
    ["decode/step_view.js", "distribution/distribution.js", "distribution/moment.js", "common/trace.js"].map(load),
  );
  const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  const row = sortRow(Float32Array.from({ length: size }, () => 2.5 * normal()));
  const step = {
    index: 0, token_id: row.order[1], probability: 0.1, raw_probability: 0.1, rank: 2, entropy_bits: 9, draw: 0.4, kept: 40,
  };
  const settings = { strategy: "sample", temperature: 0.8, top_k: 40, top_p: 0.9, ...further };
  const header = {
    model: "", prompt_ids: [...row.order.subarray(0, 200)], settings, vocabulary_size: size, stage_notes: [],
  };
  const trace = new Trace({ trace_id: "bench", first: 0, header, steps: [step], stop_reason: "length" });
  const view = new StepView((id) => `token ${id}`, () => {}, () => {});
  const root = document.createElement("div");
  root.className = "pg-root";
  root.append(view.element);
  document.querySelector("#pg-decode .pg-root").after(root);

  const SWEPT = {
    temperature: [0.05, 2], top_k: [1, 200], top_p: [0.05, 1], min_p: [0, 0.5], typical_p: [0.05, 1], repetition_penalty: [1, 2],
  };
  const taken = [];
  for (let round = 0; round < rounds; round++) {
    for (const [name, [low, high]] of Object.entries(SWEPT)) {
      for (let move = 0; move <= 20; move++) {
        await new Promise(requestAnimationFrame);
        const now = { ...settings, [name]: low + ((high - low) * move) / 20 };
        if (name === "top_k") now.top_k = Math.round(now.top_k);
        const start = performance.now();
        const shape = reshape(row, momentOf(header.prompt_ids), now);
        view.show(trace, step, row, shape, now, shape, "top_p");
        taken.push(performance.now() - start);
      }
    }
  }
  root.remove();
  return taken;
};
