/**
 * The presenter view: what a class looks at, in type that is read from the last row, with keys for all that a presenter
 * does. Joins the state, the keys, the bar of actions and the page. `presenter.css` shows and hides by the attributes
 * that are set here on the document's root.
 */

import { ACTIONS, actionOf } from "./actions.js";
import { roleHere } from "../common/class_headers.js";
import { button, make } from "../common/dom.js";
import { hideForGuess } from "../common/guessing.js";
import { freeze, hasPicture, pictureOf, thaw } from "./frozen.js";
import { t } from "../common/language.js";
import { nextView, openedView, openView } from "../common/navigation.js";
import { nextToken, tokenBefore } from "./tokens.js";
import { PresenterState } from "./state.js";
import { isPresenting, putPresenting } from "../common/presenting.js";

const GUESS = t("What comes next? Press B to see what the model expects.");

const state = new PresenterState();
const guess = make("div", "pg-guess", GUESS);
/** @type {HTMLElement | null} */
let frozen = null;
const buttons = new Map(ACTIONS.map(({ name, label, shown, says }) => {
  const one = button("", () => act(name), "pg-presenter-action");
  one.append(label, " ", make("kbd", "", shown));
  one.title = says;
  return [name, one];
}));

/** Called by gr.HTML's js_on_load. @param {HTMLElement} line  the element to which the switch and the bar are appended */
export function mount(line) {
  const enter = button(t("Presenter view"), () => act("enter"), "pg-presenter-enter");
  enter.title = t("Large type, three sliders, and keys for a class");
  const bar = make("div", "pg-presenter-bar", ...buttons.values());
  bar.role = "toolbar";
  bar.ariaLabel = t("Presenter");
  line.append(enter, bar, guess);
  addEventListener("keydown", (event) => {
    const isOurs = state.isOn && !document.querySelector(".pg-menu :popover-open"); // an open menu takes its keys itself
    const name = isOurs ? actionOf(event) : undefined;
    if (!name) return;
    event.preventDefault();
    act(name);
  });
  document.addEventListener("playground:view", () => {
    state.turn();
    show();
  });
  if (isPresenting()) state.enter();
  if (roleHere() === "projector") state.hide(); // the bar: nothing is pressed there
  show();
}

const DO = {
  enter: () => state.enter(),
  next: nextToken,
  back: tokenBefore,
  guess: () => state.guess(),
  freeze: () => pictureOf(openedView()) && state.freeze(),
  hide: () => state.hide(),
  more: () => state.more(),
  view: () => openView(nextView()),
  full: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()),
  leave: () => state.leave(),
};

/** @param {keyof typeof DO} name */
export function act(name) {
  const wasOn = state.isOn;
  DO[name]();
  if (state.isOn === wasOn) return show();
  putPresenting(state.isOn);
  show();
  /** @type {HTMLElement | undefined} */
  const there = state.isOn ? buttons.get("next") : document.querySelector(".pg-presenter-enter");
  there?.focus();
}

function show() {
  const root = document.documentElement;
  root.classList.toggle("pg-presenter", state.isOn);
  root.classList.toggle("pg-presenter-more", state.hasMore);
  hideForGuess("presenter", state.isGuessing);
  guess.hidden = !state.isGuessing; // a lesson or a class that hides the bars says itself what to do
  root.dataset.controls = state.controls;
  buttons.get("guess").ariaPressed = String(state.isGuessing);
  buttons.get("freeze").ariaPressed = String(state.isFrozen);
  buttons.get("more").ariaPressed = String(state.hasMore);
  buttons.get("freeze").disabled = !hasPicture(openedView());
  if (state.isFrozen) frozen ??= freeze(pictureOf(openedView()));
  else if (frozen) {
    thaw(frozen);
    frozen = null;
  }
  dispatchEvent(new Event("resize")); // the views fit themselves to the window again
}
