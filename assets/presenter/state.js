/**
 * Holds what the presenter view shows and hides, and changes it by named actions. Knows no page.
 *
 * @typedef {"all" | "sliders" | "none"} Controls  which controls are shown: the bar of actions too, the sliders, or none
 */

/** @type {Controls[]} */
const CONTROLS = ["all", "sliders", "none"];

export class PresenterState {
  isOn = false;
  /** Whether the class guesses: the bars and the tokens from the one in view on are hidden. */
  isGuessing = false;
  /** Whether everything of a view is shown, and not only what a class looks at. */
  hasMore = false;
  /** Whether a picture stands still beside the live one. */
  isFrozen = false;
  /** @type {Controls} */
  controls = "all";

  enter() {
    this.isOn = true;
  }

  /** Leaves the view. The next time it begins anew. */
  leave() {
    Object.assign(this, new PresenterState());
  }

  guess() {
    this.isGuessing = !this.isGuessing;
  }

  more() {
    this.hasMore = !this.hasMore;
    if (this.hasMore) this.controls = "all";
  }

  /** Hides the controls one by one, and then shows them all again. */
  hide() {
    this.controls = CONTROLS[(CONTROLS.indexOf(this.controls) + 1) % CONTROLS.length];
  }

  freeze() {
    this.isFrozen = !this.isFrozen;
  }

  /** Another view is open, whose picture is another one. */
  turn() {
    this.isFrozen = this.isGuessing = false;
  }
}
