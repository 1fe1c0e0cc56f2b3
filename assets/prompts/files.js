/** Reads files that the reader chooses. Does not know what they contain. */

import { button, make } from "../common/dom.js";
import { t } from "../common/language.js";

const LARGEST_FILE = 5_000_000; // bytes

/**
 * Makes a button that asks for a file.
 *
 * @param {string} label
 * @param {string} accept  the endings of the files
 * @param {(file: File) => unknown} take
 * @param {(sentence: string) => void} refuse
 */
export function fileButton(label, accept, take, refuse) {
  const input = make("input");
  input.type = "file";
  input.accept = accept;
  input.hidden = true;
  input.addEventListener("change", async () => {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    if (file.size > LARGEST_FILE) return refuse(t("{file} is larger than 5 MB, which is the limit.", { file: file.name }));
    await take(file);
  });
  return make("span", "", button(label, () => input.click()), input);
}

/** @param {Blob} file @returns {Promise<string>} its bytes in base64 */
export function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(String(reader.result).split(",")[1] ?? ""));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(file);
  });
}
