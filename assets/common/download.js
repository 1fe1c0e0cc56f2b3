/**
 * Saves files, saves rows as CSV, and copies text to the clipboard. Does not know what they contain.
 */

/** Saves `blob` under a file name, as a link with `download` would. @param {Blob} blob @param {string} name */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // a browser may first ask where to save
}

/** @returns {string} a text made fit for a file name: "At night, the" -> "at-night-the" */
export function fileNameOf(text) {
  const words = text.toLowerCase().normalize("NFKD").match(/[a-z0-9]+/g) ?? [];
  return words.join("-").slice(0, 40).replace(/-$/, "") || "playground";
}

/** Saves rows as a CSV file that spreadsheets read as UTF-8. @param {unknown[][]} rows @param {string} name */
export function saveCsv(rows, name) {
  save(new Blob(["\ufeff", csv(rows)], { type: "text/csv;charset=utf-8" }), name);
}

/**
 * Returns rows as CSV (RFC 4180). A cell that a spreadsheet would run as a formula gets an apostrophe, unless it is a
 * number.
 *
 * @param {unknown[][]} rows  null and undefined are empty cells
 * @returns {string} each row ends in a line break
 */
export function csv(rows) {
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

const IS_FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

function cell(value) {
  const text = String(value ?? "");
  const isNumber = typeof value === "number" || (text.trim() === text && text !== "" && Number.isFinite(Number(text)));
  const safe = IS_FORMULA.test(text) && !isNumber ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * Copies text. The clipboard interface exists only on localhost and HTTPS, so an older way serves the plain-HTTP
 * address of a class.
 *
 * @param {string} text
 * @returns {Promise<boolean>} whether it is in the clipboard now
 */
export async function copyText(text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // The browser or the reader refused, for example because the window has no focus. The older way may still work.
    }
  }
  return copyBySelection(text);
}

function copyBySelection(text) {
  const before = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.readOnly = true;
  area.style.cssText = "position: fixed; top: 0; left: 0; opacity: 0";
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  return isCopied;
}
