/** The head of a page to take home: whose text it shows, that no model runs there, and how to get the playground. */

import { make } from "../common/dom.js";
import { t, tParts } from "../common/language.js";
import { themeButton } from "./theme.js";

/** @param {import("../common/trace.js").Header} header  of the text @returns {HTMLElement} */
export function headOf({ model }) {
  const title = make("h1", "", t("A text by {model}, token by token", { model }));
  const says = t(
    "This page was saved from the decoding playground. The text and the model's scores were recorded, and the page computes " +
      "what the settings make of them. It needs no network and sends nothing.",
  );
  const commands = { setup: make("code", "", "make setup"), run: make("code", "", "make run") };
  const how = tParts(
    "You need a model for another text, another token, or a look inside the model. Get the decoding playground, and type {setup} " +
      "and then {run} in its folder.",
    commands,
  );
  const fold = make("details", "", make("summary", "", t("No model runs here. What is this?")), make("p", "", says), make("p", "", ...how));
  return make("header", "pg-take-home-head", make("div", "", title, themeButton()), fold);
}
