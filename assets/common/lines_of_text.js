/** Finds the place above or below another one in text that is broken into lines. Pure functions. */

/**
 * @typedef {object} Box
 * @property {number} left
 * @property {number} top
 * @property {number} width
 * @property {number} height
 */

/**
 * @param {Box[]} boxes  in the order of the text
 * @param {number} now  the place of one of them
 * @param {-1 | 1} direction  up or down
 * @returns {number} the place of the box whose middle is nearest, on the next line in this direction; `now` if there is
 *   no further line
 */
export function onNextLine(boxes, now, direction) {
  const here = boxes[now];
  const down = (box) => (box.top - here.top) * direction;
  const further = boxes.filter((box) => down(box) > here.height / 2); // boxes of one line may differ by some pixels
  if (!further.length) return now;
  const next = Math.min(...further.map(down));
  const onLine = further.filter((box) => down(box) < next + here.height / 2);
  const away = (box) => Math.abs(middle(box) - middle(here));
  return boxes.indexOf(onLine.reduce((best, box) => (away(box) < away(best) ? box : best)));
}

const middle = ({ left, width }) => left + width / 2;
