/** Puts the switch between the two faces into the page's first line, and under it the sentence for a first visit. */

import { face } from "../common/face.js";
import { whileMounted } from "../common/while_mounted.js";
import { FaceSwitch } from "./face_switch.js";
import { addToSidebar } from "./in_sidebar.js";
import { Intro } from "./intro.js";

/** Called by gr.HTML's js_on_load. @param {HTMLElement} line  the page's first line */
export function mount(line) {
  const choice = new FaceSwitch();
  const intro = new Intro();
  line.append(intro.showMe, choice.element, intro.element);
  addToSidebar();
  whileMounted(line).onDocument("playground:face", () => {
    choice.show(face());
    dispatchEvent(new Event("resize")); // the views fit themselves to the window again
  });
}
