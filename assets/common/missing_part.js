/**
 * Says in a view that its part of the page did not come: the server has other files than the page that is open, or it
 * does not answer. A browser asks only once for a part, so the page has to be loaded again. Knows no view.
 */

import { isConnected } from "./connection.js";
import { button, make } from "./dom.js";
import { t } from "./language.js";

const NEWER = t("This server has a newer version of the page. Load the page again.");
const AWAY = t("The server does not answer, so this view cannot be shown. Load the page again once it answers.");

/** @param {HTMLElement} element  the place of the view */
window.playgroundMissing = (element) => {
  const notice = make("p", "pg-notice");
  notice.role = "alert";
  element.replaceChildren(make("div", "pg-root", notice, make("div", "", button(t("Load the page again"), () => location.reload()))));
  notice.textContent = isConnected() ? NEWER : AWAY; // an alert is read when its text comes
};
