/**
 * What the pane Positions shows: how the model knows the order, the way that is drawn, and the experiment at the chosen
 * position. Named actions change it. Does not know the page or the server.
 */

export class PositionsState {
  /** @type {import("./reader.js").Positions | null} once fetched */
  positions = null;
  /** @type {string} the name of the way that is drawn, see ways.js */
  way = "sinusoidal";
  /** Which of the model's tables of biases is drawn. */
  table = 0;
  /** @type {"reversed" | "shuffled"} */
  order = "reversed";
  /** @type {import("../text.js").Text | undefined} */
  text = undefined;
  query = -1;
  /** @type {import("./reader.js").Experiment | null} once fetched */
  experiment = null;
  /** @type {import("./reader.js").Entering | null} once fetched, of a model that adds vectors for positions */
  entering = null;
  error = "";

  /** Takes what the model does, and draws that. @param {import("./reader.js").Positions} positions */
  take(positions) {
    this.positions = positions;
    if (positions.kind !== "none") this.way = positions.kind;
    this.error = "";
  }

  /** Turns to a text and a position. @returns {boolean} whether they are others */
  turn(text, query) {
    if (text === this.text && query === this.query) return false;
    this.text = text;
    this.query = query;
    this.experiment = this.entering = null;
    return true;
  }

  /** @returns {boolean} whether the model adds a vector for the position to that of the token */
  get addsVectors() {
    return this.positions !== null && ["learned", "sinusoidal"].includes(this.positions.kind);
  }

  /** @param {"reversed" | "shuffled"} order */
  turnOrder(order) {
    this.order = order;
    this.experiment = null;
  }

  /** Whether an experiment is that of the text, the position and the order in view. */
  wants(text, query, order) {
    return text === this.text && query === this.query && order === this.order;
  }
}
