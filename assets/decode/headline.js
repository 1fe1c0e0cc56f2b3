/**
 * The headline of a step: its token, and the facts of how the token was chosen. A fact keeps its place and its element, so
 * that a word that explains itself keeps the focus from step to step.
 */

import { make, setText } from "../common/dom.js";
import { t, tn } from "../common/language.js";
import { isGiven } from "../common/trace.js";
import { bits, count, draw, origin, percent } from "../common/words.js";
import { term } from "../glossary/term.js";

export class Headline {
  #textOf;

  /** @param {(id: number) => string} textOf  returns a token's text */
  constructor(textOf) {
    this.#textOf = textOf;
    this.token = make("span", "pg-token pg-headline-token");
    this.choice = make("span");
    this.facts = {
      probability: factOf(term("probability", t("probability"))),
      unscaled: factOf(term("unscaled", t("unscaled"))),
      surprisal: factOf(term("surprisal", t("surprisal"))),
      rank: factOf(term("rank", t("rank"))),
      kept: factOf(this.choice),
      u: factOf(term("u", t("u")), " ="),
    };
    this.facts.u.element.className = "pg-u";
    const elements = Object.values(this.facts).map(({ element }) => element);
    this.element = make("div", "pg-headline", this.token, make("span", "pg-facts", ...elements));
  }

  /** @param {import("../common/trace.js").Step} step */
  show(step) {
    const text = this.#textOf(step.token_id);
    setText(this.token, text);
    this.token.title = text;
    const isOurs = !isGiven(step);
    const hadFocus = this.element.contains(document.activeElement);
    setText(this.choice, choiceOf(step));
    this.facts.probability.tell(percent(step.probability));
    this.facts.surprisal.tell(isOurs ? "" : bits(-Math.log2(step.raw_probability)));
    this.facts.unscaled.tell(isOurs ? percent(step.raw_probability) : "");
    this.facts.rank.tell(count(step.rank));
    this.facts.kept.tell(isOurs ? tn("{n} token", "{n} tokens", step.kept) : "");
    this.facts.u.tell(step.draw === null ? "" : draw(step.draw));
    if (hadFocus && !document.activeElement.checkVisibility()) this.facts.probability.name.focus();
  }
}

/** Makes a fact: its name and its value. @param {HTMLElement} name @param {string} after  what stands between the two */
function factOf(name, after = "") {
  const value = make("strong");
  const element = make("span", "", name, `${after} `, value);
  /** @param {string} text  "" if the step has no such fact */
  const tell = (text) => {
    setText(value, text);
    element.hidden = !text;
  };
  return { element, name, tell };
}

/** Returns the words before the number of tokens that were left to choose from. */
function choiceOf(step) {
  if (step.forced) return t("{origin}; the stages kept", { origin: origin(step) });
  return step.draw === null ? t("the most probable of") : t("{origin} from", { origin: origin(step) });
}
