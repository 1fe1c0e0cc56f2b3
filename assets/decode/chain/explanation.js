/**
 * Explains one stage under the chain: what it does in one sentence, its formula, where it comes from, an example, and the
 * fields of its further settings. Shows what it is given.
 */

import { make, setText } from "../../common/dom.js";
import { capital } from "../../common/words.js";
import { OFF } from "../../distribution/settings.js";
import { RULES } from "../../distribution/stages/all.js";
import { ExampleLine } from "./examples.js";
import { fieldOf } from "./fields.js";
import { t } from "../../common/language.js";

export class Explanation {
  #name = "";
  /** @type {Map<string, import("./fields.js").Field>} by the setting's name */
  #fields = new Map();
  /** The line of the example, where the page can write one. @type {ExampleLine | null} */
  #example = null;

  /** @param {(setting: string, value: unknown) => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
    this.says = make("p");
    this.formula = make("code", "pg-explanation-formula");
    this.source = make("span", "pg-muted");
    this.settings = make("div", "pg-explanation-settings");
    this.element = make("div", "pg-explanation", this.says, make("p", "", this.formula, " ", this.source), this.settings);
    this.element.role = "group";
    this.element.hidden = true;
  }

  /**
   * From now on each stage's example is shown.
   *
   * @param {(example: import("./examples.js").Example) => boolean} write  writes its text; returns whether that has begun
   */
  showExamples(write) {
    this.#example = new ExampleLine(write);
    this.settings.before(this.#example.element);
  }

  /**
   * @param {import("../../distribution/stages/all.js").Stage | null} stage  null to explain nothing
   * @param {Record<string, any>} settings
   */
  show(stage, settings) {
    this.element.hidden = stage === null;
    if (!stage) return;
    if (stage.name !== this.#name) this.#turnTo(stage);
    for (const [name, field] of this.#fields) field.show(settings[name] ?? OFF[name]);
    this.#example?.showModel();
  }

  /** @param {import("../../distribution/stages/all.js").Stage} stage */
  #turnTo({ name, label, says, formula, source, isServed, parameters }) {
    this.#name = name;
    this.element.ariaLabel = t("About {stage}", { stage: label });
    setText(this.says, capital(t("{stage} {says}.", { stage: label, says })));
    setText(this.formula, formula);
    this.formula.hidden = !formula;
    setText(this.source, [source, isServed ? t("Computed by the server.") : ""].filter(Boolean).join(" · "));
    this.#fields = new Map();
    const rows = parameters.filter((parameter, place) => place > 0 || RULES[parameter.name].kind !== "number").map((parameter) => {
      const field = fieldOf(parameter, parameter.label, (value) => this.onChange(parameter.name, value));
      this.#fields.set(parameter.name, field);
      const help = make("span", "pg-muted", parameter.says ? `${capital(parameter.says)}.` : "");
      return make("div", "pg-explanation-row", make("span", "", parameter.label), field.input, ...(field.range ? [field.range] : []), help);
    });
    this.settings.replaceChildren(...rows);
    this.#example?.show(name);
  }
}
