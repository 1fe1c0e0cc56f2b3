/** Makes Plotly's data and layout of the words as points on a plane, with names that do not lie over one another. */

import { kindOf, short, SIGNS } from "./signs.js";
import { axisTitle } from "./space_3d.js";
import { t } from "../../common/language.js";
import { plain } from "../../common/plotly.js";
import { labelPlaces } from "../../compare/label_places.js";

const MARGIN = { t: 16, r: 16, b: 44, l: 56 };
const AIR = 0.12; // around the points, as a share of what they span

/** @param {import("./state.js").State} state @returns {object[]} Plotly's traces */
export function planeData(state) {
  const { told } = state;
  const rays = state.chosenPoints.map(({ place }) => ({
    type: "scatter",
    mode: "lines",
    ...axes([told.zero, place]),
    line: { color: "--pg-accent", width: 2 },
    hoverinfo: "skip",
  }));
  const zero = {
    type: "scatter",
    mode: "markers",
    ...axes([told.zero]),
    marker: { size: 9, symbol: "cross-thin", line: { width: 2, color: "--pg-raw" } },
    hovertext: [t("the vector of zeros")],
    hovertemplate: "%{hovertext}<extra></extra>",
  };
  return [...rays, zero, cloud(state)];
}

/** @param {import("./state.js").State} state @param {{width: number, height: number}} size  of the chart, in px @param {number} letter  px */
export function planeLayout(state, { width, height }, letter) {
  const plot = { width: width - MARGIN.l - MARGIN.r, height: height - MARGIN.t - MARGIN.b };
  const [x, y] = ranges([...state.points.map(({ place }) => place), state.told.zero], plot);
  const points = state.points.map(({ place }) => ({ x: plot.width * shareOf(place[0], x), y: plot.height * (1 - shareOf(place[1], y)) }));
  const sizes = state.points.map(({ text }) => ({ width: 0.62 * letter * Array.from(short(text)).length, height: 1.25 * letter }));
  const places = labelPlaces(points, sizes, plot);
  const axis = (number, range) => ({
    title: { text: axisTitle(state.told, number) }, range, zeroline: false, automargin: false, nticks: 5,
  });
  return {
    showlegend: false,
    margin: MARGIN,
    xaxis: axis(0, x),
    yaxis: axis(1, y),
    annotations: state.points.map((point, number) => ({
      x: point.place[0],
      y: point.place[1],
      ax: places[number].x,
      ay: places[number].y,
      text: plain(short(point.text)),
      font: { size: letter, color: colourOf(state, point) },
      borderpad: 0,
      arrowhead: 0,
      arrowwidth: 1,
      arrowcolor: "--pg-line",
      standoff: 6,
    })),
  };
}

/** @returns {[[low: number, high: number], [low: number, high: number]]} of both axes, with equal units in px */
function ranges(places, plot) {
  const ends = [0, 1].map((axis) => [Math.min(...places.map((place) => place[axis])), Math.max(...places.map((place) => place[axis]))]);
  const unit = (1 + 2 * AIR) * Math.max((ends[0][1] - ends[0][0]) / plot.width, (ends[1][1] - ends[1][0]) / plot.height, 1e-9);
  /** @returns {[low: number, high: number]} */
  const around = (axis, length) => {
    const middle = (ends[axis][0] + ends[axis][1]) / 2;
    return [middle - (unit * length) / 2, middle + (unit * length) / 2];
  };
  return [around(0, plot.width), around(1, plot.height)];
}

const shareOf = (value, [low, high]) => (value - low) / (high - low);

const axes = (places) => ({ x: places.map(([x]) => x), y: places.map(([, y]) => y) });

const colourOf = ({ chosen }, { id, near }) => (chosen.includes(id) ? "--pg-accent" : near === null ? "--pg-ink" : "--pg-muted");

function cloud({ points, groups, chosen }) {
  const of = (pick) => points.map((point) => pick(point, chosen.includes(point.id)));
  return {
    type: "scatter",
    mode: "markers",
    ...axes(points.map(({ place }) => place)),
    marker: {
      size: of(({ near }, isChosen) => (isChosen ? 12 : near === null ? 9 : 7)),
      symbol: of(({ near, group }, isChosen) => (isChosen ? "circle" : near === null ? SIGNS[group].symbol : "circle-open")),
      color: of(({ near, group }, isChosen) => (isChosen ? "--pg-accent" : near === null ? SIGNS[group].colour : "--pg-raw")),
    },
    hovertext: points.map((point) => plain([point.text, kindOf(point, groups)].filter(Boolean).join(": "))),
    hovertemplate: "%{hovertext}<extra></extra>",
    customdata: points.map(({ id }) => id),
  };
}
