/** Says in place of a view why it has nothing to show of the chosen model, with buttons to what has. */

import { button, make, setText } from "./common/dom.js";
import { t } from "./common/language.js";
import { openedView, openView, firstView } from "./common/navigation.js";
import { choose } from "./models/picker.js";
import { encoderTab, isServed, whyNot, writer } from "./models/serving.js";

/** @returns {HTMLElement} the element, which shows itself whenever it is needed */
export function unserved() {
  const said = make("p");
  said.role = "status";
  const open = button("", () => openView(firstView()));
  const other = button("", () => choose(writer()));
  const element = make("div", "pg-root pg-unserved", said, make("div", "pg-unserved-buttons", open, other));
  const show = () => {
    const isOurs = !isServed(openedView());
    element.hidden = !isOurs;
    document.documentElement.toggleAttribute("data-unserved", isOurs); // hides the view, see tab_rows.css
    setText(said, isOurs ? whyNot(openedView()) : "");
    if (!isOurs) return;
    setText(open, t("Open {tab}", { tab: encoderTab() }));
    other.hidden = !writer();
    setText(other, t("Choose {model}", { model: writer() ?? "" }));
  };
  for (const event of ["playground:view", "playground:model"]) document.addEventListener(event, show);
  show();
  return element;
}
