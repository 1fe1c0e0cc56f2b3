/** Tests settings that several stages read: the penalty window belongs to the repetition penalty, and others use it too. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { settingsInForce, settingsThatDiffer } from "../../assets/common/words.js";
import { reshape, sortRow } from "../../assets/distribution/distribution.js";
import { momentOf } from "../../assets/distribution/moment.js";
import { OFF, ownNames, through, without } from "../../assets/distribution/settings.js";

const SAID = { strategy: "sample", repetition_penalty: 1.3, repeat_last_n: 1 };
const BOTH = { ...SAID, frequency_penalty: 0.5 };

test("without the repetition penalty its window goes, unless another penalty in use reads it", () => {
  assert.deepEqual(without(SAID, "repetition_penalty"), { ...SAID, repetition_penalty: 1, repeat_last_n: OFF.repeat_last_n });
  assert.deepEqual(without(BOTH, "repetition_penalty"), { ...BOTH, repetition_penalty: 1 });
  assert.deepEqual(ownNames(SAID, ["repetition_penalty"]), ["repetition_penalty", "repeat_last_n"]);
  assert.deepEqual(ownNames(BOTH, ["repetition_penalty"]), ["repetition_penalty"]);
});

test("the bars after a penalty have the window that it reads, although the stage of the window comes later", () => {
  const order = ["frequency_penalty", "repetition_penalty"];
  assert.equal(through({ ...BOTH, order }, "frequency_penalty").repeat_last_n, 1);
});

test("what if the repetition penalty were off: the frequency penalty still counts the window alone", () => {
  const logitsOf = (settings) => [0, 1].map((id) => reshape(sortRow(Float32Array.of(2, 2, 0)), momentOf([0, 0, 1]), settings).candidate(id).penalisedLogit);
  assert.deepEqual(logitsOf(without(BOTH, "repetition_penalty")), [2, 1.5]);
});

test("the window is told where any stage reads it", () => {
  const alone = { ...BOTH, repetition_penalty: 1 };
  assert.equal(settingsThatDiffer({ ...alone, repeat_last_n: 64 }, alone), "penalty window 1");
  assert.equal(settingsThatDiffer({ ...SAID, repetition_penalty: 1, repeat_last_n: 64 }, { ...SAID, repetition_penalty: 1 }), "");
  assert.equal(settingsInForce(alone), "Sample, frequency penalty 0.5, penalty window 1");
  assert.equal(settingsInForce(BOTH), "Sample, repetition penalty 1.3, penalty window 1, frequency penalty 0.5");
});
