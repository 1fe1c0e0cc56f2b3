/** Copies settings in the forms of other programs. Knows the server's answer, not what a form says. */

import { copyText } from "../common/download.js";
import { fetchSettingsCopied } from "../common/server.js";
import { OFF } from "../distribution/settings.js";
import { FORMS } from "./forms.js";
import { t } from "../common/language.js";

/** Settings that are no stage's and that other programs have too. */
const OTHERS = [
  "strategy", "order", "max_new_tokens", "stop_strings", "seed", "num_beams", "length_penalty", "early_stopping",
];

/**
 * Makes an item of the export menu for each form.
 *
 * @param {() => Record<string, any>} settings  those in view
 * @returns {import("../common/export_menu.js").Item[]}
 */
export function settingsItems(settings) {
  return Object.entries(FORMS).map(([form, name]) => ({
    label: t("Copy settings: {program}", { program: name }),
    run: () => copy(settings(), form),
  }));
}

async function copy(settings, form) {
  const named = Object.entries(settings).filter(([name]) => name in OFF || OTHERS.includes(name));
  const { text, left_out: leftOut } = await fetchSettingsCopied(Object.fromEntries(named), form);
  if (!(await copyText(text))) throw new Error(t("The browser does not allow copying. The settings are: {text}", { text }));
  return leftOut.length ? t("Settings copied, without {names}.", { names: leftOut.join(", ") }) : t("Settings copied.");
}
