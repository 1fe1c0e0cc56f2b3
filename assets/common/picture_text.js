/** Draws the text of a picture: each line of a text node at its place in the browser. Knows the sheet of picture.js. */

const measure = document.createElement("canvas").getContext("2d");
const characters = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * @param {Text} node
 * @param {CSSStyleDeclaration} style  the computed style of its element
 */
export function drawText(node, style, sheet, into) {
  if (!node.data.trim() || style.visibility !== "visible") return;
  const end = style.textOverflow === "ellipsis" ? endBeforeEllipsis(node.parentElement, style) : Infinity;
  for (const line of linesOf(node, end)) {
    const { x, y, width, height } = sheet.place(line);
    if (!width) continue;
    const attributes = {
      x,
      y: y + height * ascentShare(style),
      fill: style.color,
      "font-family": style.fontFamily,
      "font-size": style.fontSize,
      "font-weight": style.fontWeight === "400" ? undefined : style.fontWeight,
      "font-style": style.fontStyle === "normal" ? undefined : style.fontStyle,
      "font-variant-numeric": style.fontVariantNumeric === "normal" ? undefined : style.fontVariantNumeric,
      "text-decoration": decorationOf(node.parentElement),
      textLength: line.isCut ? undefined : width, // the same width with any font
      lengthAdjust: "spacingAndGlyphs",
      "xml:space": "preserve",
    };
    sheet.add("text", attributes, into).textContent = transformed(line.text, style.textTransform);
  }
}

/** Returns one piece of text for each line. An ellipsis replaces the characters beyond `end`. */
function linesOf(node, end) {
  const range = document.createRange();
  const lines = [];
  for (const { segment, index } of characters.segment(node.data)) {
    range.setStart(node, index);
    range.setEnd(node, index + segment.length);
    const box = Array.from(range.getClientRects()).find((rect) => rect.width > 0);
    if (!box) continue; // white space that the layout removed
    const text = /^\s$/.test(segment) ? " " : segment;
    const line = lines.at(-1);
    if (!line || box.top >= line.top + line.height / 2) lines.push(lineOf(text, box));
    else extend(line, text, box, end);
  }
  return lines;
}

function lineOf(text, { left, top, right, height }) {
  return { text, left, top, right, height, width: right - left, isCut: false };
}

function extend(line, text, box, end) {
  if (line.isCut) return;
  if (box.right > end) {
    line.text += "…";
    line.isCut = true;
    return;
  }
  line.text += text;
  line.left = Math.min(line.left, box.left);
  line.right = Math.max(line.right, box.right);
  line.width = line.right - line.left;
}

/** Returns where text ends in an element that cuts overflow with an ellipsis, or Infinity if all of it fits. */
function endBeforeEllipsis(element, style) {
  if (element.scrollWidth <= element.clientWidth) return Infinity;
  measure.font = style.font;
  const inside = element.getBoundingClientRect().right - parseFloat(style.paddingRight);
  return inside - measure.measureText("…").width;
}

/** Returns the share of a line's height that is above its baseline. */
function ascentShare(style) {
  measure.font = style.font;
  const { fontBoundingBoxAscent, fontBoundingBoxDescent } = measure.measureText("x");
  return fontBoundingBoxAscent / (fontBoundingBoxAscent + fontBoundingBoxDescent);
}

function decorationOf(element) {
  for (let one = element; one && !one.classList.contains("pg-root"); one = one.parentElement) {
    const { textDecorationLine, textDecorationStyle } = getComputedStyle(one);
    const isTerm = one.matches(".pg-term"); // its line invites a press, and nobody presses a picture
    if (textDecorationLine !== "none" && !isTerm) return `${textDecorationLine} ${textDecorationStyle}`;
  }
  return undefined;
}

function transformed(text, how) {
  if (how === "uppercase") return text.toUpperCase();
  return how === "lowercase" ? text.toLowerCase() : text;
}
