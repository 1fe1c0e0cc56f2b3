/** Says on a server with one model to compare how to get a second one. */

import { make } from "../common/dom.js";
import { t, tParts } from "../common/language.js";
import { comparableModels } from "../models/models.js";

/** @returns {HTMLElement | null} what stands in place of the tab, null if the server has several */
export function withOneModel() {
  const [{ model, dtype }, ...others] = comparableModels();
  if (others.length) return null;
  const variant = dtype === "bfloat16" ? "float32" : "bfloat16";
  const code = (text) => make("code", "", text);
  const about = t("This view runs one prompt on several models side by side, and this server has one for it, {model}.", { model });
  const options = { variant: code(`--variant ${variant}`), model: code("--model") };
  const how = tParts("Start it with one more option: {variant} for the same model in another precision, or {model} for another model. For instance:", options);
  const told = make("p", "", `${about} `, ...how);
  const command = make("pre", "", `make run ARGS="--variant ${variant}"`);
  return make("div", "pg-root pg-models", make("section", "pg-models-one", told, command));
}
