/**
 * What Python tells of a grid (see playground/web/messages/grid.py), and what names a text of it.
 *
 * @typedef {import("../distribution/settings.js").Settings} Settings
 *
 * @typedef {object} Opening  what the tab needs before anything has run
 * @property {"opening"} kind
 * @property {string} prompt
 * @property {Record<string, Settings>} presets
 * @property {{prompts: number, rows: number, seeds: number}} limits
 * @property {Measures} measures
 * @property {Experiment} experiment
 *
 * @typedef {Record<string, {label: string, definition: string}>} Measures  the headings, by the measures' names
 *
 * @typedef {object} Experiment  the bundled one, of a paper
 * @property {string[]} prompts
 * @property {number} seeds  how many
 * @property {number} new_tokens
 * @property {string} differences  a sentence
 * @property {Finding[]} paper
 *
 * @typedef {object} Finding  what the paper found under one row of settings
 * @property {string} name
 * @property {Settings} settings
 * @property {number} perplexity
 * @property {number} repetition_percent
 *
 * @typedef {object} Cell  one text of a grid
 * @property {number} prompt  the place of its prompt in the grid
 * @property {number} row  the place of its settings
 * @property {number} seed
 * @property {number[]} token_ids
 * @property {number[]} surprisals_bits  one for each token
 * @property {string} stop_reason
 * @property {{period: number, since: number} | null} loop
 * @property {string | null} error  the sentence why there is no text
 *
 * @typedef {{mean: number, error: number | null}} Estimate  with its standard error, null for one text
 *
 * @typedef {object} Row  a row of settings and what its texts have in common
 * @property {string} name
 * @property {Settings} settings
 * @property {number} texts  how many
 * @property {number} failed  how many have an error instead
 * @property {Record<string, number>} stop_reasons  how many texts ended so
 * @property {Record<string, Estimate | null>} measures
 *
 * @typedef {object} News  of a grid that runs or ended
 * @property {string} grid  no other grid has it
 * @property {string} model  the name of the model that wrote the texts
 * @property {"running" | "done" | "stopped"} state
 * @property {number} total  the number of texts
 * @property {number} done
 * @property {string[]} prompts
 * @property {boolean} chat
 * @property {import("../models/language_lists.js").Pair} languages  of all its texts
 * @property {number[]} seeds
 * @property {Row[]} table
 * @property {string[]} advice  sentences
 *
 * @typedef {News & {kind: "grid", cells: Cell[]}} GridMessage  with the cells that are new
 * @typedef {News & {cells: Map<string, Cell>}} Grid  with all cells that have come, by `keyOf`
 */

/** @param {{prompt: number, row: number, seed: number}} place @returns {string} the key of a cell in a grid */
export const keyOf = ({ prompt, row, seed }) => `${prompt}/${row}/${seed}`;
