/** Draws two vectors in the plane that they span, where their angle and their lengths are the true ones. */

import { short } from "./signs.js";
import { degreesOf } from "./state.js";
import { cosineText } from "./words.js";
import { make } from "../../common/dom.js";
import { fixed, t } from "../../common/language.js";
import { draw } from "../../common/svg.js";

const [WIDTH, HEIGHT, ROOM, ARC] = [300, 210, 28, 30]; // px; the names of the vectors stand in the room around them
const BESIDE = 62; // px of room for the names at the sides

export class AnglePicture {
  constructor() {
    this.element = make("div", "pg-angle");
  }

  /** @param {import("./state.js").State} state  two points of which are chosen, or none are drawn */
  draw(state) {
    const { cosine } = state;
    this.element.hidden = cosine === null;
    if (cosine === null) return;
    const [one, other] = state.chosenPoints;
    const angle = degreesOf(cosine);
    const says = t("The vectors of “{one}” and “{other}” in the plane of both: an angle of {angle}°, cosine {cosine}, lengths {oneLength} and {otherLength}", {
      one: one.text, other: other.text, angle: fixed(angle, 1), cosine: cosineText(cosine), oneLength: fixed(one.length, 2), otherLength: fixed(other.length, 2),
    });
    const picture = draw("svg", "pg-angle-picture", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": says });
    picture.append(...shapes([one, other], (angle * Math.PI) / 180));
    this.element.replaceChildren(picture);
  }
}

/** @param {import("./state.js").Point[]} points @param {number} angle  in radians */
function shapes(points, angle) {
  const ends = points.map(({ length }, place) => ({ x: length * Math.cos(place * angle), y: -length * Math.sin(place * angle) }));
  const [left, right] = [Math.min(0, ...ends.map(({ x }) => x)), Math.max(0, ...ends.map(({ x }) => x))];
  const top = Math.min(0, ...ends.map(({ y }) => y));
  const scale = Math.min((WIDTH - 2 * BESIDE) / (right - left || 1), (HEIGHT - 2 * ROOM) / (-top || 1e-9));
  const start = { x: WIDTH / 2 - (scale * (left + right)) / 2, y: HEIGHT - ROOM };
  const placed = ends.map(({ x, y }) => ({ x: start.x + scale * x, y: start.y + scale * y }));
  const arcEnd = { x: start.x + ARC * Math.cos(angle), y: start.y - ARC * Math.sin(angle) };
  const arc = `M${start.x + ARC} ${start.y} A${ARC} ${ARC} 0 0 0 ${arcEnd.x} ${arcEnd.y}`;
  const middle = { x: start.x + (ARC + 22) * Math.cos(angle / 2), y: start.y - (ARC + 14) * Math.sin(angle / 2) + 4 };
  return [
    draw("path", "pg-angle-arc", { d: arc }),
    draw("text", "pg-angle-degrees", { x: middle.x, y: middle.y, "text-anchor": "middle" }, `${fixed((180 * angle) / Math.PI, 1)}°`),
    ...placed.flatMap((end, place) => arrow(start, end, points[place].text, place * angle)),
  ];
}

function arrow(start, end, text, angle) {
  const tip = [150, 210].map((turn) => {
    const at = angle + (turn * Math.PI) / 180;
    return `${end.x + 9 * Math.cos(at)} ${end.y - 9 * Math.sin(at)}`;
  });
  const isBeside = Math.abs(Math.cos(angle)) > 0.8;
  const anchor = isBeside ? (Math.cos(angle) > 0 ? "start" : "end") : "middle";
  const x = end.x + (isBeside ? 6 * Math.sign(Math.cos(angle)) : 0);
  const y = isBeside ? end.y + 4 : end.y - 8;
  return [
    draw("path", "pg-angle-vector", { d: `M${start.x} ${start.y} L${end.x} ${end.y} M${tip[0]} L${end.x} ${end.y} L${tip[1]}` }),
    draw("text", "pg-angle-name", { x, y, "text-anchor": anchor }, short(text)),
  ];
}
