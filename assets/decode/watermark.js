/**
 * Tells how many tokens of the text in view are green under the watermark of the settings in view, and has the strip mark
 * them. The server knows which they are. It is asked once the text has ended.
 *
 * @typedef {object} Detected
 * @property {boolean[]} is_green  of each token but the first
 * @property {number | null} z_score
 * @property {number | null} p_value  the probability of such a score or a higher one for a text without the watermark
 */

import { make, setText } from "../common/dom.js";
import { Kept } from "../common/kept.js";
import { brief, fixed, t, tn } from "../common/language.js";
import { fetchWatermark } from "../common/server.js";
import { inPercent } from "../common/words.js";
import { isInForce, valuesInForce } from "../distribution/settings.js";

const MOST_BYTES = 1_000_000;
const RUNS = t("Which tokens are green is told once the text has ended.");
const WHY = t("Each token chooses the tokens that are green after it, and the watermark raises those.");
const HIGH = 4; // the z-score from which on a text counts as marked, as in the paper
const SMALL = 0.0001;

export class Watermark {
  #state;
  #strip;
  #kept = new Kept(MOST_BYTES); // what the server answered, or the sentence with which it refused, by what was asked
  #underWay = new Set();

  /**
   * @param {import("./state.js").State} state
   * @param {import("./token_strip.js").TokenStrip} strip
   */
  constructor(state, strip) {
    this.#state = state;
    this.#strip = strip;
    this.says = make("span");
    this.says.role = "status";
    this.key = make("span", "pg-green-key", t("green"));
    this.element = make("p", "pg-watermark", this.key, " ", this.says);
    this.element.hidden = true;
  }

  draw() {
    const { trace } = this.#state;
    const settings = trace && this.#state.settingsOf(trace.step(trace.last));
    const isOn = Boolean(trace?.steps.length) && isInForce(settings, "watermark");
    this.element.hidden = !isOn;
    const found = isOn && !trace.isRunning ? this.#find(trace, valuesInForce(settings, "watermark")) : undefined;
    const isTold = typeof found === "object";
    this.#strip.markGreen(isTold ? found.is_green : []);
    this.key.hidden = !isTold;
    if (isOn) setText(this.says, trace.isRunning ? RUNS : isTold ? told(found, valuesInForce(settings, "watermark").watermark_ratio) : (found ?? ""));
  }

  /**
   * @param {import("../common/trace.js").Trace} trace
   * @param {import("../distribution/settings.js").Settings} values  those of the watermark
   * @returns {Detected | string | undefined} undefined until the server has answered
   */
  #find({ header, steps }, { watermark_ratio, watermark_key }) {
    const ids = [...header.prompt_ids.slice(-1), ...steps.map(({ token_id }) => token_id)];
    const asked = { ids, watermark_ratio, watermark_key };
    const key = JSON.stringify([header.model, asked]);
    const found = this.#kept.get(key);
    if (found === undefined && !this.#underWay.has(key)) this.#ask(key, header.model, asked);
    return found;
  }

  async #ask(key, model, asked) {
    this.#underWay.add(key);
    const found = await fetchWatermark(model, asked).catch((error) => error.message);
    this.#underWay.delete(key);
    this.#kept.put(key, found, key.length * 2);
    this.draw();
  }
}

/** @param {Detected} found @param {number} ratio @returns {string} what the counts mean */
function told({ is_green, z_score, p_value }, ratio) {
  const green = is_green.filter(Boolean).length;
  const expected = Number((ratio * is_green.length).toFixed(1));
  const values = { tokens: tn("{n} token", "{n} tokens", is_green.length), z: fixed(z_score, 1) };
  return `${counts(green, expected, values)} ${WHY} ${meaning(z_score, p_value)}`;
}

/** @param {number} green @param {number} expected @param {{tokens: string, z: string}} values @returns {string} */
function counts(green, expected, values) {
  if (expected === 1) {
    return tn("{n} of {tokens} is green, where 1 is expected: z = {z}.", "{n} of {tokens} are green, where 1 is expected: z = {z}.", green, values);
  }
  return tn(
    "{n} of {tokens} is green, where {expected} are expected: z = {z}.",
    "{n} of {tokens} are green, where {expected} are expected: z = {z}.",
    green,
    { expected, ...values },
  );
}

function meaning(zScore, pValue) {
  const isSmall = pValue < SMALL;
  const share = inPercent(brief(100 * (isSmall ? SMALL : pValue), 2));
  if (zScore >= HIGH && isSmall) {
    return t("A text without this watermark reaches this z with a probability of less than {share}, so that the text very probably has it.", { share });
  }
  if (zScore >= HIGH) {
    return t("A text without this watermark reaches this z with a probability of {share}, so that the text very probably has it.", { share });
  }
  if (isSmall) return t("A text without this watermark reaches this z with a probability of less than {share}.", { share });
  return t("A text without this watermark reaches this z with a probability of {share}.", { share });
}
