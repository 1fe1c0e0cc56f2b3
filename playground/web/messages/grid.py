"""Builds the JSON messages that describe a grid to the Compare settings tab, one for every text that is done.

Knows grids, their table and the experiment. Does not know the tokens' texts, which the page has.
"""

import math
from collections.abc import Sequence
from typing import Any

from playground.decoding.measures import loop
from playground.decoding.settings import PRESETS, Settings
from playground.strategies.advice import advice
from playground.strategies.comparison import MOST_PROMPTS, MOST_ROWS, MOST_SEEDS, Cell, Grid
from playground.strategies.degeneration import DIFFERENCES, NEW_TOKENS, PAPER, PROMPTS, SEEDS
from playground.strategies.summary import MEASURES, Table


def opening_message(prompt: str) -> dict[str, Any]:
    """Builds the message that the tab needs before anything has run: presets, limits, measures and the experiment."""
    presets = PRESETS | {"Pure sampling": Settings(), "Beam 4": Settings(strategy="beam", num_beams=4)}
    return {
        "kind": "opening",
        "prompt": prompt,
        "presets": {name: preset.to_dict() for name, preset in presets.items()},
        "limits": {"prompts": MOST_PROMPTS, "rows": MOST_ROWS, "seeds": MOST_SEEDS},
        "measures": {name: measure._asdict() for name, measure in MEASURES.items()},
        "experiment": {
            "prompts": list(PROMPTS),
            "seeds": SEEDS,
            "new_tokens": NEW_TOKENS,
            "differences": DIFFERENCES,
            "paper": [
                {
                    "name": finding.name,
                    "settings": finding.settings.to_dict(),
                    "perplexity": finding.perplexity,
                    "repetition_percent": finding.repetition_percent,
                }
                for finding in PAPER
            ],
        },
    }


def grid_message(grid: Grid, table: Table, new: Sequence[Cell], state: str) -> dict[str, Any]:
    """Builds the message that describes a grid as far as it has come.

    Args:
        table: the table of all cells that are done.
        new: the cells that the page does not have yet. The last message holds all cells again, in case one was lost.
        state: "running", "done" or "stopped".
    """
    rows = table.rows()
    return {
        "kind": "grid",
        "state": state,
        "total": len(grid.cells()),
        "prompts": list(grid.prompts),
        "chat": grid.chat,
        "languages": {side: code or "" for side, code in grid.languages._asdict().items()},
        "seeds": list(grid.seeds),
        "done": sum(row.texts + row.failed for row in rows),
        "cells": [_cell(cell) for cell in new],
        "table": [row.to_dict() for row in rows],
        "advice": advice(grid, rows),
    }


def _cell(cell: Cell) -> dict[str, Any]:
    found = loop(cell.token_ids)
    return {
        "prompt": cell.place.prompt,
        "row": cell.place.row,
        "seed": cell.place.seed,
        "token_ids": list(cell.token_ids),
        "surprisals_bits": [round(-logprob / math.log(2), 2) for logprob in cell.logprobs_nats],
        "stop_reason": cell.stop_reason,
        "loop": None if found is None else found._asdict(),
        "error": cell.error,
    }
