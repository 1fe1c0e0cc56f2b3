"""Tests the table's numbers by hand, and that sentences claim no more than the numbers show."""

import math
from dataclasses import replace

import pytest

from playground.decoding.settings import PRESETS, Settings
from playground.strategies import summary
from playground.strategies.advice import advice
from playground.strategies.comparison import Cell, Grid, Place
from playground.strategies.degeneration import PAPER, PROMPTS, SEEDS
from playground.strategies.summary import MEASURES, Table, name_of, summarise

GRID = Grid(("p", "q"), (Settings(), Settings(strategy="greedy")), (1, 2))


def cell(prompt: int, row: int, seed: int, ids, logprobs, speed: float | None = 10.0) -> Cell:
    size = len(ids)
    return Cell(Place(prompt, row, seed), tuple(ids), "length", tuple(logprobs), (2.0,) * size, (4,) * size, speed)


CELLS = [
    cell(0, 0, 1, [1, 2, 1, 2], [-1, -1, -2, -2]),
    cell(0, 0, 2, [1, 2, 3, 4], [-3, -3, -4, -4]),
    cell(1, 0, 1, [5, 5, 5, 5], [-2, -2, -2, -2], None),
    Cell(Place(1, 0, 2), error="too long"),
]


def test_every_measure_by_hand():
    sampled, greedy = summarise(GRID, CELLS)
    assert set(sampled.estimates) == set(MEASURES)
    assert (sampled.texts, sampled.failed, sampled.stop_reasons) == (3, 1, {"length": 3})
    of = sampled.estimates
    assert of["length"] == (4, 0)
    # the texts' means are -1.5, -3.5, -2; their deviation is sqrt((.83² + 1.17² + .33²) / 2) = 1.0408
    assert of["logprob_nats"] == pytest.approx((-7 / 3, 1.0408 / math.sqrt(3)), abs=1e-4)
    assert of["perplexity"] == pytest.approx((math.exp(7 / 3), math.exp(7 / 3) * 1.0408 / math.sqrt(3)), abs=1e-3)
    assert of["entropy_bits"] == (2, 0)
    assert of["nucleus"] == (4, 0)
    assert of["distinct_1"].mean == pytest.approx((2 / 4 + 4 / 4 + 1 / 4) / 3)
    assert of["distinct_2"].mean == pytest.approx((2 / 3 + 3 / 3 + 1 / 3) / 3)
    assert of["distinct_3"].mean == pytest.approx((2 / 2 + 2 / 2 + 1 / 2) / 3)
    # for prompt p, 1212 and 1234 have 12 21 12 and 12 23 34; prompt q has one text, so nothing to compare
    assert of["across_2"] == pytest.approx((4 / 6, None))
    assert of["repetition"].mean == pytest.approx((0 + 0 + 1 / 2) / 3)
    assert of["loops"] == (0, 0)
    assert of["tokens_per_second"] == (10, 0)
    assert (greedy.texts, set(greedy.estimates.values())) == (0, {None})


def test_the_order_of_the_cells_changes_nothing():
    assert summarise(GRID, CELLS) == summarise(GRID, CELLS[::-1])


def test_loops_are_counted_and_told():
    loops = [cell(0, 1, 1, [7, 8, 9] * 4, [-0.1] * 12), cell(1, 1, 1, range(12), [-0.2] * 12)]
    table = summarise(GRID, [*CELLS, *loops])
    assert table[1].estimates["loops"].mean == 0.5
    assert advice(GRID, table)[0] == "Greedy: 1 of 2 continuations ends in a loop."


def test_what_cannot_be_told_apart_is_not():
    cells = [cell(0, 0, 1, [1, 2, 3, 4], [-2] * 4), cell(1, 0, 1, [1, 2, 3, 5], [-4] * 4)]
    cells += [cell(0, 1, 1, [1, 1, 1, 1, 1], [-2.5] * 5), cell(1, 1, 1, [2, 2, 2, 2, 2], [-3.1] * 5)]
    [sentence] = [told for told in advice(GRID, summarise(GRID, cells)) if "nats" in told]
    assert "do not show which is more probable" in sentence


@pytest.mark.parametrize(
    ("greedy", "sampled", "sentence"),
    [
        # one seed: greedy's text is no sample, the other one is
        ([-1], [[-2]], "Greedy and Pure sampling differ by 1.00 nats per token, which is measured on single texts"),
        ([-1], [[-2], [-2.1]], "Greedy has the most probable texts (−1.00 nats per token, 67 % of triples repeated)"),
        ([-1], [[-0.5], [-1.1]], "its lead over Greedy (−1.00) is within two standard errors."),
        (
            [-1],
            [[-0.5], [-0.6]],
            "has the most probable texts (−0.55 nats per token), and no row repeats less.",
        ),
    ],
)
def test_a_lead_is_told_with_its_doubt(greedy, sampled, sentence):
    """Compares a greedy row, whose text repeats itself, with a sampling row, whose texts do not."""
    grid = Grid(("p",), (Settings(), Settings(strategy="greedy")), (1, 2))
    cells = [cell(0, 1, 1, [7] * 5, greedy * 5)]
    cells += [cell(0, 0, seed, [1, 2, 3, 4, 5], logprobs * 5) for seed, logprobs in enumerate(sampled, start=1)]
    assert sentence in advice(grid, summarise(grid, cells))[-1]


def test_nothing_is_said_of_nothing():
    assert advice(GRID, summarise(GRID, [])) == []


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (Settings(), "Pure sampling"),
        (Settings(strategy="greedy", temperature=0.3), "Greedy"),
        (Settings(strategy="greedy", repetition_penalty=1.3), "Greedy, repetition penalty 1.3"),
        (PRESETS["Balanced"], "Balanced"),
        (Settings(temperature=0.7, top_k=5), "temperature 0.7, top-k 5"),
        (replace(PRESETS["Balanced"], order="llama.cpp"), "Balanced, order llama.cpp"),
        (replace(PRESETS["Balanced"], order="vllm"), "Balanced, order vLLM"),
        (Settings(temperature=0.7, top_k=5, order=("top_k",)), "temperature 0.7, top-k 5, order of its own"),
        (Settings(strategy="beam", num_beams=4, order="llama.cpp"), "Beam 4"),
        (Settings(strategy="beam", num_beams=4, temperature=0.7), "Beam 4"),
        (
            Settings(strategy="beam", num_beams=4, length_penalty=2, early_stopping=True, no_repeat_ngram_size=2),
            "Beam 4, length penalty 2, early stopping, no-repeat n-gram 2",
        ),
    ],
)
def test_settings_have_short_names(settings, name):
    assert name_of(settings) == name


def test_the_papers_experiment_fits_a_grid():
    grid = Grid(PROMPTS, tuple(finding.settings for finding in PAPER), tuple(range(SEEDS)))
    assert len(grid.cells()) == 4 * (2 + 3 * SEEDS)


def test_a_text_is_measured_once_and_a_row_anew_only_when_it_changed(monkeypatch):
    """Measuring all cells again for each message took two minutes of the event loop for 512 cells."""
    grid = Grid(("p", "q"), tuple(Settings(top_k=row + 1) for row in range(4)), tuple(range(8)))
    measured, summarised = [], []
    of_a_text, of_a_row = summary.loop, summary._Row._summarised
    monkeypatch.setattr(summary, "loop", lambda ids: (measured.append(ids), of_a_text(ids))[1])
    monkeypatch.setattr(summary._Row, "_summarised", lambda row: (summarised.append(row), of_a_row(row))[1])
    table, cells = Table(grid), []
    for place in grid.cells():
        ids = [place.row, place.seed, 7, place.prompt] * 2
        cells.append(cell(place.prompt, place.row, place.seed, ids, [-1.0 - place.seed] * 8))
        table.add(cells[-1])
        rows = table.rows()
    assert len(measured) == len(cells) == 64
    assert len(summarised) == len(grid.rows) + len(cells) - 1, "all rows for the first message, then one for each cell"
    assert rows == summarise(grid, cells[::-1])
