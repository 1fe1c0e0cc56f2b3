/** The forms in which settings are pasted and copied, by their names in Python: `playground/sharing/foreign/formats.py`. */

import { t } from "../common/language.js";

/** What each form is called. @type {Record<string, string>} */
export const FORMS = {
  "llama-cli": t("llama.cpp command line"),
  "llama-server": t("llama.cpp request"),
  openai: t("OpenAI request"),
  vllm: t("vLLM request"),
  "text-generation-webui": t("text-generation-webui preset"),
  sillytavern: t("SillyTavern preset"),
  "generation-config": "generation_config.json",
};
