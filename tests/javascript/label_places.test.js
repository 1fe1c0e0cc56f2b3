/** The names of a chart's points, wherever the points lie. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { labelPlaces, overlap } from "../../assets/compare/label_places.js";

const PLOT = { width: 600, height: 250 };
const SIZE = { width: 90, height: 16 };

function boxesOf(points, sizes = points.map(() => SIZE)) {
  const places = labelPlaces(points, sizes, PLOT);
  return places.map(({ x, y }, place) => ({ x: points[place].x + x, y: points[place].y + y, ...sizes[place] }));
}

function assertReadable(points) {
  const boxes = boxesOf(points);
  const marks = points.map((point) => ({ ...point, width: 10, height: 10 }));
  for (const [place, box] of boxes.entries()) {
    for (const other of [...boxes.slice(0, place), ...marks]) assert.ok(!overlap(box, other), `${place} of ${JSON.stringify(points)}`);
    assert.ok(box.x - box.width / 2 >= 0 && box.x + box.width / 2 <= PLOT.width, "from side to side");
    assert.ok(box.y - box.height / 2 >= 0 && box.y + box.height / 2 <= PLOT.height, "from top to bottom");
  }
}

test("a point alone has its name above it", () => {
  assert.deepEqual(labelPlaces([{ x: 300, y: 125 }], [SIZE], PLOT), [{ x: 0, y: -18 }]);
});

test("no name lies over another or over a point, and none leaves the plot, however close the points are", () => {
  for (const gap of [0, 1, 5, 20, 60]) {
    const points = Array.from({ length: 8 }, (_, place) => ({ x: 300 + gap * (place % 3), y: 125 + gap * (place % 2) }));
    assertReadable(points);
  }
  assertReadable([{ x: 0, y: 0 }, { x: 600, y: 250 }, { x: 600, y: 0 }, { x: 0, y: 250 }, { x: 300, y: 0 }]);
});

test("no name lies over an error bar, nor over that of its own point", () => {
  const points = [{ x: 200, y: 100 }, { x: 200, y: 100 }, { x: 300, y: 160 }];
  const lines = points.flatMap((point) => [{ ...point, width: 240, height: 4 }, { ...point, width: 4, height: 80 }]);
  const places = labelPlaces(points, points.map(() => SIZE), PLOT, lines);
  for (const [place, { x, y }] of places.entries()) {
    const box = { x: points[place].x + x, y: points[place].y + y, ...SIZE };
    for (const line of lines) assert.ok(!overlap(box, line), `${place}`);
  }
});
