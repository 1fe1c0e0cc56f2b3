/**
 * Makes a self-contained picture of an element of the page: SVG made of boxes and text, or PNG.
 *
 * It walks through the browser's layout. Boxes with their backgrounds and borders become rectangles, text becomes text
 * at the same place, and charts (SVG, canvas, images) are copied. An element with `data-picture="skip"` leaves its
 * place empty. Knows no view. It leaves out what it cannot draw: rotated boxes, shadows and filters.
 */

import { drawBox, drawFragments, paintOf } from "./picture_boxes.js";
import { drawText } from "./picture_text.js";

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = 12;
const LARGEST_CANVAS = 16_384; // pixels a side
const NOT_XML = /[[\p{Cc}--[\t\n\r\x7f-\x9f]]\ufffe\uffff]/gv; // no XML document may hold these, not even escaped

/** The style properties that are copied to an SVG chart's shapes. */
const SHAPE_STYLES = [
  "fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linecap",
  "stroke-linejoin", "opacity", "display", "visibility", "font-family", "font-size", "font-weight", "font-style",
  "text-anchor", "dominant-baseline", "letter-spacing", "white-space", "transform", "transform-origin", "transform-box",
  "paint-order", "shape-rendering", "mix-blend-mode", "stop-color", "stop-opacity", "clip-path", "mask",
];

/**
 * @param {Element} element  an element in the page that is visible
 * @param {string} [title]  a description for screen readers
 * @returns {string} an SVG document
 */
export function toSvg(element, title = "") {
  const frame = element.getBoundingClientRect();
  const sheet = new Sheet(frame, title);
  sheet.rect(-MARGIN, -MARGIN, sheet.width, sheet.height, { fill: pageColour(element) }, sheet.root);
  const putBack = makePseudoElementsReal(element);
  try {
    draw(element, sheet, sheet.root);
  } finally {
    putBack();
  }
  sheet.addWhatIsReferredTo();
  return new XMLSerializer().serializeToString(sheet.root).toWellFormed().replaceAll(NOT_XML, "\ufffd");
}

/** @returns {Promise<Blob>} of type image/png, with twice the page's resolution if the canvas allows it */
export async function toPng(element, title = "") {
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([toSvg(element, title)], { type: "image/svg+xml" }));
  try {
    await image.decode();
    const scale = Math.min(2, LARGEST_CANVAS / image.width, LARGEST_CANVAS / image.height);
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

/** The drawing surface. It uses the page's coordinates, moved so that the element's top left corner is at 0, 0. */
class Sheet {
  #count = 0;

  constructor(frame, title) {
    this.left = frame.left;
    this.top = frame.top;
    this.width = Math.ceil(frame.width) + 2 * MARGIN;
    this.height = Math.ceil(frame.height) + 2 * MARGIN;
    this.root = document.createElementNS(SVG, "svg");
    this.root.setAttribute("width", String(this.width));
    this.root.setAttribute("height", String(this.height));
    this.root.setAttribute("viewBox", `${-MARGIN} ${-MARGIN} ${this.width} ${this.height}`);
    this.root.setAttribute("role", "img");
    if (title) this.add("title", {}, this.root).textContent = title;
    this.defs = this.add("defs", {}, this.root);
  }

  /** @returns {SVGElement} a new shape inside `parent`; undefined attributes are left out */
  add(tag, attributes, parent) {
    const shape = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== undefined) shape.setAttribute(name, typeof value === "number" ? round(value) : value);
    }
    return parent.appendChild(shape);
  }

  rect(x, y, width, height, attributes, parent) {
    return this.add("rect", { x, y, width: Math.max(0, width), height: Math.max(0, height), ...attributes }, parent);
  }

  /** Converts a box of the page to the picture's coordinates. @param {DOMRect} box */
  place(box) {
    return { x: box.left - this.left, y: box.top - this.top, width: box.width, height: box.height };
  }

  /** @returns {[id: string, element: SVGElement]} a definition to refer to by url(#id) */
  define(tag, attributes) {
    this.#count += 1;
    const id = `pg-picture-${this.#count}`;
    return [id, this.add(tag, { id, ...attributes }, this.defs)];
  }

  /** Copies the patterns and gradients that a chart refers to and that are elsewhere in the page. */
  addWhatIsReferredTo() {
    const text = new XMLSerializer().serializeToString(this.root);
    for (const [, id] of text.matchAll(/url\((?:&quot;|['"])?#([^)'"&]+)/g)) {
      if (this.root.querySelector(`[id="${CSS.escape(id)}"]`)) continue;
      const found = document.getElementById(id);
      if (found instanceof SVGElement) this.defs.append(withStyles(found));
    }
  }
}

const round = (number) => Math.round(number * 100) / 100;

function draw(element, sheet, into) {
  const style = getComputedStyle(element);
  if (!element.checkVisibility() || element.dataset?.picture === "skip" || isForScreenReaders(element, style)) return;
  const box = sheet.place(element.getBoundingClientRect());
  const group = groupFor(style, box, sheet, into);
  if (style.visibility === "visible") {
    const fragments = style.display === "inline" ? Array.from(element.getClientRects()) : [];
    if (fragments.length > 1) drawFragments(style, fragments.map((rect) => sheet.place(rect)), sheet, group);
    else drawBox(style, box, sheet, group);
  }
  if (element instanceof SVGSVGElement) drawChart(element, box, group);
  else if (element instanceof HTMLCanvasElement) drawImage(element.toDataURL(), box, style, sheet, group);
  else if (element instanceof HTMLImageElement) drawImage(dataOf(element), box, style, sheet, group);
  else {
    for (const child of element instanceof HTMLSelectElement ? [] : element.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) drawText(child, style, sheet, group);
      else if (child.nodeType === Node.ELEMENT_NODE) draw(child, sheet, group);
    }
    const written = writtenIn(element);
    if (written) drawWritten(written, style, box, sheet, group);
  }
}

/** Returns a group with the element's opacity, mask and clipping, or `into` itself if it has none of them. */
function groupFor(style, box, sheet, into) {
  const attributes = {};
  if (Number(style.opacity) < 1) attributes.opacity = Number(style.opacity);
  const mask = paintOf(style.maskImage, box, sheet);
  if (mask) {
    const [id, element] = sheet.define("mask", { "mask-type": "alpha" });
    element.style.maskType = "alpha";
    sheet.rect(box.x, box.y, box.width, box.height, { fill: mask }, element);
    attributes.mask = `url(#${id})`;
  }
  let group = Object.keys(attributes).length ? sheet.add("g", attributes, into) : into;
  if (style.overflowX !== "visible" || style.overflowY !== "visible") {
    const [id, element] = sheet.define("clipPath", {});
    const rx = parseFloat(style.borderTopLeftRadius) || undefined;
    sheet.rect(box.x, box.y, box.width, box.height, { rx }, element);
    group = sheet.add("g", { "clip-path": `url(#${id})` }, group);
  }
  return group;
}

const isForScreenReaders = (element, style) => style.position === "absolute" && element.offsetWidth <= 1;

function drawChart(element, { x, y, width, height }, into) {
  const chart = withStyles(element);
  const hasBox = element.hasAttribute("viewBox");
  const attributes = { x: round(x), y: round(y), width: round(width), height: round(height) };
  for (const [name, value] of Object.entries(attributes)) chart.setAttribute(name, value);
  if (!hasBox) chart.setAttribute("viewBox", `0 0 ${round(width)} ${round(height)}`);
  chart.style.cssText = `overflow: ${getComputedStyle(element).overflow}`;
  into.append(chart);
}

/** Returns a copy of a piece of SVG that looks the same without the page's style sheets and runs no scripts. */
function withStyles(element) {
  const copy = element.cloneNode(true);
  const copies = [copy, ...copy.querySelectorAll("*")];
  [element, ...element.querySelectorAll("*")].forEach((original, place) => {
    const target = copies[place];
    if (!(original instanceof SVGElement) || original.matches("script, foreignObject *")) {
      target.remove();
      return;
    }
    for (const { name, value } of Array.from(target.attributes)) {
      if (name.startsWith("on")) target.removeAttribute(name);
      else if (value.includes("url(")) target.setAttribute(name, withinPicture(value));
    }
    target.removeAttribute("class");
    target.removeAttribute("style");
    const style = getComputedStyle(original);
    for (const name of SHAPE_STYLES) {
      const value = style.getPropertyValue(name);
      if (value && !isInitial(name, value)) target.style.setProperty(name, withinPicture(value));
    }
  });
  return copy;
}

/** Shortens references to parts of this page to their names. A chart may write them with the page's whole address. */
function withinPicture(value) {
  return value.replaceAll(`${document.baseURI.split("#")[0]}#`, "#");
}

const NOT_INHERITED = [
  "transform", "transform-origin", "transform-box", "clip-path", "mask", "opacity", "mix-blend-mode",
];
const INITIAL = new Map();

/** Returns whether a value is the initial one of a property that is not inherited, so that it can be left out. */
function isInitial(name, value) {
  if (!INITIAL.size) {
    const probe = document.createElementNS(SVG, "g");
    probe.style.all = "initial";
    document.body.append(probe);
    const style = getComputedStyle(probe);
    for (const one of SHAPE_STYLES) INITIAL.set(one, style.getPropertyValue(one));
    probe.remove();
  }
  return NOT_INHERITED.includes(name) && value === INITIAL.get(name);
}

function drawImage(href, { x, y, width, height }, { imageRendering }, sheet, into) {
  const image = sheet.add("image", { x, y, width, height, href, preserveAspectRatio: "none" }, into);
  if (imageRendering !== "auto") image.style.imageRendering = imageRendering;
}

function dataOf(image) {
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL();
}

/** @returns {string} the text that a form's field shows, which is not in a text node of the page */
function writtenIn(element) {
  if (element instanceof HTMLSelectElement) return element.selectedOptions[0]?.text ?? "";
  const isText = element instanceof HTMLInputElement && ["text", "search", "number"].includes(element.type);
  return isText || element instanceof HTMLTextAreaElement ? element.value || element.placeholder : "";
}

function drawWritten(text, style, { x, y, height }, sheet, into) {
  const attributes = {
    x: x + parseFloat(style.paddingLeft) + parseFloat(style.borderLeftWidth) + 2,
    y: y + height / 2,
    "dominant-baseline": "central",
    fill: style.color,
    "font-family": style.fontFamily,
    "font-size": style.fontSize,
  };
  sheet.add("text", attributes, into).textContent = text;
}

/** Returns the first background colour of the element or of what is around it. */
function pageColour(element) {
  for (let one = element; one; one = one.parentElement) {
    const { backgroundColor } = getComputedStyle(one);
    if (!/^(transparent|rgba\(.*, 0\))$/.test(backgroundColor)) return backgroundColor;
  }
  return "white";
}

/**
 * Replaces `::before` and `::after` by real elements during the walk, because the browser does not give their places.
 *
 * @returns {() => void} undoes the replacement
 */
function makePseudoElementsReal(root) {
  const hiding = document.createElement("style");
  hiding.textContent =
    "[data-picture-before]::before, [data-picture-after]::after { content: none !important }";
  const found = [root, ...root.querySelectorAll("*")].flatMap((element) =>
    element instanceof HTMLElement ? ["before", "after"].flatMap((side) => pseudoElement(element, side)) : [],
  );
  document.head.append(hiding);
  for (const { element, side, standIn } of found) {
    element.toggleAttribute(`data-picture-${side}`, true);
    element[side === "before" ? "prepend" : "append"](standIn);
  }
  return () => {
    hiding.remove();
    for (const { element, side, standIn } of found) {
      element.removeAttribute(`data-picture-${side}`);
      standIn.remove();
    }
  };
}

function pseudoElement(element, side) {
  const style = getComputedStyle(element, `::${side}`);
  const { content, display } = style;
  if (content === "none" || content === "normal" || display === "none") return [];
  const text = /^"(.*)"$/s.exec(content)?.[1].replace(/\\(["\\])/g, "$1") ?? "";
  const standIn = document.createElement("span");
  standIn.textContent = text;
  for (const name of style) standIn.style.setProperty(name, style.getPropertyValue(name));
  return [{ element, side, standIn }];
}
