/** The choice of the page's language, in the footer. */

import { make } from "./common/dom.js";
import { LANGUAGE, t } from "./common/language.js";
import { chooseLanguage, languages } from "./common/language_choice.js";

/** Adds the choice to the end of Gradio's footer as soon as there is one. A page with one language has none. */
export function addLanguageChoice() {
  if (languages().length < 2) return;
  const footer = document.querySelector("footer");
  if (footer) {
    footer.append(choice());
    return;
  }
  const observer = new MutationObserver(() => {
    observer.disconnect();
    addLanguageChoice();
  });
  observer.observe(document, { childList: true, subtree: true });
}

function choice() {
  const list = make("select");
  list.append(...languages().map(({ tag, name }) => option(tag, name)));
  list.addEventListener("change", () => chooseLanguage(list.value));
  return make("label", "pg-language", make("span", "", t("Language")), list);
}

function option(tag, name) {
  const one = new Option(name, tag, tag === LANGUAGE, tag === LANGUAGE);
  one.lang = tag;
  return one;
}
