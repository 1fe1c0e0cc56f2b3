/** Puts a link before all else on the page, with which a reader at the keyboard skips the sidebar. */

import { make } from "./common/dom.js";
import { t } from "./common/language.js";

const link = make("a", "pg-skip-link", t("Skip to the tabs"));
link.href = "#pg-nav";
link.addEventListener("click", (event) => {
  event.preventDefault(); // the address's fragment belongs to links
  /** @type {HTMLElement | null} */
  const tab = document.querySelector("#pg-nav [role=tab][aria-selected=true]");
  tab?.focus();
});
document.body.prepend(link);
