/** Brings a column's prompt to the view that runs one prompt on several models. */

import { writtenOf } from "../chat/conversation.js";
import { promptInSidebar, writePrompt } from "../common/controls.js";
import { t } from "../common/language.js";
import { openInModels } from "../common/views.js";

/**
 * Writes the prompt into the sidebar, a chat as its turns, and opens Compare models.
 *
 * @param {import("./prompt_view.js").Built} built
 * @param {string} name  of the column
 * @param {string} stop  the text at which an answer ends
 * @param {() => void} ask  makes Gradio write the prompt
 */
export function bring({ text, turns }, name, stop, ask) {
  const plain = { ...promptInSidebar(), prompt: text, chat: false };
  writePrompt(turns.length ? writtenOf({ messages: turns, template_options: {} }) : plain, ask);
  const said = turns.length
    ? t("The prompt of {name} is in the sidebar as a conversation. Each model reads it through its own chat template. Press Run.", { name })
    : t("The prompt of {name} is in the sidebar. Press Run.", { name });
  openInModels({ said, stop });
}
