/**
 * Finds places for the names of points, so that no name lies over another, over a point, over a line, or outside of the
 * plot. Pure functions of pixels. Does not know the chart.
 *
 * @typedef {{x: number, y: number}} Point
 * @typedef {{x: number, y: number, width: number, height: number}} Box  `x` and `y` are its middle
 */

const GAP = 4; // px between a name and its own point
const POINT = 12; // px, the width of a point
const RINGS = 12; // tries farther and farther away

/**
 * @param {Point[]} points
 * @param {{width: number, height: number}[]} sizes  of the names
 * @param {{width: number, height: number}} plot
 * @param {Box[]} [lines]  what no name may lie over, beside the points: their error bars
 * @returns {Point[]} how far the middle of each name is from its point
 */
export function labelPlaces(points, sizes, plot, lines = []) {
  const taken = [...points.map((point) => ({ ...point, width: POINT, height: POINT })), ...lines];
  return points.map((point, place) => {
    const size = sizes[place];
    const boxes = offsets(size).map(({ x, y }) => ({ x: point.x + x, y: point.y + y, ...size }));
    const isFree = (box) => isInside(box, plot) && !taken.some((other, number) => number !== place && overlap(box, other));
    const box = boxes.find(isFree) ?? boxes[0];
    taken.push(box);
    return { x: box.x - point.x, y: box.y - point.y };
  });
}

/** Places around a point, the nearest ones first: above, below, to the right, to the left, and at the corners. */
function offsets({ width, height }) {
  const [x, y] = [(POINT + width) / 2 + GAP, (POINT + height) / 2 + GAP];
  return Array.from({ length: RINGS }, (_, ring) => ring * (height + GAP)).flatMap((more) => [
    { x: 0, y: -y - more },
    { x: 0, y: y + more },
    { x: x + more, y: 0 },
    { x: -x - more, y: 0 },
    { x, y: -y - more },
    { x: -x, y: -y - more },
    { x, y: y + more },
    { x: -x, y: y + more },
  ]);
}

/** @param {Box} box @param {{width: number, height: number}} plot */
const isInside = ({ x, y, width, height }, plot) =>
  x - width / 2 >= 0 && x + width / 2 <= plot.width && y - height / 2 >= 0 && y + height / 2 <= plot.height;

/** @param {Box} one @param {Box} other */
export const overlap = (one, other) =>
  Math.abs(one.x - other.x) < (one.width + other.width) / 2 && Math.abs(one.y - other.y) < (one.height + other.height) / 2;
