/**
 * The controls for layer, head and "hide the first token". Every view of attention has them; `choice.js` joins them.
 */

import { make } from "../common/dom.js";
import { t } from "../common/language.js";
import { select } from "../common/fields.js";
import { choice, choose } from "./choice.js";
import { term } from "../glossary/term.js";

const TOGETHER = [["mean", t("mean over heads")], ["max", t("maximum over heads")]];

export class HeadControls {
  #facts = null;

  constructor() {
    this.layer = select(t("Layer"), [], { onChange: (value) => choose({ layer: Number(value) }) });
    this.head = select(t("Head"), [], {
      onChange: (value) => choose({ head: value === "mean" || value === "max" ? value : Number(value) }),
    });
    this.hides = make("input");
    this.hides.type = "checkbox";
    this.hides.addEventListener("change", () => choose({ hidesFirst: this.hides.checked }));
    const hides = make("label", "", this.hides, ` ${t("hide the first token")}`);
    this.hiding = hides;
    this.element = make("span", "pg-heads", inline(term("layer", t("layer")), this.layer), inline(term("head", t("head")), this.head), hides);
  }

  /** @param {boolean} isOffered  whether the text's first token may be left out */
  offerHiding(isOffered) {
    this.hiding.hidden = !isOffered;
  }

  /** @param {Pick<import("./reader.js").Facts, "layers" | "heads" | "without">} facts */
  begin(facts) {
    this.#facts = facts;
    this.layer.replaceChildren(...facts.without.map(layerOption));
    this.head.replaceChildren(...TOGETHER.map(([value, text]) => option(value, text)), ...numbers(facts.heads));
    const { head } = choice();
    if (typeof head === "number" && head >= facts.heads) choose({ head: "mean" });
    if (choice().layer === null || choice().layer >= facts.layers) choose({ layer: middle(facts.without) });
    this.show();
  }

  /** Shows the current choice, which may come from the controls of another view. */
  show() {
    if (!this.#facts) return;
    const { layer, head, hidesFirst } = choice();
    this.layer.value = String(layer);
    this.head.value = String(head);
    this.hides.checked = hidesFirst;
  }
}

/** A list with the word before it that explains itself. A label around both may not hold such a word. */
const inline = (word, list) => make("span", "pg-head-control", word, " ", list);

/** @param {(string | null)[]} without @returns {number} the layer with attention that is nearest to the middle */
function middle(without) {
  const places = without.flatMap((kind, layer) => (kind ? [] : [layer]));
  const wanted = Math.floor(without.length / 2);
  return places.reduce((best, layer) => (Math.abs(layer - wanted) < Math.abs(best - wanted) ? layer : best), places[0]);
}

/** A layer without attention is named and cannot be chosen. @param {string | null} kind @param {number} layer */
function layerOption(kind, layer) {
  const one = option(String(layer), kind ? `${layer}: ${kind}` : String(layer));
  one.disabled = kind !== null;
  return one;
}

const numbers = (count) => Array.from({ length: count }, (_, number) => option(String(number), String(number)));

function option(value, text) {
  const element = make("option", "", text);
  element.value = value;
  return element;
}
