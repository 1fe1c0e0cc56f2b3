"""Defines the experiment of Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration", and its results.

Knows settings only. The figures are those of the paper's Table 1 and were not measured here.
"""

from dataclasses import dataclass

from playground.decoding.settings import Settings

NEW_TOKENS = 120
SEEDS = 4

PROMPTS = (
    "The town had one library, and on the night of the storm its lights were still on.",
    "Scientists who study the deep sea have found that",
    "When she opened the letter, the first thing she noticed was",
    "The history of the bicycle begins with",
)
"""The openings of a story, a report, a scene and an article."""


@dataclass(frozen=True)
class Finding:
    """One row of the paper's table: the texts' perplexity under the model, and the share that repeats to the end."""

    name: str
    settings: Settings
    perplexity: float
    repetition_percent: float


PAPER = (
    Finding("Greedy", Settings(strategy="greedy"), 1.50, 73.66),
    Finding("Beam search, 16 beams", Settings(strategy="beam", num_beams=4), 1.48, 28.94),
    Finding("Pure sampling", Settings(), 22.73, 0.22),
    Finding("Top-k 40", Settings(top_k=40), 6.88, 0.78),
    Finding("Nucleus 0.95", Settings(top_p=0.95), 13.13, 0.36),
)
HUMAN_PERPLEXITY, HUMAN_REPETITION_PERCENT = 12.38, 0.28

DIFFERENCES = (
    "The paper: GPT-2 Large, 5,000 passages of up to 200 tokens, 16 beams; a text repeats if its end repeats a phrase. "
    f"Here: the model in use, {len(PROMPTS)} openings of our own, {SEEDS} seeds, {NEW_TOKENS} tokens, "
    "4 beams; a text loops by the rule of this page. Compare directions, not figures. Human texts in the paper: "
    f"perplexity {HUMAN_PERPLEXITY}, {HUMAN_REPETITION_PERCENT} % repeat."
)
