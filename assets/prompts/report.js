/** Formats prompts and completions as Markdown for export. Does not know the page. */

/**
 * @typedef {object} Record
 * @property {string} name
 * @property {string} prompt
 * @property {string} completion
 * @property {number} tokens  the number of the prompt's tokens
 * @property {import("../distribution/settings.js").Settings | null} settings
 * @property {string | null} stop_reason
 * @property {import("./label_panel.js").LabelAnswer | null} labels  the server's answer for the label words
 */

/** @param {string} title @param {Record[]} records @returns {string} */
export function markdown(title, records) {
  const parts = records.map(({ name, prompt, tokens, completion, stop_reason, settings, labels }) => {
    const lines = [`## ${name}`, `Prompt, ${tokens} tokens:`, fenced(prompt)];
    if (settings) lines.push(`Completion (${stop_reason ?? "running"}):`, fenced(completion));
    if (labels) {
      lines.push(
        `Label share ${labels.share.toPrecision(4)}`,
        labels.labels.map(({ label, probability }) => `- \`${label.replaceAll("`", "'")}\`: ${probability.toPrecision(4)}`).join("\n"),
      );
    }
    return lines.join("\n\n");
  });
  const settings = records.find((record) => record.settings)?.settings;
  const said = settings ? `Settings: \`${JSON.stringify(settings)}\`` : "";
  return `${[`# ${title.replaceAll("\n", " ")}`, said, ...parts].filter((part) => part).join("\n\n")}\n`;
}

/** Returns a code block whose fence is longer than any run of backticks in the text. */
function fenced(text) {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}
