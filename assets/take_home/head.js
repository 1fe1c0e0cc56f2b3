/** The head of a page to take home: whose text it shows, that there is no model, and how to get the playground. */

import { make } from "../common/dom.js";
import { t, tParts } from "../common/language.js";
import { themeButton } from "./theme.js";

/** @param {import("../common/trace.js").Header} header  of the text @returns {HTMLElement} */
export function headOf({ model }) {
  const title = make("h1", "", t("Decoding playground: a text by {model}, token by token", { model }));
  const says = make(
    "p",
    "",
    t("No model runs here: the text and the model's scores were recorded, and this page computes what the settings make of them."),
  );
  const commands = { setup: make("code", "", "make setup"), run: make("code", "", "make run") };
  const how = make("p", "", ...tParts("Writing another text, going on with another token and all views of the model's inside need the model. Get the decoding playground, and type {setup} and then {run} in its folder.", commands));
  const fold = make("details", "pg-take-home-how", make("summary", "", t("How to start the playground")), how);
  return make("header", "pg-take-home-head", make("div", "", title, themeButton()), says, fold);
}
