/** Tests that words about numbers and settings are those of English, and of another language where its catalogue has them. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

test("an English page writes numbers and settings as engineers do", async () => {
  const { bits, draw, logitText, percent, powerOfTen, setting, settingsInForce } = await import("../../assets/common/words.js");
  assert.deepEqual([0, 4e-7, 0.0819, 0.4, 1].map(percent), ["0 %", "<0.001 %", "8.19 %", "40.0 %", "100 %"]);
  assert.deepEqual([bits(5.6438), draw(0.3141592), logitText(-2.3456), powerOfTen(2.0561e-9)], ["5.6 bits", "0.314", "−2.35", "2.06 · 10⁻⁹"]);
  assert.equal(setting("temperature", 0.7000000000000001), "temperature 0.7");
  assert.equal(settingsInForce({ strategy: "beam", num_beams: 1, length_penalty: 2 }), "Beam search, 1 beam, length penalty 2");
});

test("a page in German has the same with a comma, in the words of its catalogue", () => {
  const script = `
    globalThis.playgroundLanguage = "de";
    globalThis.playgroundCatalogue = { "{setting} off": ["{setting} aus"], "{number} bits": ["{number} Bit"], Sample: ["Ziehen"] };
    const { bits, percent, setting, settingsInForce } = await import("./assets/common/words.js");
    console.log([percent(0.0819), bits(5.6438), setting("top_k", 0), settingsInForce({ strategy: "sample", temperature: 0.8 })].join("|"));`;
  assert.equal(written(script), "8,19 %|5,6 Bit|top-k aus|Ziehen, temperature 0,8");
});

/** What a script writes in a process of its own, because a page's language is known before its modules run. */
function written(script) {
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { cwd: new URL("../..", import.meta.url), encoding: "utf8" });
  assert.equal(stderr, "");
  return stdout.trim();
}
