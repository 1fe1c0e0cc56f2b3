/**
 * Draws the boxes of a picture: background colours, gradients (also repeating ones, as in a hatch) and borders. Knows
 * the sheet of picture.js.
 */

const NONE = { width: 0, kind: "none", stroke: "transparent" };
const SIDES = ["Top", "Right", "Bottom", "Left"];

/**
 * @param {CSSStyleDeclaration} style
 * @param {{x: number, y: number, width: number, height: number}} box
 */
export function drawBox(style, box, sheet, into) {
  const { x, y, width, height } = box;
  if (!width || !height) return;
  const rx = Math.min(parseFloat(style.borderTopLeftRadius) || 0, height / 2) || undefined;
  const fills = [style.backgroundColor, paintOf(style.backgroundImage, box, sheet)];
  for (const fill of fills) {
    if (fill && !isClear(fill)) sheet.rect(x, y, width, height, { fill, rx }, into);
  }
  drawBorders(style, box, rx, sheet, into);
  drawOutline(style, box, rx, sheet, into);
}

/** Draws an inline element's box on several lines. The first has its left border, the last its right border. */
export function drawFragments(style, fragments, sheet, into) {
  fragments.forEach((box, place) => {
    const { backgroundColor: fill } = style;
    if (!isClear(fill)) sheet.rect(box.x, box.y, box.width, box.height, { fill }, into);
    const missing = [place > 0 ? "Left" : "", place < fragments.length - 1 ? "Right" : ""];
    drawSides(SIDES.map((side) => (missing.includes(side) ? NONE : line(style, `border${side}`))), box, sheet, into);
  });
}

const isClear = (colour) => colour === "transparent" || /^rgba\(.*, 0\)$/.test(colour);

function drawBorders(style, box, rx, sheet, into) {
  const { x, y, width, height } = box;
  const borders = SIDES.map((side) => line(style, `border${side}`));
  const isFrame = borders.every((one) => one.stroke === borders[0].stroke && one.width === borders[0].width);
  if (isFrame && !isSeen(borders[0])) return;
  if (isFrame) {
    const half = borders[0].width / 2;
    const attributes = { ...strokeOf(borders[0]), fill: "none", rx };
    sheet.rect(x + half, y + half, width - 2 * half, height - 2 * half, attributes, into);
    return;
  }
  drawSides(borders, box, sheet, into);
}

/**
 * Draws borders that differ, from the top clockwise. Each meets its neighbours at a slant, which can make a triangle.
 */
function drawSides(borders, { x, y, width, height }, sheet, into) {
  const [top, right, bottom, left] = borders.map((border) => border.width);
  /** @returns {[x: number, y: number][]} */
  const corners = (x1, y1, x2, y2) => [[x1, y1], [x2, y1], [x2, y2], [x1, y2]];
  const outer = corners(x, y, x + width, y + height);
  const inner = corners(x + left, y + top, x + width - right, y + height - bottom);
  borders.forEach((border, side) => {
    if (!isSeen(border)) return;
    const next = (side + 1) % 4;
    if (border.kind === "solid") {
      const points = [outer[side], outer[next], inner[next], inner[side]].map((corner) => corner.join()).join(" ");
      sheet.add("polygon", { points, fill: border.stroke }, into);
      return;
    }
    const [[x1, y1], [x2, y2]] = [middle(outer[side], inner[side]), middle(outer[next], inner[next])];
    sheet.add("line", { x1, y1, x2, y2, ...strokeOf(border) }, into);
  });
}

const middle = ([x1, y1], [x2, y2]) => [(x1 + x2) / 2, (y1 + y2) / 2];

function drawOutline(style, { x, y, width, height }, rx, sheet, into) {
  const outline = line(style, "outline");
  if (!isSeen(outline)) return;
  const away = parseFloat(style.outlineOffset) + outline.width / 2;
  const attributes = { ...strokeOf(outline), fill: "none", rx };
  sheet.rect(x - away, y - away, width + 2 * away, height + 2 * away, attributes, into);
}

/** Returns a border or an outline. One with style "none" gets width 0, because its computed width may be larger. */
function line(style, name) {
  const kind = style[`${name}Style`];
  const width = kind === "none" ? 0 : parseFloat(style[`${name}Width`]);
  return { width, kind, stroke: style[`${name}Color`] };
}

const isSeen = ({ width, kind, stroke }) => width > 0 && kind !== "hidden" && !isClear(stroke);

function strokeOf({ width, kind, stroke }) {
  const dashes = { dashed: `${3 * width} ${2 * width}`, dotted: `${width} ${width}` }[kind];
  return { stroke, "stroke-width": width, "stroke-dasharray": dashes };
}

/**
 * Converts a linear gradient of CSS, repeating or not, to SVG paint.
 *
 * @param {string} image  a computed background-image
 * @returns {string | null} the paint to fill with; null for no image or one of another kind
 */
export function paintOf(image, box, sheet) {
  const match = /^(repeating-)?linear-gradient\((.*)\)$/s.exec(image);
  if (!match) return null;
  const parts = splitArguments(match[2]);
  const angle = angleOf(parts[0]);
  if (angle !== null) parts.shift();
  const [dx, dy] = [Math.sin(angle ?? Math.PI), -Math.cos(angle ?? Math.PI)];
  const length = Math.abs(box.width * dx) + Math.abs(box.height * dy);
  const stops = stopsOf(parts, length);
  const [first, last] = [stops[0].at, stops.at(-1).at];
  if (!length || last <= first) return null;
  const [startX, startY] = [box.x + (box.width - length * dx) / 2, box.y + (box.height - length * dy) / 2];
  const [id, gradient] = sheet.define("linearGradient", {
    gradientUnits: "userSpaceOnUse",
    x1: startX + first * dx,
    y1: startY + first * dy,
    x2: startX + last * dx,
    y2: startY + last * dy,
    spreadMethod: match[1] ? "repeat" : undefined,
  });
  for (const { colour, at } of stops) {
    sheet.add("stop", { offset: String((at - first) / (last - first)), "stop-color": colour }, gradient);
  }
  return `url(#${id})`;
}

const splitArguments = (text) => text.split(/,\s*(?![^(]*\))/);

const SIDES_IN_DEGREES = { "to top": 0, "to right": 90, "to bottom": 180, "to left": 270 };

/** @returns {number | null} the angle clockwise from upwards, in radians; null if `text` is not a direction */
function angleOf(text) {
  const degrees = SIDES_IN_DEGREES[text] ?? (/^-?[\d.]+deg$/.test(text) ? parseFloat(text) : null);
  return degrees === null ? null : (degrees * Math.PI) / 180;
}

/** Returns the colours with their places in pixels. A missing place is put evenly between its neighbours. */
function stopsOf(parts, length) {
  const stops = parts.flatMap((part) => {
    const [colour] = /^[a-z]+\([^)]*\)|^[^\s]+/i.exec(part);
    const places = part.slice(colour.length).match(/-?[\d.]+(px|%)/g) ?? [null];
    return places.map((place) => ({ colour, at: place === null ? null : pixels(place, length) }));
  });
  stops[0].at ??= 0;
  stops.at(-1).at ??= length;
  stops.forEach((stop, index) => {
    if (stop.at !== null) return;
    const next = stops.findIndex((other, place) => place > index && other.at !== null);
    stop.at = stops[index - 1].at + (stops[next].at - stops[index - 1].at) / (next - index + 1);
  });
  return stops;
}

const pixels = (place, length) => (place.endsWith("%") ? (parseFloat(place) / 100) * length : parseFloat(place));
