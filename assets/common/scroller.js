/**
 * A part of a view that scrolls when its content does not fit. It then says so in a line below, and can be reached and
 * scrolled with the keyboard, under its own name. While everything fits there is no line and no stop for the Tab key.
 */

import { make, setText } from "./dom.js";
import { t } from "./language.js";
import { onResize } from "./resize.js";

const HINTS = { wide: t("Scroll sideways to see the rest →"), tall: t("Scroll down to see the rest ↓") };

/**
 * @param {string} name  says to screen readers what scrolls
 * @param {HTMLElement} content
 * @param {string} [className]  of the part that scrolls
 * @returns {HTMLElement} the part that scrolls, and the line below it
 */
export function scroller(name, content, className = "") {
  const part = make("div", `pg-scroll ${className}`, content);
  const hint = make("p", "pg-scroll-hint");
  hint.ariaHidden = "true"; // a screen reader reads all of the content
  hint.hidden = true;
  nameWhileFull(part, name, ({ isWide, isTall }) => {
    setText(hint, isWide ? HINTS.wide : HINTS.tall);
    hint.hidden = !isWide && !isTall;
  });
  return make("div", "pg-scroller", part, hint);
}

/**
 * Makes an element with one child a stop for the Tab key, with a name, while its child does not fit into it.
 *
 * @param {HTMLElement} part
 * @param {string} name
 * @param {(fullness: {isWide: boolean, isTall: boolean}) => void} [onChange]
 */
export function nameWhileFull(part, name, onChange = () => {}) {
  const show = () => {
    const fullness = { isWide: part.scrollWidth > part.clientWidth + 1, isTall: part.scrollHeight > part.clientHeight + 1 };
    if (fullness.isWide || fullness.isTall) {
      part.tabIndex = 0;
      part.role = "region";
      part.ariaLabel = name;
    } else if (document.activeElement !== part) {
      for (const attribute of ["tabindex", "role", "aria-label"]) part.removeAttribute(attribute);
    }
    onChange(fullness);
  };
  for (const element of [part, part.firstElementChild]) onResize(element, show);
}
