/**
 * The list of lessons in a page without a server. `playground/site/pages.py` makes the page, and each lesson is a page beside
 * it. Knows the list, not lessons.
 */

import { make } from "../common/dom.js";
import { keepBeforeLeaving } from "../common/keeping.js";
import { t } from "../common/language.js";
import { LearnTab } from "../learn/tab.js";
import { headWith } from "./frame.js";

keepBeforeLeaving();
document.title = t("Lessons · Decoding playground");
const tab = new LearnTab({ addressOf: (name) => `${name}.html` });
document.addEventListener("playground:progress", () => tab.showProgress());
addEventListener("pageshow", () => tab.showProgress()); // the browser may show the page again as it was left
document.body.replaceChildren(make("div", "gradio-container pg-site pg-site-list", headWith(), make("main", "main fillable", tab.element)));
tab.fetch();
