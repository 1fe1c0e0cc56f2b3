/** Makes the export menu of one picture: the picture as PNG and SVG, its numbers as CSV. */

import { save, saveCsv } from "../common/download.js";
import { t } from "../common/language.js";
import { ExportMenu } from "../common/export_menu.js";
import { toPng, toSvg } from "../common/picture.js";

/**
 * @param {string} name  the name of the picture, from which the files get theirs
 * @param {string} label  what the menu is called, in the page's language
 * @param {Element} element  the picture
 * @param {() => unknown[][]} rows  returns the picture's numbers, with a header first
 * @returns {HTMLElement}
 */
export function exportOf(name, label, element, rows) {
  const file = `attention-${name.replaceAll(" ", "-")}`;
  const menu = new ExportMenu([
    { label: t("Picture (PNG)"), run: async () => save(await toPng(element), `${file}.png`) },
    { label: t("Picture (SVG)"), run: () => save(new Blob([toSvg(element)], { type: "image/svg+xml" }), `${file}.svg`) },
    { label: t("Numbers (CSV)"), run: () => saveCsv(rows(), `${file}.csv`) },
  ]);
  menu.button.ariaLabel = menu.list.ariaLabel = label;
  menu.element.dataset.picture = "skip";
  return menu.element;
}
