/** The forms in which settings are pasted and copied, by their names in Python: `playground/sharing/foreign/formats.py`. */

/** What each form is called. @type {Record<string, string>} */
export const FORMS = {
  "llama-cli": "llama.cpp command line",
  "llama-server": "llama.cpp request",
  openai: "OpenAI request",
  vllm: "vLLM request",
  "text-generation-webui": "text-generation-webui preset",
  sillytavern: "SillyTavern preset",
  "generation-config": "generation_config.json",
};
