/** Prompts and completions to take away: as Markdown to read, as JSON to compute with. Knows nothing of the page. */

/**
 * @typedef {object} Record
 * @property {string} name
 * @property {string} prompt
 * @property {string} completion
 * @property {number} tokens  of the prompt
 * @property {object | null} settings
 * @property {string | null} stop_reason
 * @property {object | null} labels  the label words, as the server gave them
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
  return [`# ${title.replaceAll("\n", " ")}`, said, ...parts].filter((part) => part).join("\n\n") + "\n";
}

/** A block that no backticks in the text can end. */
function fenced(text) {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}
