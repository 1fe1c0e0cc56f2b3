/**
 * Draws the model: its parts as boxes, the residual stream as a line as thick as its vector is long, and one block opened.
 * The boxes are a list: arrow keys move in it, Enter and a click open the part's pane, Page Up and Page Down open another
 * block. The lines are SVG; what can be chosen lies over them as elements of the page.
 */

import { make, nearest, setText } from "../../common/dom.js";
import { t, tn } from "../../common/language.js";
import { brief } from "../../common/language.js";
import { draw } from "../../common/svg.js";
import { kindOf } from "./kinds.js";
import { ROW, layoutOf, thicknesses } from "./layout.js";
import { boxesOf, short, spokenName } from "./parts.js";
import { onResize } from "../../common/resize.js";

const MOVES = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };
const STREAM = "stream";

export class Drawn {
  /** @type {import("./state.js").PictureState} */
  #state;
  #on;
  #options = new Map(); // id -> element
  #at = "ids"; // the id of the option that the Tab key reaches

  /**
   * @param {import("./state.js").PictureState} state
   * @param {object} on
   * @param {(box: import("./parts.js").Box) => void} on.open
   * @param {(box: import("./parts.js").Box | null) => void} on.point  the reader points at a part, or at none
   * @param {(block: number) => void} on.block
   */
  constructor(state, on) {
    this.#state = state;
    this.#on = on;
    this.room = make("div", "pg-plan-room");
    this.list = make("div", "pg-plan-parts");
    this.list.role = "listbox";
    this.list.ariaLabel = t("Parts of the model, from text to token");
    this.element = make("div", "pg-plan", this.room, this.list);
    this.list.addEventListener("keydown", (event) => this.#onKey(event));
    this.list.addEventListener("click", (event) => this.#onClick(event));
    this.list.addEventListener("focusin", (event) => this.#turnTo(nearest(event, "[data-id]")?.dataset.id));
    this.list.addEventListener("pointerover", (event) => this.#point(nearest(event, "[data-id]")?.dataset.id));
    this.list.addEventListener("pointerleave", () => this.#on.point(null));
    onResize(this.element, () => this.draw());
  }

  /** Draws what the state holds. */
  draw() {
    const { drawing, block, lengths, text } = this.#state;
    const width = Math.floor(this.element.clientWidth);
    if (!drawing || !width) return;
    const boxes = boxesOf(drawing, block, text?.size ?? 0);
    this.boxes = [...boxes.before, { ...streamBox(drawing, lengths, block) }, ...boxes.within, ...boxes.after];
    const counts = /** @type {[number, number]} */ ([boxes.before.length, boxes.after.length]);
    this.layout = layoutOf(width, counts, kindOf(drawing, block).shape.steps, drawing.layers, block, drawing.kinds.length);
    const svg = draw("svg", "pg-plan-svg", { width, height: this.layout.height, viewBox: `0 0 ${width} ${this.layout.height}`, "aria-hidden": "true" });
    svg.append(...backgroundOf(this.layout, this.#state), ...streamOf(this.layout, lengths, drawing.layers, block), ...rowsOfKinds(this.layout, this.#state));
    svg.append(...innerLines(this.layout, this.#state, thicknesses(lengths, drawing.layers)));
    this.room.replaceChildren(svg);
    this.#place(boxes);
  }

  /** Puts the boxes where they belong. They stay the same elements, so that the one with the focus keeps it. */
  #place({ before, within, after }) {
    const { layout } = this;
    const rects = new Map([...pairs(before, layout.before), ...pairs(within, layout.within), ...pairs(after, layout.after)]);
    rects.set(STREAM, streamRect(layout));
    const hasFocus = this.list.contains(document.activeElement);
    for (const [id, element] of this.#options) {
      if (rects.has(id)) continue;
      element.remove();
      this.#options.delete(id);
    }
    const elements = this.boxes.map((box) => this.#option(box, rects.get(box.id)));
    elements.forEach((element, place) => {
      if (this.list.children[place] !== element) this.list.insertBefore(element, this.list.children[place] ?? null);
    });
    const isGone = !this.#options.has(this.#at); // a block of another kind can have fewer parts
    this.#choose(isGone ? STREAM : this.#at);
    if (isGone && hasFocus) this.#options.get(STREAM).focus({ preventScroll: true });
  }

  #option(box, rect) {
    const element = this.#options.get(box.id) ?? make("div", "pg-part", make("b"), " ", make("span"));
    this.#options.set(box.id, element);
    element.role = "option";
    element.dataset.id = box.id;
    element.classList.toggle("pg-part-sum", box.name === "+");
    element.classList.toggle("pg-part-stream", box.id === STREAM);
    setText(element.firstChild, box.id === STREAM ? "" : box.name);
    setText(element.lastChild, box.id === STREAM ? "" : box.size);
    element.ariaLabel = `${[spokenName(box), box.size].filter(Boolean).join(" ")}. ${box.says}`;
    Object.assign(element.style, { left: `${rect.x}px`, top: `${rect.y}px`, width: `${rect.width}px`, height: `${rect.height}px` });
    return element;
  }

  #boxOf(id) {
    return this.boxes?.find((box) => box.id === id) ?? null;
  }

  #turnTo(id) {
    if (!id) return;
    this.#choose(id);
    this.#point(id);
  }

  #choose(id) {
    this.#at = id;
    for (const [one, element] of this.#options) {
      element.tabIndex = one === id ? 0 : -1;
      element.ariaSelected = String(one === id);
    }
  }

  #point(id) {
    const box = this.#boxOf(id);
    if (box) this.#on.point(box);
  }

  #onKey(event) {
    const here = this.boxes.findIndex(({ id }) => id === this.#at);
    if (event.ctrlKey || event.metaKey || event.altKey || here < 0) return;
    const last = this.boxes.length - 1;
    const to = event.key === "Home" ? 0 : event.key === "End" ? last : here + MOVES[event.key];
    const by = { PageUp: -1, PageDown: 1 }[event.key];
    if (Number.isNaN(to) && !by && !["Enter", " "].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation(); // elsewhere on the page these keys have other effects
    if (by) {
      this.#on.block(this.#state.block + by);
      this.#point(this.#at);
    } else if (Number.isNaN(to)) this.#on.open(this.boxes[here]);
    else this.#options.get(this.boxes[Math.min(Math.max(to, 0), last)].id).focus({ preventScroll: false });
  }

  #onClick(event) {
    const id = nearest(event, "[data-id]")?.dataset.id;
    if (!id) return;
    this.#options.get(id).focus({ preventScroll: true });
    if (id !== STREAM) return this.#on.open(this.#boxOf(id));
    const frame = this.list.getBoundingClientRect();
    const { stream, isUpright } = this.layout;
    const [axis, place] = isUpright ? [1, event.clientY - frame.top] : [0, event.clientX - frame.left];
    const share = (place - stream[0][axis]) / (stream.at(-1)[axis] - stream[0][axis]);
    this.#on.block(Math.floor(share * (stream.length - 1)));
  }
}

const pairs = (boxes, rects) => boxes.map((box, place) => [box.id, rects[place]]);

function streamBox({ layers }, lengths, block) {
  const lengthAt = (place) => brief(lengths[place], 3);
  const told = lengths
    ? t("The vector is {before} long before block {block} and {after} after it. It begins with {first} and ends with {last}.", {
        block, before: lengthAt(block), after: lengthAt(block + 1), first: lengthAt(0), last: lengthAt(layers),
      })
    : t("Its length is not measured yet.");
  const says = `${told} ${t("Click a place, or press Page Up or Page Down, to open another block.")}`;
  return { id: STREAM, name: tn("Residual stream through {n} block", "Residual stream through {n} blocks", layers), size: "", says, view: "" };
}

function streamRect({ stream, isUpright }) {
  const [[x, y], [right, bottom]] = [stream[0], stream.at(-1)];
  return isUpright ? { x: x - 24, y, width: 48, height: bottom - y } : { x, y: y - 24, width: right - x, height: 48 };
}

/** Draws the way around: lines between the boxes, the way back, and the frame of the opened block. */
function backgroundOf({ before, after, back, frame, stream, isUpright }, { block, drawing }) {
  const isRound = !drawing.head; // an encoder-only model writes no token that it reads again
  const line = (points, name) => draw("polyline", name, { points: points.map((point) => point.join(",")).join(" ") });
  const middleOf = (rect) => [rect.x + rect.width / 2, rect.y + rect.height / 2];
  const axis = isUpright ? 1 : 0;
  const [from, to] = [stream[block], stream[block + 1]];
  const edge = isUpright ? frame.x : frame.y + frame.height;
  const corners = isUpright
    ? [[from[0] + 22, from[1]], [edge, frame.y], [edge, frame.y + frame.height], [to[0] + 22, to[1]]]
    : [[from[0], from[1] - 22], [frame.x, edge], [frame.x + frame.width, edge], [to[0], to[1] - 22]];
  const tip = back.at(-1);
  const arrow = isUpright ? [[tip[0] - 6, tip[1] - 4], tip, [tip[0] - 6, tip[1] + 4]] : [[tip[0] - 4, tip[1] + 6], tip, [tip[0] + 4, tip[1] + 6]];
  const words = isUpright ? { x: frame.x + 10, y: frame.y + 20 } : { x: frame.x + 10, y: frame.y + 19 };
  return [
    line([middleOf(before[0]), stream[0]], "pg-plan-way"),
    line([stream.at(-1), middleOf(after.at(-1))], "pg-plan-way"),
    ...(isRound ? [line(back, "pg-plan-back"), line(arrow, "pg-plan-back")] : []),
    draw("polygon", "pg-plan-zoom", { points: corners.map((point) => point.join(",")).join(" ") }),
    draw("rect", "pg-plan-frame", { ...frame, rx: 6 }),
    draw("text", "pg-plan-name", words, isUpright ? t("block {block}", { block }) : openedWords(drawing, block)),
    ...(axis || !isRound ? [] : [draw("text", "pg-plan-note", { x: back[1][0] - 110, y: back[1][1] - 5, "text-anchor": "end" }, t("the new token joins the text, and all begins again"))]),
  ];
}

/** @returns {string} which block is opened, how many there are, and how many are like it if they are not all alike */
function openedWords(drawing, block) {
  const { layers } = kindOf(drawing, block);
  const all = drawing.layers;
  if (drawing.kinds.length === 1) return tn("block {block}, opened; there are {n}", "block {block}, opened; there are {n}", all, { block });
  return layers.length === 1
    ? tn("block {block}, opened; no other of the {n} is like it", "block {block}, opened; no other of the {n} is like it", all, { block })
    : t("block {block}, opened; {alike} of {all} are of its kind", { block, alike: layers.length, all });
}

/** Draws the stream through all blocks: a band, as thick as the vector is long, with a mark for each block. */
function streamOf({ stream, isUpright, rows }, lengths, layers, block) {
  const thick = thicknesses(lengths, layers);
  const side = (sign) => stream.map(([x, y], place) => (isUpright ? [x + (sign * thick[place]) / 2, y] : [x, y + (sign * thick[place]) / 2]));
  const band = [...side(-1), ...side(1).reverse()].map((point) => point.join(",")).join(" ");
  const marks = stream.map(([x, y]) => draw("line", "pg-plan-mark", isUpright ? { x1: x - 24, x2: x - 20, y1: y, y2: y } : { x1: x, x2: x, y1: y + 20, y2: y + 24 }));
  const [from, to] = [stream[block], stream[block + 1]];
  const chosen = isUpright ? { x: from[0] - 22, y: from[1], width: 44, height: to[1] - from[1] } : { x: from[0], y: from[1] - 22, width: to[0] - from[0], height: 44 };
  const words = lengths
    ? [[0, "start"], [layers, "end"]].map(([place, anchor]) => {
        const [x, y] = stream[place];
        const at = isUpright ? { x: x + 26, y: y + (place ? -4 : 14), "text-anchor": "start" } : { x: x + (place ? -2 : 2), y: y + 40 + rows, "text-anchor": anchor };
        return draw("text", "pg-plan-note", at, t("length {length}", { length: short(lengths[place]) }));
      })
    : [];
  return [draw("rect", "pg-plan-chosen", chosen), draw("polygon", "pg-plan-band", { points: band }), ...marks, ...words];
}

/** Draws of which kind each block is: a row for each kind, with a mark beside its blocks. */
function rowsOfKinds({ stream, isUpright, rows }, { drawing, block }) {
  if (!rows) return [];
  const opened = kindOf(drawing, block);
  return drawing.kinds.flatMap((kind, row) =>
    kind.layers.map((layer) => {
      const [[x, y], [right, bottom]] = [stream[layer], stream[layer + 1]];
      const place = isUpright ? { x: x - 26 - (row + 1) * ROW, y, width: ROW - 2, height: bottom - y } : { x, y: y + 26 + row * ROW, width: right - x, height: ROW - 2 };
      return draw("rect", kind === opened ? "pg-plan-kind pg-plan-kind-opened" : "pg-plan-kind", place);
    }),
  );
}

/** Draws the lines of the opened block: the stream through it, and each sum's way from the stream through its parts and back. */
function innerLines({ within, inside, outside, isUpright, frame }, { drawing, block }, thick) {
  const path = (points) => draw("polyline", "pg-plan-branch", { points: points.map((point) => point.join(",")).join(" ") });
  const through = draw("line", "pg-plan-through", { x1: inside[0], y1: inside[1], x2: outside[0], y2: outside[1], "stroke-width": Math.max(2, Math.min(14, thick[block + 1] / 3)) });
  const { steps, reads, joins } = kindOf(drawing, block).shape;
  const sums = steps.flatMap((step, place) => (step === "add" ? [within[place]] : []));
  const entries = steps.flatMap((_, place) => (place === 0 || steps[place - 1] === "add" ? [within[place]] : []));
  const isShared = (read) => reads.some((other, sum) => other === read && sum > read);
  const branches = sums.map((sum, place) => {
    const entry = entries[place];
    const first = entries[reads[place]];
    const isBeside = reads[place] < place; // the way from the stream goes around the parts that read the same vector
    const isAtStart = isShared(reads[place]) && reads[place] === 0;
    if (isUpright) {
      const middle = entry.x + entry.width / 2;
      const from = joins[place] ? first.y + first.height + 3 : isAtStart ? frame.y + 32 : first.y - 8;
      const side = entry.x + entry.width + 5;
      const around = isBeside ? [[side, from], [side, entry.y - 4], [middle, entry.y - 4]] : [[middle, from]];
      return path([[joins[place] ? middle : inside[0], from], ...around, [middle, sum.y + sum.height / 2], [sum.x + sum.width, sum.y + sum.height / 2]]);
    }
    const middle = entry.y + entry.height / 2;
    const from = joins[place] ? first.x + first.width + 6 : isAtStart ? frame.x + 12 : first.x - 9;
    const height = isBeside ? 24 : middle;
    const down = sum.x + sum.width / 2;
    return path([[from, joins[place] ? middle : inside[1]], [from, height], [entry.x - 9, height], [entry.x - 9, middle], [down, middle], [down, sum.y]]);
  });
  return [through, ...branches];
}
