/** Makes the export menu of one picture: the picture as PNG and SVG, its numbers as CSV. */

import { save, saveCsv } from "../common/download.js";
import { ExportMenu } from "../common/export_menu.js";
import { toPng, toSvg } from "../common/picture.js";

/**
 * @param {string} name  the name of the picture, from which the files get theirs
 * @param {Element} element  the picture
 * @param {() => unknown[][]} rows  returns the picture's numbers, with a header first
 * @returns {HTMLElement}
 */
export function exportOf(name, element, rows) {
  const file = `attention-${name.replaceAll(" ", "-")}`;
  const menu = new ExportMenu([
    { label: "Picture (PNG)", run: async () => save(await toPng(element), `${file}.png`) },
    { label: "Picture (SVG)", run: () => save(new Blob([toSvg(element)], { type: "image/svg+xml" }), `${file}.svg`) },
    { label: "Numbers (CSV)", run: () => saveCsv(rows(), `${file}.csv`) },
  ]);
  menu.button.ariaLabel = menu.list.ariaLabel = `Export the ${name}`;
  menu.element.dataset.picture = "skip";
  return menu.element;
}
