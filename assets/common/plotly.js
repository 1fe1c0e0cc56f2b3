/**
 * Draws charts with Plotly in the page's own look. Plotly is loaded from our server when the first chart is shown.
 * Knows Plotly and the page's colours. The caller passes the data.
 *
 *     const chart = new Chart("Entropy over the steps");
 *     parent.append(chart.element);
 *     chart.on("plotly_click", ({ points }) => ...);
 *     await chart.show(traces, layout);   // again with each change
 *
 * @typedef {object} Plotly  as far as it is used here
 * @property {(element: HTMLElement, data: object[], layout: object, config: object) => Promise<Drawn>} react
 * @property {(element: HTMLElement) => void} purge
 * @property {(element: HTMLElement, options: object) => Promise<string>} toImage
 *
 * @typedef {object} Drawing  what Plotly adds to an element with a chart
 * @property {(event: string, listener: (data: ChartEvent) => void) => void} on
 * @property {{scene?: {camera: object}, uirevision?: unknown}} layout  with what the reader has changed in it
 *
 * @typedef {HTMLElement & Drawing} Drawn
 *
 * @typedef {object} ChartEvent  what Plotly says of a click
 * @property {{customdata?: number | null}[]} points  the points at the pointer, with what their trace says of them
 */

import { make } from "./dom.js";
import { count, fixed, t } from "./language.js";
import { onTheme } from "./theme.js";
import { onResize } from "./resize.js";

const CONFIG = {
  displaylogo: false,
  displayModeBar: false,
  showTips: false,
  scrollZoom: false, // the wheel scrolls the page, also over a picture with three axes
  plotlyServerURL: "",
};

/** The signs of numbers on the axes: that before decimals, and that between thousands. */
const SEPARATORS = `${fixed(0.5, 1).at(1)}${count(10_000).at(2)}`;

let loading = null;

/** @returns {Promise<Plotly>} */
function load() {
  loading ??= new Promise((resolve, reject) => {
    const script = make("script");
    script.src = new URL("playground/plotly.js", document.baseURI).href;
    script.addEventListener("load", () => resolve(window.Plotly));
    script.addEventListener("error", () => {
      loading = null;
      reject(new Error(t("The chart cannot be drawn, because the server does not answer. Check that it is still running.")));
    });
    document.head.append(script);
  });
  return loading;
}

/** Escapes text for Plotly, which reads `<b>`, `<a>` and `&amp;` as markup. Tokens may hold such text. */
export const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

export class Chart {
  #asked = null; // {data, layout} of the latest call
  #drawn = null; // {data, layout} of the last drawing
  #drawing = null; // promise of the drawing under way
  #listeners = [];
  #turned = null; // {uirevision, camera}: from where the reader looked at a picture in space that rests
  #colour;

  /** @param {string} label  a description for screen readers */
  constructor(label) {
    this.element = make("div", "pg-chart");
    this.element.role = "img";
    this.element.ariaLabel = label;
    this.#colour = coloursOf(this.element);
    onResize(this.element, () => this.#redraw());
    onTheme(() => {
      this.#colour = coloursOf(this.element);
      this.#redraw();
    });
  }

  /**
   * Listens to one of Plotly's own events, such as "plotly_click".
   *
   * @param {string} event
   * @param {(data: ChartEvent) => void} listener
   */
  on(event, listener) {
    this.#listeners.push([event, listener]);
  }

  /**
   * Draws, or redraws in place. Calls while Plotly is drawing wait, and only the latest of them is drawn. Every call
   * ends when that one is drawn.
   *
   * @param {object[]} data  Plotly's traces; their colours may be the page's names, such as "--pg-accent"
   * @param {object} layout  Plotly's layout, added to the page's own template
   * @throws {Error} with a sentence, if Plotly cannot be loaded
   */
  async show(data, layout) {
    this.#asked = { data, layout };
    this.#drawing ??= this.#drawAll().finally(() => {
      this.#drawing = null;
    });
    await this.#drawing;
  }

  /** @returns {Promise<string>} the chart as a PNG image, as a data URL: what WebGL draws cannot be read in another way */
  async still() {
    const { clientWidth: width, clientHeight: height } = this.element;
    return (await load()).toImage(this.element, { format: "png", width, height, scale: 2 });
  }

  async #drawAll() {
    const plotly = await load();
    while (this.#asked) await this.#draw(plotly);
  }

  async #draw(plotly) {
    const { data, layout } = this.#asked;
    this.#drawn = this.#asked;
    this.#asked = null;
    const { clientWidth: width, clientHeight: height } = this.element;
    if (!width) return this.#rest(plotly); // not in view: drawn when it comes into view
    const whole = { template: templateOf(this.element, this.#colour), ...coloured(layout, this.#colour), width, height };
    if (this.#turned && this.#turned.uirevision === whole.uirevision) whole.scene.camera = this.#turned.camera;
    this.#turned = null;
    const isNew = !("on" in this.element);
    const drawn = await plotly.react(this.element, coloured(data, this.#colour), whole, CONFIG);
    if (isNew) for (const [event, listener] of this.#listeners) drawn.on(event, listener);
  }

  /** Ends a picture in space. Plotly draws it sixty times a second, also where nobody sees it. */
  #rest(plotly) {
    const { scene, uirevision } = /** @type {HTMLElement & Partial<Drawing>} */ (this.element).layout ?? {};
    if (!scene) return;
    this.#turned = { uirevision, camera: scene.camera };
    plotly.purge(this.element);
  }

  /** Draws the same again in another size or other colours. */
  #redraw() {
    if (this.#drawn && this.element.isConnected) this.show(this.#drawn.data, this.#drawn.layout);
  }
}

/**
 * Returns a function that returns the present colour of a custom property, such as "--pg-ink", in red, green and blue:
 * Plotly does not know the names of the system's colours. Each name is looked up once, because the browser works out the
 * style of the whole page for it.
 *
 * @param {HTMLElement} element  one that is on the page when the function is called
 * @returns {(name: string) => string}
 */
function coloursOf(element) {
  /** @type {Map<string, string>} */
  const known = new Map();
  const lookUp = (name) => {
    const probe = element.appendChild(make("i"));
    probe.style.color = `var(${name})`;
    const { color } = getComputedStyle(probe);
    probe.remove();
    const [, mixed] = /^color\(srgb ([\d. ]+)\)$/.exec(color) ?? [];
    return mixed ? `rgb(${mixed.split(" ").map((share) => Math.round(255 * Number(share)))})` : color;
  };
  return (name) => {
    if (!known.has(name)) known.set(name, lookUp(name));
    return known.get(name);
  };
}

/** Replaces the names of the page's colours, anywhere in `value`, by the colours. */
function coloured(value, colour) {
  if (typeof value === "string") return value.startsWith("--pg-") ? colour(value) : value;
  if (Array.isArray(value)) return value.map((part) => coloured(part, colour));
  if (value?.constructor !== Object) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, coloured(part, colour)]));
}

/** Returns a Plotly template with the page's font, text colour and line colour, and transparent backgrounds. */
function templateOf(element, colour) {
  const style = getComputedStyle(element);
  const font = { family: style.fontFamily, size: parseFloat(style.fontSize), color: colour("--pg-ink") };
  const axis = {
    gridcolor: colour("--pg-line"),
    linecolor: colour("--pg-line"),
    zerolinecolor: colour("--pg-line"),
    title: { font },
    automargin: true,
    fixedrange: true,
  };
  return {
    layout: {
      font,
      separators: SEPARATORS,
      paper_bgcolor: "transparent",
      plot_bgcolor: "transparent",
      colorway: ["--pg-now", "--pg-accent", "--pg-raw", "--pg-muted"].map(colour),
      hoverlabel: { bgcolor: colour("--pg-faint"), bordercolor: colour("--pg-line"), font },
      margin: { t: 8, r: 8, b: 8, l: 8 },
      xaxis: axis,
      yaxis: axis,
    },
  };
}
