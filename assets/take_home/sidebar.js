/**
 * The sidebar of a page without a server: the presets, the strategy and the sliders of all stages that have one. It has
 * the ids that `common/controls.js` looks for, and moves its controls itself where the playground leaves that to Gradio.
 */

import { explainControls } from "../control_help.js";
import { moved, settingsInSidebar, takeSettings } from "../common/controls.js";
import { button, make } from "../common/dom.js";
import { mount as keepFurther } from "../common/further_settings.js";
import { t, translationOf } from "../common/language.js";
import { tellSettings } from "../common/tell_settings.js";
import { capital } from "../common/words.js";
import { PRESETS, STAGES } from "../distribution/stages/all.js";
import { areComputedHere } from "./computed_here.js";
import { Slider } from "./slider.js";

const TITLE = t("Settings of the step in view");
const STRATEGIES = { sample: t("Sample"), greedy: t("Greedy") };

export class Sidebar {
  #strategy = "sample";
  /** @type {Map<string, Slider>} by the setting's name */
  #sliders = new Map();

  constructor() {
    const tell = () => this.#tell();
    for (const { inSidebar, setting, parameters } of STAGES) {
      const [{ slider, label }] = parameters;
      if (inSidebar && slider) this.#sliders.set(setting, new Slider(setting, capital(label), slider, tell));
    }
    this.strategies = Object.entries(STRATEGIES).map(([value, name]) => this.#choice(value, name));
    const legend = make("span", "", t("Strategy"));
    legend.dataset.testid = "block-info"; // after it stands what the strategy does
    this.strategy = make("div", "block pg-compact pg-inline", legend, make("div", "wrap", ...this.strategies.map(({ parentElement }) => parentElement)));
    Object.assign(this.strategy, { id: "pg-control-strategy", role: "radiogroup", ariaLabel: legend.textContent });
    const shown = PRESETS.filter(({ settings }) => areComputedHere(settings));
    const presets = make("div", "pg-presets", ...shown.map((preset, place) => this.#preset(preset, place)));
    presets.id = "pg-presets";
    const controls = [...this.#sliders.values()].map(({ element }) => element);
    const column = make("div", "column", sheetHead(), this.strategy, ...controls, presets);
    this.element = make("aside", "sidebar", make("div", "sidebar-content", column));
    this.element.ariaLabel = TITLE;
    explainControls(this.element, Object.fromEntries(shown.map(({ name, says }) => [name, says])));
    this.#keepFurther();
  }

  /** Shows the settings that the text was written with. The sliders' buttons go back to them. @param {Record<string, any>} settings */
  begin(settings) {
    this.#show(settings.strategy);
    for (const [name, slider] of this.#sliders) slider.begin(settings[name]);
  }

  /** Makes the changes that a view asks for. */
  move() {
    const names = ["strategy", ...this.#sliders.keys()];
    const next = moved(names, [this.#strategy, ...[...this.#sliders.values()].map(({ value }) => value)]);
    names.forEach((name, place) => {
      if (next[place] === undefined) return;
      if (name === "strategy") this.#show(next[place]);
      else this.#sliders.get(name).show(Number(next[place]));
    });
    this.#tell();
  }

  #keepFurther() {
    let value = {};
    let onChange = () => {};
    const component = {
      get value() {
        return value;
      },
      set value(next) {
        value = next;
        onChange();
      },
    };
    document.addEventListener("playground:further", () => tellSettings(settingsInSidebar()));
    keepFurther(component, () => this.move(), (_, callback) => (onChange = callback));
  }

  #tell() {
    const values = Object.fromEntries([...this.#sliders].map(([name, { value }]) => [name, value]));
    tellSettings({ strategy: this.#strategy, ...values });
  }

  #show(strategy) {
    this.#strategy = strategy;
    for (const one of this.strategies) one.checked = one.value === strategy;
  }

  #choice(value, name) {
    const input = make("input");
    Object.assign(input, { type: "radio", name: "pg-strategy", value, checked: value === this.#strategy });
    input.addEventListener("change", () => {
      this.#show(value);
      this.#tell();
    });
    make("label", "", input, make("span", "", name));
    return input;
  }

  #preset({ name, settings }, place) {
    const press = () => {
      document.dispatchEvent(new CustomEvent("playground:preset", { detail: settings }));
      takeSettings(settings);
    };
    const made = button(translationOf(name) ?? name, press);
    made.id = `pg-preset-${place}`;
    return made;
  }
}

/** The sidebar's title. On a phone the sidebar is a sheet at the bottom, and its title a button that opens and closes it. */
function sheetHead() {
  const root = document.documentElement;
  const handle = button(TITLE, () => turn(root.dataset.sheet === "closed"), "pg-sheet-handle");
  const turn = (isOpen) => {
    root.dataset.sheet = isOpen ? "open" : "closed";
    handle.ariaExpanded = String(isOpen);
  };
  turn(!matchMedia("(height < 600px)").matches); // where the window is low, an open sheet leaves no room for the bars
  const head = make("div", "", make("h2", "pg-sidebar-title", TITLE), handle);
  head.id = "pg-sheet";
  return head;
}
