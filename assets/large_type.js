/** The switch for large type, for the back of a room. All lengths of type are measured in the root's. */

import { remember, storage } from "./common/keeping.js";

const KEPT = "playground:large-type";

/** Called by gr.HTML's js_on_load. @param {HTMLElement} line  where the switch goes, after what is there */
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
  dispatchEvent(new Event("resize")); // the views fit themselves to the window anew
}
