/**
 * The three forms in which a learner commits to a guess: a choice, a bar that is dragged, a token. Each has an element and
 * the guess, which is null until there is one.
 *
 * @typedef {object} Form
 * @property {HTMLElement} element
 * @property {string | number | null} guess  a choice, a token's text, or a share of 1
 * @property {() => void} [offer]  called when the page's state is in view
 */

import { button, make } from "../common/dom.js";
import { t } from "../common/language.js";
import { shownOnDecode } from "../common/shown.js";
import { BarGuess } from "./bar_guess.js";
import { textOf } from "./measures.js";
import { quoted } from "./units.js";

const OFFERED = 6;

/** @type {Record<"choice" | "bar" | "token", (part: import("./state.js").PredictPart, onChange: () => void) => Form>} */
export const FORMS = { choice, bar, token };

let made = 0; // of groups of radios, whose names must differ

function choice({ choices }, onChange) {
  const name = `pg-choice-${++made}`;
  const radios = choices.map((text) => Object.assign(make("input"), { type: "radio", name, value: text }));
  const rows = radios.map((radio) => make("label", "pg-guess-choice", radio, radio.value));
  const element = make("div", "pg-guess-choices", ...rows);
  element.role = "radiogroup";
  element.ariaLabel = t("Your guess");
  element.addEventListener("change", onChange);
  return {
    element,
    get guess() {
      return radios.find(({ checked }) => checked)?.value ?? null;
    },
  };
}

function bar({ token: of }, onChange) {
  const guess = new BarGuess(t("Your guess for the bar of {token}", { token: quoted(of) }), onChange);
  const scale = make("div", "pg-guess-scale pg-muted", ...[0, 100].map((number) => make("span", "", t("{number} %", { number }))));
  return {
    element: make("div", "pg-guess-drag", make("div", "pg-guess-row", make("span", "pg-token", quoted(of)), guess.number), guess.element, scale),
    get guess() {
      return guess.value === null ? null : guess.value / 100;
    },
  };
}

function token(_, onChange) {
  const field = Object.assign(make("input", "pg-input"), { type: "text", autocomplete: "off", spellcheck: false, maxLength: 60 });
  const offered = make("div", "pg-guess-tokens");
  offered.role = "group";
  offered.ariaLabel = t("Some of the tokens that may come");
  field.addEventListener("input", onChange);
  const take = (text) => {
    field.value = text;
    onChange();
  };
  /** The page's state is in view, so that its tokens can be offered. */
  const offer = () => {
    if (!offered.childElementCount) offered.append(...possible().map((text) => button(quoted(text), () => take(text), "pg-button pg-guess-token")));
  };
  return {
    element: make("div", "pg-guess-typed", make("label", "pg-entry-label", make("span", "", t("Your token")), field), offered),
    offer,
    get guess() {
      return field.value.trim() ? field.value : null;
    },
  };
}

/** @returns {string[]} the most probable tokens of the step in view, in the order of the alphabet, which tells nothing */
function possible() {
  const shown = shownOnDecode();
  const ids = shown ? Array.from(shown.shape.row.order.slice(0, OFFERED)) : [];
  const texts = ids.map((id) => textOf(shown.words, id)).filter((text) => text.trim());
  return texts.sort((one, other) => one.trim().localeCompare(other.trim()));
}
