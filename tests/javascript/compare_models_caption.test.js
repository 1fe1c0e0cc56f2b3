/** Tests the sentences that say what the columns of Compare models show. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { captionOf } from "../../assets/compare_models/caption.js";

const ABOUT = "Each column is the text of another model from the same prompt.";
const seen = (best, probability, written) => ({ best, probability, written });
const [ONE, TWO, THREE] = [seen("·stars", 0.688, "·fire"), seen("·stars", 0.5, "·fire"), seen("·light", 0.25, "·stars")];

test("models that agree are told together", () => {
  assert.equal(captionOf(1, [ONE, TWO]), `${ABOUT} At step 1 all of them find ‘ stars’ most probable, with 68.8 % and 50.0 %. All texts have ‘ fire’ there.`);
});

test("models that differ are told with the numbers of their columns", () => {
  const expected = "At step 1,200 they find most probable: ‘ stars’ (1: 68.8 %) and ‘ light’ (2: 25.0 %).";
  assert.equal(captionOf(1200, [ONE, THREE]), `${ABOUT} ${expected} The texts have ‘ fire’ (1) and ‘ stars’ (2) there.`);
});

test("a column that does not show the step is left out, and one column alone is compared with nothing", () => {
  const expected = "At step 2 they find most probable: ‘ stars’ (1: 68.8 %) and ‘ stars’ (3: 50.0 %).";
  assert.equal(captionOf(2, [ONE, null, TWO]), `${ABOUT} ${expected} The texts have ‘ fire’ (1) and ‘ fire’ (3) there.`);
  assert.equal(captionOf(2, [ONE, null]), ABOUT);
  assert.equal(captionOf(1, []), ABOUT);
});
