/** Tests what the pictures of a step compute without a page: kept scales, names on the curve, keys, temperatures, lines. */

import { Left } from "../../assets/distribution/left.js";
import { momentOf } from "../../assets/distribution/moment.js";
import assert from "node:assert/strict";
import { test } from "node:test";

import { onNextLine } from "../../assets/common/lines_of_text.js";
import { besideLevel, besideUprights, boxOf, overlaps } from "../../assets/decode/curve_names.js";
import { onSlider, valueAfter } from "../../assets/decode/cut_keys.js";
import { KeptScale, linear } from "../../assets/decode/scale.js";
import { Column } from "../../assets/distribution/column.js";
import { reshape, sortRow } from "../../assets/distribution/distribution.js";
import { near } from "./near.js";

test("a scale is kept while one thing is drawn, and made anew for another one, another name or none", () => {
  const kept = new KeptScale();
  const [row, other] = [{}, {}];
  const end = (thing, name, share) => kept.of(thing, name, () => linear([share])).ticks.at(-1);
  near(end(row, "linear", 0.7), 1);
  near(end(row, "linear", 0.3), 1);
  near(end(row, "log", 0.3), 0.5);
  near(end(other, "log", 0.15), 0.2);
  near(end(null, "log", 0.03), 0.05);
  near(end(null, "log", 0.3), 0.5);
  near(end(other, "log", 0.9), 1);
});

test("the names on the curve never cover each other, wherever the cuts lie", () => {
  const frame = { left: 44, right: 324, top: 8, bottom: 158 };
  const names = ["top-h 0.35", "top-k 40", "min-p 0.04", "typical-p 0.25", "epsilon cutoff 0.0003", "eta cutoff 0.0003"];
  const level = "top-p 0.95 of what top-k left";
  let seed = 1;
  const chance = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let round = 0; round < 2000; round++) {
    const lines = names.filter(() => chance() < 0.7).map((text) => ({ text, x: 44 + 280 * chance() }));
    const height = 8 + 150 * chance();
    const places = besideUprights(lines, frame);
    const boxes = places.map((place, row) => boxOf(place, lines[row].text));
    const levelBox = boxOf(besideLevel(height, 44 + 280 * chance(), level, boxes, frame), level);
    const all = [...boxes, levelBox];
    for (const [place, box] of all.entries()) {
      assert.ok(box.top >= frame.top && box.bottom <= frame.bottom && box.right <= frame.right, JSON.stringify(box));
      for (const other of all.slice(place + 1)) assert.ok(!overlaps(box, other), JSON.stringify([lines, height]));
    }
  }
});

test("a name keeps its row while its line moves", () => {
  const frame = { left: 44, right: 324, top: 8, bottom: 158 };
  const rows = [60, 100, 300].map((x) => besideUprights([{ x: 90, text: "top-h 0.3" }, { x, text: "top-k 40" }], frame)[1].y);
  assert.equal(new Set(rows).size, 1);
});

test("an arrow key moves a cut's line in its direction", () => {
  const ranks = { min: 0, max: 200, step: 1 };
  const shares = { min: 0, max: 1, step: 0.25 };
  assert.equal(valueAfter("ArrowRight", "top_k", 40, ranks), 41);
  assert.equal(valueAfter("ArrowLeft", "top_k", 40, ranks), 39);
  assert.equal(valueAfter("ArrowLeft", "top_k", 1, ranks), 1, "0 would switch top-k off");
  assert.equal(valueAfter("ArrowLeft", "top_k", 0, ranks), 200, "off lies behind the last rank");
  assert.equal(valueAfter("ArrowRight", "top_k", 200, ranks), 0);
  assert.equal(valueAfter("PageDown", "top_k", 40, ranks), 30);
  assert.equal(valueAfter("Home", "top_k", 40, ranks), 1);
  assert.equal(valueAfter("ArrowUp", "top_p", 0.5, shares), 0.75);
  assert.equal(valueAfter("ArrowDown", "top_p", 0.1, shares), 0);
  assert.equal(valueAfter("ArrowRight", "min_p", 0.5, shares), 0.25, "a lower threshold lies further right");
  assert.equal(valueAfter("ArrowUp", "min_p", 0.5, shares), 0.75);
  assert.equal(valueAfter("End", "min_p", 0.5, shares), 1);
  assert.equal(valueAfter("a", "top_p", 0.5, shares), null);
});

test("a cut that is dragged takes the nearest value that its slider has", () => {
  const shares = { min: 0, max: 1, step: 0.01 };
  assert.equal(onSlider(0.2849, shares), 0.28);
  assert.equal(onSlider(0.05 - 0.01, shares), 0.04, "without the noise of binary fractions");
  assert.equal(onSlider(-3, shares), 0);
  assert.equal(onSlider(1.7, shares), 1);
  assert.equal(onSlider(38.6, { min: 0, max: 200, step: 1 }), 39);
});

test("a column of a temperature has the distribution that the stages would make", () => {
  const row = sortRow(Float32Array.from([1, 3, 2, -Infinity, 2.5, 0]));
  for (const temperature of [0.2, 1, 1.7]) {
    const column = Column.of(Left.of(row), temperature);
    const shape = reshape(row, momentOf([]), { strategy: "sample", temperature });
    near(column.entropyBits, shape.entropyBits);
    for (const [place, id] of shape.order.entries()) near(column.share(place), shape.probability(id));
    const cut = reshape(row, momentOf([]), { strategy: "sample", temperature, top_p: 0.8 });
    assert.equal(column.nucleus(0.8), cut.kept);
  }
});

test("on the next line the nearest token is found, though tokens of a line differ by some pixels", () => {
  const box = (left, top, width = 20) => ({ left, top, width, height: 24 });
  const boxes = [box(0, 0), box(30, 2), box(60, 0, 80), box(0, 30), box(40, 28), box(80, 31), box(0, 60)];
  assert.equal(onNextLine(boxes, 1, 1), 4);
  assert.equal(onNextLine(boxes, 2, 1), 5);
  assert.equal(onNextLine(boxes, 5, -1), 2);
  assert.equal(onNextLine(boxes, 5, 1), 6);
  assert.equal(onNextLine(boxes, 6, 1), 6);
  assert.equal(onNextLine(boxes, 0, -1), 0);
});
