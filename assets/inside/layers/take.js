/** Makes the export menu of one picture: the whole of it as PNG and SVG, its numbers as CSV. */

import { save, saveCsv } from "../../common/download.js";
import { ExportMenu } from "../../common/export_menu.js";
import { t } from "../../common/language.js";
import { toPng, toSvg } from "../../common/picture.js";

/**
 * @param {string} name  the name of the picture, from which the files get theirs
 * @param {string} label  what the menu is called
 * @param {HTMLElement} element  the picture
 * @param {() => unknown[][]} rows  returns the picture's numbers, with a header first
 * @returns {HTMLElement}
 */
export function takeAway(name, label, element, rows) {
  const file = `layers-${name.replaceAll(" ", "-")}`;
  const menu = new ExportMenu([
    { label: t("Picture (PNG)"), run: async () => save(await whole(element, () => toPng(element, name)), `${file}.png`) },
    { label: t("Picture (SVG)"), run: () => save(new Blob([whole(element, () => toSvg(element, name))], { type: "image/svg+xml" }), `${file}.svg`) },
    { label: t("Numbers (CSV)"), run: () => saveCsv(rows(), `${file}.csv`) },
  ]);
  menu.button.ariaLabel = menu.list.ariaLabel = label;
  menu.element.dataset.picture = "skip";
  return menu.element;
}

/** Takes a picture of all of an element, also of what is scrolled out of view. It is laid out as before at once. */
function whole(element, take) {
  const scrolled = Array.from(element.querySelectorAll("div")).filter(({ scrollTop }) => scrollTop > 0);
  const tops = scrolled.map(({ scrollTop }) => scrollTop);
  element.classList.add("pg-layers-whole");
  try {
    return take(); // the layout is read before it returns, also where it returns a promise
  } finally {
    element.classList.remove("pg-layers-whole");
    for (const [place, part] of scrolled.entries()) part.scrollTop = tops[place];
  }
}
