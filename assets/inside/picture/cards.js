/** Three cards beside the picture: what came before, why vectors are added and normed, and how a project with a model lives. */

import { make } from "../../common/dom.js";
import { t } from "../../common/language.js";
import { draw } from "../../common/svg.js";

const WIDTH = 300;
const HEIGHT = 120;
const LARGER = 1.5; // so that the letters are 21 px in the drawing, whatever its size on the page

/** @typedef {{title: string, alt: string, picture: () => SVGElement[], sentences: string[], source: string, address: string}} Card */

/** @type {Card[]} */
const CARDS = [
  {
    title: t("What came before"),
    alt: t("Above, a recurrent network: four words in a chain, the first one almost forgotten at the end. Below, attention: the last word has a line to each earlier one."),
    picture: before,
    sentences: [
      t("A recurrent network reads one word after the other, and keeps all it has read in one vector of a fixed size."),
      t("It could not see far back: a word had to pass through every step in between, and little of it was left; no step could begin before the last one had ended."),
      t("Attention looks at every earlier word directly, and all places of a text are computed at once."),
    ],
    source: "Vaswani et al. 2017, Attention Is All You Need",
    address: "https://arxiv.org/abs/1706.03762",
  },
  {
    title: t("Residuals and layer normalisation"),
    alt: t("A thick line goes straight on. A copy of it goes through a norm and a part, and is added to the line."),
    picture: residual,
    sentences: [
      t("A part does not replace the vector: it adds to it, so what was written before is still there, and each part learns only what is missing."),
      t("In training, the straight way through the sums reaches the first blocks too; without it, models of many blocks hardly learn."),
      t("A norm brings the copy that a part reads to a common length, so that no part gets numbers that are too large or too small."),
    ],
    source: "He et al. 2015, Deep Residual Learning; Ba et al. 2016, Layer Normalization",
    address: "https://arxiv.org/abs/1607.06450",
  },
  {
    title: t("The life of a project"),
    alt: t("Four boxes in a row: scope, select, adapt and align, deploy. An arrow goes from evaluation back to adapt and align."),
    picture: life,
    sentences: [
      t("Scope says what the model must do and how you will measure it; select takes a model that exists, or trains one."),
      t("Adapt and align begins with the prompt, goes on with examples in it, and only then changes weights by fine-tuning and human feedback; each round is evaluated."),
      t("Prompting ends where more examples do not fit the window or do not help: then fine-tune, and deploy what passes the tests."),
    ],
    source: "Ouyang et al. 2022, Training language models to follow instructions with human feedback",
    address: "https://arxiv.org/abs/2203.02155",
  },
];

/** @returns {HTMLElement} all cards */
export function cards() {
  return make("div", "pg-topics", ...CARDS.map(cardOf));
}

/** @param {Card} card */
function cardOf({ title, alt, picture, sentences, source, address }) {
  const shapes = picture();
  const isText = ({ tagName }) => tagName === "text";
  const lines = draw("g", "", { transform: `scale(${LARGER})` }, ...shapes.filter((shape) => !isText(shape)));
  const box = { viewBox: `0 0 ${LARGER * WIDTH} ${LARGER * HEIGHT}`, role: "img", "aria-label": alt };
  const svg = draw("svg", "pg-topic-picture", box, lines, ...shapes.filter(isText));
  const link = make("a", "", source);
  Object.assign(link, { href: address, target: "_blank", rel: "noreferrer" });
  return make("section", "pg-topic", make("h3", "", title), svg, ...sentences.map((sentence) => make("p", "", sentence)), make("p", "pg-topic-source", `${t("Source:")} `, link));
}

const words = (x, y, text, anchor = "middle") => draw("text", "pg-topic-words", { x: LARGER * x, y: LARGER * y, "text-anchor": anchor }, text);
const line = (x1, y1, x2, y2, name = "pg-topic-line") => draw("line", name, { x1, y1, x2, y2 });
const arrow = (x, y) => draw("polyline", "pg-topic-line", { points: `${x - 6},${y - 4} ${x},${y} ${x - 6},${y + 4}` });
const rect = (x, y, width, height, name = "pg-topic-box") => draw("rect", name, { x, y, width, height, rx: 4 });

function before() {
  const places = [40, 112, 184, 256];
  const names = ["the", "dog", "that", "barks"];
  const chain = places.flatMap((x, place) => [
    ...(place ? [line(places[place - 1] + 14, 24, x - 14, 24), arrow(x - 14, 24)] : []),
    rect(x - 14, 12, 28, 24),
    draw("rect", "pg-topic-left", { x: x - 14, y: 12 + place * 7, width: 28, height: 24 - place * 7, rx: 4 }),
    words(x, 52, names[place]),
  ]);
  const last = places[3];
  const arcs = places.slice(0, 3).map((x) => draw("path", "pg-topic-arc", { d: `M${last},84 Q${(x + last) / 2},${84 - (last - x) / 6} ${x},84` }));
  return [...chain, ...arcs, ...places.flatMap((x, place) => [draw("circle", "pg-topic-dot", { cx: x, cy: 88, r: 5 }), words(x, 110, names[place])])];
}

function residual() {
  return [
    line(10, 92, 290, 92, "pg-topic-stream"), arrow(292, 92), line(50, 92, 50, 32), line(50, 32, 80, 32), arrow(80, 32), rect(80, 16, 60, 32), words(110, 37, t("norm")),
    line(140, 32, 160, 32), arrow(160, 32), rect(160, 16, 60, 32), words(190, 37, t("part")), line(220, 32, 250, 32), line(250, 32, 250, 80),
    draw("circle", "pg-topic-sum", { cx: 250, cy: 92, r: 12 }), words(250, 97, "+"), words(130, 114, t("the vector goes straight on")),
  ];
}

function life() {
  const names = [[t("scope")], [t("select")], [t("adapt"), t("and align")], [t("deploy")]];
  const boxes = names.flatMap((name, place) => {
    const x = 2 + place * 76;
    const text = name.map((part, row) => words(x + 34, 49 + row * 16 - (name.length - 1) * 8, part));
    return [rect(x, 24, 68, 42, place === 2 ? "pg-topic-now" : "pg-topic-box"), ...text, ...(place ? [line(x - 8, 45, x, 45)] : [])];
  });
  return [...boxes, draw("path", "pg-topic-line", { d: "M208,66 Q208,92 188,92 Q168,92 168,70" }), draw("polyline", "pg-topic-line", { points: "164,76 168,68 172,76" }), words(188, 110, t("prompt, evaluate, again"))];
}
