/** The switch between the page's two faces: two radio buttons, so that the arrow keys move it. */

import { chooseFace, face } from "../common/face.js";
import { make } from "../common/dom.js";
import { t } from "../common/language.js";

/** @typedef {import("../common/face.js").Face} Face */

/** @type {[Face, string, string][]} */
const FACES = [
  ["simple", t("Simple"), t("The text, the bars and three sliders")],
  ["everything", t("Everything"), t("All views and all settings")],
];

export class FaceSwitch {
  #inputs = new Map();

  constructor() {
    this.element = make("div", "pg-face-switch", ...FACES.map((one) => this.#part(...one)));
    this.element.role = "radiogroup";
    this.element.ariaLabel = t("How much the page shows");
    this.show(face());
  }

  /** @param {Face} shown */
  show(shown) {
    this.#inputs.get(shown).checked = true;
  }

  #part(name, label, says) {
    const input = make("input");
    Object.assign(input, { type: "radio", name: "pg-face", value: name });
    input.addEventListener("change", () => chooseFace(name));
    this.#inputs.set(name, input);
    const part = make("label", "pg-face", input, label);
    part.title = says;
    return part;
  }
}
