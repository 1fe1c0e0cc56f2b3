/** Adds the switch for large type, for readers at the back of a room. All type sizes are relative to the root's. */

import { remember, storage } from "./common/keeping.js";

const KEPT = "playground:large-type";

/** Called by gr.HTML's js_on_load. @param {HTMLElement} line  the element to which the switch is appended */
export function mount(line) {
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = storage("localStorage")?.getItem(KEPT) === "on";
  box.addEventListener("change", () => apply(box.checked));
  const label = document.createElement("label");
  label.id = "pg-large";
  label.append(box, "Large type");
  line.append(label);
  apply(box.checked);
}

function apply(isOn) {
  document.documentElement.classList.toggle("pg-large-type", isOn);
  remember(KEPT, isOn ? "on" : "off");
  dispatchEvent(new Event("resize")); // the views fit themselves to the window again
}
