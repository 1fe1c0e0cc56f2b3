/**
 * A line below the sidebar's controls: which settings are in force that have no control there. It stands in the views
 * that do not show the chain.
 */

import { settingsInSidebar } from "./common/controls.js";
import { make, setText } from "./common/dom.js";
import { mount as keepFurther } from "./common/further_settings.js";
import { tn } from "./common/language.js";
import { orderInWords, withoutControl } from "./common/words.js";

/**
 * Called by gr.HTML's js_on_load.
 *
 * @param {HTMLElement} element
 * @param {Parameters<typeof keepFurther>[0]} props @param {() => void} askGradio @param {Parameters<typeof keepFurther>[2]} watch
 */
export function mount(element, props, askGradio, watch) {
  const line = make("p", "pg-further-line");
  line.role = "status";
  element.append(line);
  const show = () => setText(line, sentence(settingsInSidebar(), document.documentElement.dataset.sidebar ?? ""));
  keepFurther(props, askGradio, watch);
  for (const event of ["playground:settings", "playground:sheet"]) document.addEventListener(event, show);
  show();
}

/** @param {Record<string, any>} settings @param {string} parts  what the open view reads of the sidebar */
function sentence(settings, parts) {
  if (!parts.includes("further")) return "";
  const isSampled = !/length|strategy/.test(parts); // Beams only samples with them
  const said = isSampled ? { ...settings, strategy: "sample" } : settings;
  const words = [...withoutControl(said, (stage) => stage.inSidebar), orderInWords(said)].filter(Boolean);
  if (!words.length) return "";
  return tn("Also in force: {settings}. Change this in the chain of Decode.", "Also in force: {settings}. Change these in the chain of Decode.", words.length, { settings: words.join(", ") });
}
