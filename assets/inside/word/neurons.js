/**
 * The neurons that wrote most for the chosen token, as a ranked list with bars, and beside it the tokens that the chosen
 * neuron pushes up and down. Draws what it is given.
 */

import { button, make, setText } from "../../common/dom.js";
import { brief, t, tn } from "../../common/language.js";
import { Roving } from "../../common/roving.js";
import { select } from "../../common/fields.js";
import { setTextWith, term } from "../../glossary/term.js";
import { signedBar } from "./signed_bar.js";
import { MEAN } from "./state.js";
import { signed } from "./sums.js";

const ABOUT = t(
  "The feed-forward part of each layer is made of neurons. An active neuron adds its own vector to the token’s vector, as often as its " +
    "activation says, and so raises some logits and lowers others. What it adds to all logits alike changes no probability: “rather than the average token” leaves that out.",
);
const FROZEN = t("Each norm between a neuron and the logit is frozen: it is taken with the scale that it has for this text. So the numbers are parts of this logit, and do not say what the model would do without a neuron.");
const NOBODY = t("none");
const AVERAGE = t("the average token");
const SIDES = { for: t("for it"), against: t("against it") };

export class NeuronsView {
  /** @type {import("./state.js").WordState} */
  #state;
  #textOf;
  #onNeuron;
  #listed = []; // the neurons that have a button now
  #offered = "";
  /** @type {HTMLButtonElement[]} */
  #buttons = [];

  /**
   * @param {import("./state.js").WordState} state
   * @param {(id: number) => string} textOf
   * @param {{neuron: (neuron: import("./reader.js").Neuron) => void, side: (isFor: boolean) => void, against: (rival: import("./state.js").Rival) => void, layer: (layer: number | null) => void}} on
   */
  constructor(state, textOf, on) {
    this.#state = state;
    this.#textOf = textOf;
    this.#onNeuron = on.neuron;
    this.title = make("h3", "pg-chart-title");
    this.head = make("div", "pg-picture-head", this.title);
    const about = make("p", "pg-word-about");
    setTextWith(about, ABOUT, [term("neuron", t("neurons"))]);
    this.side = select(t("Neurons that wrote"), Object.keys(SIDES), { wordsOf: (name) => SIDES[name], onChange: (name) => on.side(name === "for") });
    this.against = make("select", "pg-select");
    this.against.ariaLabel = t("Rather than this token");
    this.against.addEventListener("change", () => on.against(rivalOf(this.against.value)));
    this.layer = make("select", "pg-select");
    this.layer.ariaLabel = t("Layer of the neurons");
    this.layer.addEventListener("change", () => on.layer(this.layer.value === "" ? null : Number(this.layer.value)));
    const labelled = (words, field) => make("label", "", `${words} `, field);
    this.controls = make("div", "pg-word-bar", labelled(t("neurons"), this.side), labelled(t("rather than"), this.against), labelled(t("of layer"), this.layer));
    this.sum = make("p", "pg-word-about");
    this.notice = Object.assign(make("p", "pg-notice"), { role: "alert" });
    this.list = make("ol", "pg-word-neurons");
    this.list.ariaLabel = t("Neurons, the most important first");
    new Roving(this.list, () => this.#buttons);
    this.pushed = make("div", "pg-word-pushed");
    this.pushed.ariaLive = "polite";
    const scale = make("p", "pg-muted pg-word-scale", t("layer and neuron, and what it adds to the logit"));
    this.parts = make("div", "pg-word-parts", make("div", "", scale, this.list), this.pushed);
    this.frozen = make("p", "pg-muted pg-word-about", FROZEN);
    this.element = make("figure", "pg-word-figure", this.head, about, this.controls, this.notice, this.sum, this.parts, this.frozen);
  }

  show() {
    const { facts, errors, neurons, isFor } = this.#state;
    this.element.hidden = !facts;
    if (!facts) return;
    setText(this.title, isFor ? t("Neurons that wrote most for {token}", { token: this.#what }) : t("Neurons that wrote most against {token}", { token: this.#what }));
    setText(this.notice, facts.reason || errors.neurons);
    const hasNeurons = !facts.reason;
    for (const part of [this.controls, this.parts, this.sum, this.frozen]) part.hidden = !hasNeurons;
    if (!hasNeurons) return;
    this.#offer();
    this.side.value = isFor ? "for" : "against";
    this.parts.classList.toggle("pg-waiting", !neurons);
    if (!neurons) return;
    this.#showSum();
    this.#showList();
    this.#showPushed();
  }

  /** @returns {string} what the neurons wrote for, in words */
  get #what() {
    const { token, against } = this.#state;
    const name = this.#textOf(token);
    if (against === null) return t("“{token}”", { token: name });
    if (against === MEAN) return t("“{token}” rather than the average token", { token: name });
    return t("“{token}” rather than “{rival}”", { token: name, rival: this.#textOf(against) });
  }

  /** Offers the tokens of the table, but for the chosen one. */
  #offer() {
    const { shown, token, against } = this.#state;
    const others = shown.filter((id) => id !== token);
    const key = JSON.stringify(others.map((id) => [id, this.#textOf(id)]));
    if (key !== this.#offered) {
      this.#offered = key;
      const options = others.map((id) => Object.assign(make("option", "", this.#textOf(id)), { value: String(id) }));
      const first = [["", NOBODY], [MEAN, AVERAGE]].map(([value, words]) => Object.assign(make("option", "", words), { value }));
      this.against.replaceChildren(...first, ...options);
    }
    this.against.value = against === null ? "" : String(against);
    this.#offerLayers();
  }

  #offerLayers() {
    const { facts, layer } = this.#state;
    if (this.layer.options.length !== facts.neurons.length + 1) {
      const options = facts.neurons.map((_, place) => Object.assign(make("option", "", String(place)), { value: String(place) }));
      this.layer.replaceChildren(Object.assign(make("option", "", t("all")), { value: "" }), ...options);
    }
    this.layer.value = layer === null ? "" : String(layer);
  }

  #showSum() {
    const { facts, neurons, listed, layer } = this.#state;
    const all = facts.neurons.reduce((sum, size) => sum + size, 0);
    const ofLayer = layer === null ? "" : t("Those of layer {layer} add {value}.", { layer, value: signed(neurons.layers[layer]) });
    const shown = listed.reduce((sum, { value }) => sum + value, 0);
    const values = { all, layers: tn("{n} layer", "{n} layers", facts.neurons.length), total: signed(neurons.total), bias: signed(neurons.bias) };
    const together =
      Math.abs(neurons.bias) < 0.005
        ? t("All {all} neurons of {layers} together add {total}.", values)
        : t("All {all} neurons of {layers} together add {total} (the biases of the layers add {bias}).", values);
    const below = t("The {listed} below add {value}. Choose one to see which tokens it pushes.", { listed: listed.length, value: signed(shown) });
    setText(this.sum, [together, ofLayer, below].filter(Boolean).join(" "));
  }

  #showList() {
    const { listed, neuron } = this.#state;
    if (listed !== this.#listed) {
      this.#listed = listed;
      const top = Math.max(0, ...listed.map(({ value }) => Math.abs(value)));
      this.#buttons = listed.map((one) => this.#button(one, top));
      this.list.replaceChildren(...this.#buttons.map((one) => make("li", "", one)));
    }
    const now = listed.findIndex((one) => one.layer === neuron?.layer && one.neuron === neuron.neuron);
    this.#buttons.forEach((one, place) => {
      one.ariaPressed = String(place === now);
      one.tabIndex = place === Math.max(0, now) ? 0 : -1;
    });
  }

  #button(one, top) {
    const { layer, neuron, value } = one;
    const element = button("", () => this.#onNeuron(one), "pg-word-neuron");
    element.append(make("span", "", t("layer {layer}, neuron {neuron}", { layer, neuron: String(neuron) })), signedBar(value, top), make("span", "pg-word-value", signed(value)));
    return element;
  }

  #showPushed() {
    const { neuron, pushed, errors } = this.#state;
    this.pushed.classList.toggle("pg-waiting", !pushed && !errors.pushed);
    if (errors.pushed) return setText(this.pushed, errors.pushed);
    if (!neuron) return setText(this.pushed, t("No neuron wrote in this direction."));
    if (!pushed) return;
    const { layer, neuron: number, activation, push, value } = neuron;
    const title = make("h4", "", t("Layer {layer}, neuron {neuron}", { layer, neuron: String(number) }));
    const sum = make(
      "p", "",
      t("Its activation is {activation}. With activation 1 it would add {push} for {token}: {activation} × {push} = {value}.", {
        activation: five(activation), push: five(push), token: this.#what, value: signed(value),
      }),
    );
    const mean = make("p", "", t("It adds {value} to the logits of all tokens on average. More or less than that:", { value: signed(pushed.mean) }));
    const apart = (ones) => ones.map(([id, one]) => [id, one - pushed.mean]);
    const [up, down] = [apart(pushed.up), apart(pushed.down)];
    const top = Math.max(...[...up, ...down].map(([, one]) => Math.abs(one)));
    const list = (words, ones) => make("div", "", make("h5", "", words), make("ul", "pg-word-pushes", ...ones.map(([id, one]) => this.#push(id, one, top))));
    this.pushed.replaceChildren(title, sum, mean, make("div", "pg-word-lists", list(t("pushes up most"), up), list(t("pushes down most"), down)));
  }

  #push(id, value, top) {
    const name = make("span", "pg-token", this.#textOf(id));
    name.title = this.#textOf(id); // a long one is cut
    return make("li", "", name, signedBar(value, top), make("span", "pg-word-value", signed(value)));
  }

  /** @returns {unknown[][]} the neurons of the list and the tokens of the chosen one, with a header first */
  csv() {
    const { token, against, neurons, neuron, pushed } = this.#state;
    const header = ["token_id", "token", "against_id", "against", "layer", "neuron", "activation", "push", "value", "pushed_token_id", "pushed_token", "pushed_by"];
    const names = [token, this.#textOf(token), against ?? "", typeof against === "number" ? this.#textOf(against) : ""];
    const lines = [...(neurons?.toward ?? []), ...(neurons?.against ?? [])].map((one) => [...names, one.layer, one.neuron, one.activation, one.push, one.value]);
    const pushes = [...(pushed?.up ?? []), ...(pushed?.down ?? [])].map(([id, value]) => [
      ...names, neuron.layer, neuron.neuron, neuron.activation, neuron.push, neuron.value, id, this.#textOf(id), value,
    ]);
    return [header, ...lines, ...pushes];
  }
}

/** @param {number} number */
const five = (number) => brief(number, 4).replace("-", "−");

/** @param {string} value  of an option @returns {import("./state.js").Rival} */
const rivalOf = (value) => (value === "" ? null : value === MEAN ? MEAN : Number(value));
