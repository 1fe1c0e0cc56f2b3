/**
 * The lesson's panel beside the views: the page's parts, Back, Next, Back to the lesson and Close. Draws what it is given and
 * tells what the learner presses.
 *
 * @typedef {object} Hooks
 * @property {(page: number) => void} turn  to a page, from 0
 * @property {() => void} goBack  back to the state of the page
 * @property {(() => void) | null} close  null where a lesson is all there is: the list stands in its place
 * @property {() => void} openList
 */

import { button, make, rest, setText } from "../common/dom.js";
import { t } from "../common/language.js";

const GOING = t("The page's text is being written …");
const CLOSES = t("Closes the lesson and brings back what was here before");
const LED = t("You follow the teacher, who turns the pages.");
const GOING_THERE = t("The view is being made ready …");

export class Panel {
  /** @type {import("./parts.js").Shown[]} */
  #parts = [];

  /** @param {Hooks} hooks */
  constructor(hooks) {
    this.title = make("span", "pg-lesson-title");
    this.place = make("span", "pg-lesson-place");
    this.close = hooks.close ? closing(hooks.close) : button(t("All lessons"), () => hooks.openList());
    const head = make("header", "pg-lesson-head", make("h2", "", this.title, make("span", "pg-unseen", ", "), this.place), this.close);
    this.heading = make("h3", "pg-lesson-heading");
    this.heading.tabIndex = -1; // it has the focus when another page is open
    this.note = make("p", "pg-lesson-model pg-muted");
    this.body = make("div", "pg-lesson-parts");
    this.going = make("p", "pg-lesson-going pg-muted");
    this.going.role = "status";
    this.back = button(t("Back"), () => hooks.turn(-1));
    this.next = button(t("Next"), () => hooks.turn(1), "pg-button pg-primary");
    this.list = button(t("All lessons"), () => hooks.openList(), "pg-button pg-primary");
    this.return = button(t("Back to the lesson"), () => hooks.goBack());
    this.return.title = t("Brings back the text, the step and the settings of this page");
    this.scroller = make("div", "pg-lesson-scroller", this.heading, this.note, this.body, this.going);
    this.scroller.tabIndex = 0; // so that the keys can scroll it
    this.scroller.role = "group";
    this.scroller.ariaLabel = t("Page of the lesson");
    const foot = make("footer", "pg-lesson-foot", this.return, this.back, this.next, this.list);
    this.element = make("aside", "pg-root pg-lesson", head, this.scroller, foot);
    this.element.ariaLabel = t("Lesson");
  }

  /**
   * Shows a page.
   *
   * @param {import("./state.js").LessonState} state
   * @param {import("./parts.js").Shown[]} parts
   * @param {string} note  a sentence about the model, "" for none
   * @param {boolean} isLed  whether the teacher of a class turns the pages
   */
  showPage(state, parts, note, isLed) {
    const { number, title, language } = state.lesson;
    if (language) for (const one of [this.title, this.heading, this.body]) one.lang = language;
    setText(this.title, `${number} ${title}`);
    setText(this.place, state.place);
    setText(this.heading, state.current.title);
    setText(this.note, note);
    this.note.hidden = !note;
    this.#parts = parts;
    this.body.replaceChildren(...parts.map(({ element }) => element));
    rest(this.back, isLed || state.isFirst);
    for (const one of [this.next, this.list, this.close]) rest(one, isLed);
    for (const one of [this.back, this.next, this.list, this.close]) one.title = isLed ? LED : one === this.close ? CLOSES : "";
    this.next.hidden = state.isLast;
    this.list.hidden = !state.isLast;
    this.scroller.scrollTop = 0;
    this.show(state.wanted?.view ?? false, false, false);
  }

  /**
   * Draws what follows what is in view.
   *
   * @param {string | false} going  the view in which the page's state is being brought about; false if that is finished
   * @param {boolean} isAway  whether the learner has left the page's state
   * @param {boolean} isThere  whether the page's numbers are there
   */
  show(going, isAway, isThere) {
    for (const part of this.#parts) part.show();
    this.element.toggleAttribute("data-there", isThere);
    setText(this.going, going ? (going === "decode" ? GOING : GOING_THERE) : "");
    const hadFocus = document.activeElement === this.return;
    this.return.hidden = !isAway;
    if (hadFocus && !isAway) this.heading.focus();
  }
}

/** @param {() => void} close */
function closing(close) {
  const made = button(t("Close"), close);
  made.ariaLabel = t("Close the lesson");
  made.title = t("Closes the lesson and brings back what was here before");
  return made;
}
