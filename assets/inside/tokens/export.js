/** Makes the export menu of one picture of the pane: the picture as PNG and SVG, its numbers as CSV. */

import { saveCsv } from "../../common/download.js";
import { ExportMenu, pictureItems } from "../../common/export_menu.js";
import { t } from "../../common/language.js";

/**
 * @param {string} name  the name of the picture, from which the files get theirs
 * @param {string} label  what the menu is called
 * @param {Element} element  the picture
 * @param {() => unknown[][]} rows  returns the picture's numbers, with a header first
 * @returns {HTMLElement}
 */
export function exportOf(name, label, element, rows) {
  const file = `tokens-${name.replaceAll(" ", "-")}`;
  const menu = new ExportMenu([
    ...pictureItems(element, () => file),
    { label: t("Numbers (CSV)"), run: () => saveCsv(rows(), `${file}.csv`) },
  ]);
  menu.button.ariaLabel = menu.list.ariaLabel = label;
  menu.element.dataset.picture = "skip";
  return menu.element;
}
