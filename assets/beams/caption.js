/**
 * Says in plain words what the tree of a search shows: what the step in view keeps, and how the winner compares with the
 * text that greedy writes. Knows trees, not the page.
 */

import { count, fixed, t, tn } from "../common/language.js";

const CLOSE = 0.05; // nats between two texts that are about equally probable
const MOST = Math.log(1e6); // nats; more is told without a number

/**
 * @param {import("./tree.js").BeamTree} tree
 * @param {number} step  the last one in view
 * @param {(id: number) => string} textOf  returns a token's text as the page shows it
 * @returns {string} one or two sentences
 */
export function captionOf(tree, step, textOf) {
  return [kept(tree, step, textOf), winner(tree)].filter(Boolean).join(" ");
}

/** What a step keeps of all ways to go on. */
function kept({ nodes, root }, step, textOf) {
  const all = nodes.depth.map((_, node) => node).filter((node) => nodes.depth[node] === step);
  const beams = all.filter((node) => nodes.fate[node] !== "dropped");
  if (step === 0 && root === "start") return t("All texts begin at the start token. The search has taken no step yet.");
  if (step === 0) return t("All texts go on from the prompt. The search has taken no step yet.");
  if (!beams.length) return "";
  const best = beams.reduce((one, other) => (nodes.cumulative[other] > nodes.cumulative[one] ? other : one));
  return tn(
    "At step {step} the search looks at the {all} best ways to go on and keeps {n} of them, its beam, which ends in ‘{token}’.",
    "At step {step} the search looks at the {all} best ways to go on and keeps {n} of them, its beams; the best one ends in ‘{token}’.",
    beams.length,
    { step, all: all.length, token: textOf(nodes.token_id[best]).replaceAll("·", " ") },
  );
}

/** How the text that was found compares with that of greedy, "" while both are not known. @param {import("./tree.js").BeamTree} tree */
function winner({ returned, paths, nodes }) {
  const [best] = returned;
  const greedy = paths.find(({ name }) => name === "greedy");
  if (!best || !greedy) return "";
  if (String(best.token_ids) === String(greedy.token_ids)) return t("The winner, the orange line, is the text that greedy writes too.");
  const nats = nodes.cumulative[best.node] - greedy.log_probs.reduce((sum, one) => sum + one, 0);
  if (nats > MOST) return t("The winner, the orange line, is more than a million times as probable as greedy's text, the dashed line.");
  if (nats > CLOSE) return t("The winner, the orange line, is {times} times as probable as greedy's text, the dashed line.", { times: times(nats) });
  if (nats > -CLOSE) return t("The winner, the orange line, is about as probable as greedy's text, the dashed line.");
  if (best.score > greedy.score) return t("The winner, the orange line, is less probable than greedy's text, the dashed line, but has the better score, which counts the length too.");
  return t("The winner, the orange line, is less probable than greedy's text, the dashed line: a search with few beams can miss a better text.");
}

/** @param {number} nats  the logarithm of a quotient @returns {string} the quotient: "2.3", "81" */
const times = (nats) => (nats < Math.log(10) ? fixed(Math.exp(nats), 1) : count(Math.round(Math.exp(nats))));
