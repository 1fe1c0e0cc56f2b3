/**
 * Returns what a person would see as faults in the page as it is now: texts that are cut, that lie on each other, or that
 * are beyond the window's edges and cannot be reached. Each fault is one sentence.
 *
 * @param {string} scope  a selector of the parts that are looked at
 * @returns {string[]}
 */
(scope) => {
  /** Texts that cannot be seen or that belong to Gradio's own hidden parts. */
  const LEFT_OUT = ".pg-spoken, .sr-only, .visually-hidden, script, style, option, iframe";
  /** Two texts may touch by this many pixels, because line boxes are higher than their letters. */
  const TOUCH = 3;

  const isShown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const nameOf = (element) => {
    const mark = element.id ? `#${element.id}` : element.getAttribute("class")?.split(" ").find((one) => one.startsWith("pg-"));
    return `${element.tagName.toLowerCase()}${mark ? ` ${mark}` : ""}`;
  };
  const said = (text) => JSON.stringify(text.trim().replace(/\s+/g, " ").slice(0, 50));
  const scrolls = (style, way) => ["auto", "scroll"].includes(style[way]);

  /** The visible part of a box: what the boxes around it that hide or scroll leave. */
  function visiblePart(element, box) {
    let { left, top, right, bottom } = box;
    for (let around = element; around; around = around.parentElement) {
      const style = getComputedStyle(around);
      if (around !== element && style.display === "inline") continue;
      const edge = around.getBoundingClientRect();
      if (style.overflowX !== "visible" && around !== document.documentElement && around !== document.body) {
        left = Math.max(left, edge.left);
        right = Math.min(right, edge.right);
      }
      if (style.overflowY !== "visible" && around !== document.documentElement && around !== document.body) {
        top = Math.max(top, edge.top);
        bottom = Math.min(bottom, edge.bottom);
      }
      if (style.position === "fixed") break;
    }
    return right - left > 1 && bottom - top > 1 ? { left, top, right, bottom } : null;
  }

  /** A text is readable elsewhere if something around it names it whole. */
  const isNamed = (element, text) => {
    for (let around = element; around && !around.matches(".pg-root, body"); around = around.parentElement) {
      const name = `${around.getAttribute("title") ?? ""} ${around.querySelector?.(":scope > title")?.textContent ?? ""}`;
      if (name.trim()) return true;
    }
    return false;
  };

  const faults = [];
  const texts = [];
  for (const root of document.querySelectorAll(scope)) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!node.data.trim() || element.closest(LEFT_OUT) || !isShown(element)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const boxes = [...range.getClientRects()].filter((box) => box.width > 1 && box.height > 1);
      texts.push({ element, text: node.data, boxes });
    }
  }

  const layerOf = (element) => {
    for (let around = element; around; around = around.parentElement) {
      const style = getComputedStyle(around);
      if (["fixed", "sticky"].includes(style.position) || (style.position === "absolute" && style.zIndex !== "auto")) return around;
    }
    return document.body;
  };

  const seen = [];
  for (const { element, text, boxes } of texts) {
    for (const box of boxes) {
      const part = visiblePart(element, box);
      const holder = element.closest("*");
      if (part && part.right > innerWidth + 1 && !isInScroller(element))
        faults.push(`beyond the right edge: ${nameOf(holder)} ${said(text)}`);
      if (part && part.left < -1 && !isInScroller(element)) faults.push(`beyond the left edge: ${nameOf(holder)} ${said(text)}`);
      if (isCut(element, box) && !isNamed(element, text)) faults.push(`cut: ${nameOf(holder)} ${said(text)}`);
      if (part && !element.closest("[transform*=rotate]")) seen.push({ element, text, part, layer: layerOf(element) });
    }
  }

  function isInScroller(element) {
    for (let around = element; around && around !== document.body; around = around.parentElement)
      if (scrolls(getComputedStyle(around), "overflowX")) return true;
    return false;
  }

  /** A text is cut if a box around it hides a part of it, and nobody can scroll there. */
  function isCut(element, box) {
    for (let around = element; around && around !== document.body; around = around.parentElement) {
      const style = getComputedStyle(around);
      if (style.display === "inline" || around.matches("svg *")) continue;
      const edge = around.getBoundingClientRect();
      if (edge.width <= 2 || edge.height <= 2) return false; // it is for screen readers alone
      const hides = (way) => ["hidden", "clip"].includes(style[way]);
      if (scrolls(style, "overflowX") || scrolls(style, "overflowY")) return false;
      if (hides("overflowX") && (box.right > edge.right + 1.5 || box.left < edge.left - 1.5)) return true;
      if (hides("overflowY") && (box.bottom > edge.bottom + TOUCH || box.top < edge.top - TOUCH)) return true;
      if (style.position === "fixed") return false;
    }
    return false;
  }

  seen.sort((one, other) => one.part.top - other.part.top);
  for (let place = 0; place < seen.length; place++) {
    const { element, text, part, layer } = seen[place];
    for (let next = place + 1; next < seen.length && seen[next].part.top < part.bottom - TOUCH; next++) {
      const other = seen[next];
      if (other.element === element || other.layer !== layer) continue;
      const wide = Math.min(part.right, other.part.right) - Math.max(part.left, other.part.left);
      const high = Math.min(part.bottom, other.part.bottom) - Math.max(part.top, other.part.top);
      if (wide > 1.5 && high > TOUCH)
        faults.push(`on each other: ${nameOf(element)} ${said(text)} and ${nameOf(other.element)} ${said(other.text)}`);
    }
  }
  return [...new Set(faults)];
}
