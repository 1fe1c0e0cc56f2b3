/**
 * Adds the fold "Server" beside the model's name, which shows the server's state. Only readers to whom the server sends
 * its report have it. Knows the server's report, and nothing of the views.
 */

import { make } from "./common/dom.js";
import { followingFold } from "./common/following_fold.js";
import { count, fixed, t, tn } from "./common/language.js";
import { get } from "./common/server.js";

const PAUSE_MS = 5000; // between two fetches while the fold is open
const MEGABYTE = 1e6;

/**
 * @typedef {object} Report  see playground/web/report.py
 * @property {number} sessions
 * @property {number} running
 * @property {number} waiting
 * @property {number} tokens_per_second
 * @property {{p50: number | null, p95: number | null}} first_token_seconds
 * @property {Record<string, number>} bytes
 * @property {number} resident_bytes
 * @property {number} uptime_seconds
 */

/** Called by gr.HTML's js_on_load. @param {HTMLElement} line  the element to which the fold is appended */
export async function mount(line) {
  const report = await read();
  if (!report) return;
  const rows = make("dl");
  const fold = followingFold(t("Server"), rows, PAUSE_MS, async () => {
    const facts = await read().then(factsOf, (error) => [[t("Error"), error.message]]);
    rows.replaceChildren(...facts.flatMap(([name, value]) => [make("dt", "", name), make("dd", "", value)]));
  });
  fold.id = "pg-server";
  line.append(fold);
}

/** @returns {Promise<Report | null>} null if this reader may not see the report */
async function read() {
  const response = await get("status");
  return response.status === 204 ? null : response.json();
}

/** @param {Report} report @returns {[string, string][]} */
export function factsOf(report) {
  const seconds = (number) => t("{seconds} s", { seconds: fixed(number, 2) });
  const megabytes = (bytes) => t("{megabytes} MB", { megabytes: Math.round(bytes / MEGABYTE) });
  const first = report.first_token_seconds;
  return [
    [t("Open pages"), count(report.sessions)],
    [t("Texts"), t("{running} running, {waiting} waiting", { running: report.running, waiting: report.waiting })],
    [t("Speed"), t("{tokens} tokens/s over the last minute", { tokens: fixed(report.tokens_per_second, 1) })],
    [t("First token"), first.p50 === null ? t("none yet") : t("half within {p50}, 95 % within {p95}", { p50: seconds(first.p50), p95: seconds(first.p95) })],
    [t("Memory"), megabytes(report.resident_bytes)],
    [t("of which"), Object.entries(report.bytes).map(([name, bytes]) => `${name} ${megabytes(bytes)}`).join(", ")],
    [t("Running for"), tn("{n} minute", "{n} minutes", Math.floor(report.uptime_seconds / 60))],
  ];
}
