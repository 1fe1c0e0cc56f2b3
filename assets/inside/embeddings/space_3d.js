/** Makes Plotly's data and layout of the words as points in space. Pure functions of the state. */

import { kindOf, plainInSpace, short, SIGNS } from "./signs.js";
import { fixed, t } from "../../common/language.js";
import { plain } from "../../common/plotly.js";

/** From where the picture is looked at, in its own widths, so that the titles of the axes are in it: on a phone from farther away. */
const FAR = { wide: 2, narrow: 2.5 };

/** @param {import("./state.js").State} state @param {number} letter  px @returns {object[]} Plotly's traces */
export function spaceData(state, letter) {
  const { points, chosen, told } = state;
  const isChosen = ({ id }) => chosen.includes(id);
  const words = SIGNS.flatMap((sign, group) =>
    clouds(state, points.filter((point) => point.group === group && point.near === null && !isChosen(point)), {
      marker: { size: 4.5, symbol: sign.symbol, color: sign.colour },
      textfont: { color: "--pg-ink", size: letter - 1 },
    }),
  );
  const near = clouds(state, points.filter((point) => point.near !== null && !isChosen(point)), {
    marker: { size: 3.5, symbol: "circle-open", color: "--pg-raw" },
    textfont: { color: "--pg-muted", size: letter - 3 },
  });
  const two = clouds(state, state.chosenPoints, {
    marker: { size: 6, symbol: "circle", color: "--pg-accent" },
    textfont: { color: "--pg-accent", size: letter + 1 },
  });
  const zero = { ...flatZero(told.zero), marker: { size: 5, symbol: "cross", color: "--pg-muted" } };
  const rays = [0, 1].map((number) => ({
    type: "scatter3d",
    mode: "lines",
    ...axes(state.chosenPoints[number] ? [told.zero, state.chosenPoints[number].place] : []),
    line: { color: "--pg-accent", width: 4 },
    hoverinfo: "skip",
  }));
  // Plotly draws a name at half its size that comes into a trace later, so another set of words has other traces.
  const traces = [...rays, zero, ...words, ...near, ...two].map((trace, place) => ({ ...trace, uid: `${state.sets}-${place}` }));
  return traces.filter(({ x }) => x.length);
}

/**
 * @param {import("./state.js").State} state
 * @param {number} letter  px
 * @param {boolean} isNarrow  whether the picture is hardly wider than high: the titles are shorter
 * @returns {object} Plotly's layout
 */
export function spaceLayout({ told, turn }, letter, isNarrow) {
  const angle = (turn * Math.PI) / 180;
  const far = isNarrow ? FAR.narrow : FAR.wide;
  const values = (number) => ({ number: number + 1, share: shareOf(told, number) });
  const axis = (number) => ({
    title: { text: isNarrow ? t("{number} ({share} %)", values(number)) : t("component {number} ({share} %)", values(number)), font: { color: "--pg-muted", size: letter - 2 } },
    tickfont: { color: "--pg-muted", size: letter - 4 },
    nticks: 4,
    gridcolor: "--pg-line",
    zerolinecolor: "--pg-line",
    linecolor: "--pg-line",
    showspikes: false,
  });
  return {
    uirevision: turn, // the reader's own turn of the picture stays until a button turns it
    showlegend: false,
    margin: { t: 0, r: 0, b: 0, l: 0 },
    scene: {
      xaxis: axis(0),
      yaxis: axis(1),
      zaxis: axis(2),
      aspectmode: "data", // a distance is as long along each axis
      dragmode: "turntable",
      camera: { eye: { x: far * Math.cos(angle), y: far * Math.sin(angle), z: 0.7 }, center: { x: 0, y: 0, z: -0.17 } },
    },
  };
}

/** @returns {string} the name of an axis, with its share: "component 1 (25 % of the variance)" */
export const axisTitle = ({ explained }, number) =>
  t("component {number} ({share} % of the variance)", { number: number + 1, share: shareOf({ explained }, number) });

/** In percent, without decimals. */
const shareOf = ({ explained }, number) => fixed(100 * explained[number], 0);

/** @returns {boolean} whether the point that is nearest to a point is above it, so that two names do not meet */
function isBelow({ id, place }, all) {
  const far = (other) => Math.hypot(...other.place.map((value, axis) => value - place[axis]));
  const others = all.filter((other) => other.id !== id);
  const nearest = others.reduce((best, other) => (far(other) < far(best) ? other : best), others[0]);
  return nearest.place[2] > place[2];
}

const axes = (places) => ({ x: places.map(([x]) => x), y: places.map(([, y]) => y), z: places.map(([, , z]) => z) });

const flatZero = (zero) => ({
  type: "scatter3d",
  mode: "markers",
  ...axes([zero]),
  hovertext: [t("the vector of zeros")],
  hovertemplate: "%{hovertext}<extra></extra>",
});

/** Returns two traces: the points with their names above them, and those with their names below. */
function clouds({ groups, points: all }, points, look) {
  const trace = (some, textposition) => ({
    type: "scatter3d",
    mode: "markers+text",
    ...axes(some.map(({ place }) => place)),
    text: some.map(({ text }) => plainInSpace(short(text))),
    hovertext: some.map((point) => plain([point.text, kindOf(point, groups)].filter(Boolean).join(": "))),
    hovertemplate: "%{hovertext}<extra></extra>",
    customdata: some.map(({ id }) => id),
    textposition, // one for all: Plotly misplaces names in space that have several
    ...look,
  });
  const below = points.filter((point) => isBelow(point, all));
  return [trace(points.filter((point) => !below.includes(point)), "top center"), trace(below, "bottom center")];
}
