"""Builds a grid's table: for each row of settings the mean and standard error of every measure, and advice in words.

Knows cells and measures. Does not know the engine or pages.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import mean, stdev
from typing import Any, NamedTuple

from playground.decoding.measures import (
    LOOP_TIMES,
    LOOP_TOKENS,
    NGRAM,
    NUCLEUS,
    distinct_share,
    loop,
    repeated_ngram_share,
)
from playground.decoding.orders import TRANSFORMERS
from playground.decoding.settings import PRESETS, Settings
from playground.decoding.stages import STAGES
from playground.decoding.stages.stage import Stage
from playground.strategies.comparison import Cell, Grid
from playground.values import shown


class Estimate(NamedTuple):
    """A mean over texts and its standard error: their standard deviation / √(number of texts), None for one text."""

    mean: float
    error: float | None


class Measure(NamedTuple):
    """The heading of a column, and its meaning."""

    label: str
    definition: str


MEASURES = {
    "length": Measure("length", "Tokens written."),
    "logprob_nats": Measure(
        "log-prob.", "Mean log-probability of a token under the model's own distribution, in nats per token."
    ),
    "perplexity": Measure(
        "perplexity", "exp(−mean log-probability): a choice among this many equally probable tokens is as surprising."
    ),
    "repetition": Measure(
        "repetition", f"Share of a text's {NGRAM}-grams that occurred in it before (Welleck et al. 2020)."
    ),
    "loops": Measure(
        "loops",
        f"Share of texts that end with the same tokens {LOOP_TIMES} times or more, over at least {LOOP_TOKENS} tokens.",
    ),
    "distinct_1": Measure("distinct-1", "Distinct tokens over all tokens of a text (Li et al. 2016)."),
    "distinct_2": Measure("distinct-2", "Distinct pairs of tokens over all pairs of a text (Li et al. 2016)."),
    "distinct_3": Measure("distinct-3", "Distinct triples of tokens over all triples of a text (Li et al. 2016)."),
    "across_1": Measure("across-1", "Distinct tokens over all tokens of all seeds' texts of a prompt."),
    "across_2": Measure(
        "across-2", "Distinct pairs over all pairs of all seeds' texts of a prompt: higher if the seeds differ."
    ),
    "across_3": Measure("across-3", "Distinct triples over all triples of all seeds' texts of a prompt."),
    "entropy_bits": Measure(
        "entropy", "Mean entropy of the model's own distribution before each token, in bits (Shannon 1948)."
    ),
    "nucleus": Measure(
        "nucleus",
        f"Mean number of most probable tokens that hold {NUCLEUS:g} of the probability (Holtzman et al. 2020).",
    ),
    "tokens_per_second": Measure(
        "tokens/s", "Speed of one text after its first token, while other texts were generated too."
    ),
}

ENGINES = {"vllm": "vLLM", "openai": "OpenAI"}
"""Engines whose names are not written as those of their orders."""


@dataclass(frozen=True)
class Summary:
    """One row of the table.

    Attributes:
        settings: the settings of the row; `name` describes them in words.
        texts: the number of texts.
        failed: the number of texts that could not be generated.
        estimates: an estimate for each name of `MEASURES`; None where there is none yet.
        stop_reasons: the number of texts for each stop reason.
    """

    settings: Settings
    texts: int
    failed: int
    estimates: dict[str, Estimate | None]
    stop_reasons: dict[str, int]

    @property
    def name(self) -> str:
        return name_of(self.settings)

    def known(self, measure: str) -> Estimate:
        """Returns the estimate of a measure that every text has; the row has a text."""
        estimate = self.estimates[measure]
        assert estimate is not None, f"{measure} is known of every row with a text"
        return estimate

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON values: name, settings, texts, failed, stop_reasons, and measures.

        A measure is `{mean, error}` or None.
        """
        return {
            "name": self.name,
            "settings": self.settings.to_dict(),
            "texts": self.texts,
            "failed": self.failed,
            "stop_reasons": self.stop_reasons,
            "measures": {name: one and one._asdict() for name, one in self.estimates.items()},
        }


class Table:
    """The table of a grid while its cells come, in any order.

    Every text is measured once, when it comes. Only its row is then computed again.
    """

    def __init__(self, grid: Grid) -> None:
        self._rows = [_Row(settings) for settings in grid.rows]

    def add(self, cell: Cell) -> None:
        """Adds a cell that is done."""
        self._rows[cell.place.row].add(cell)

    def rows(self) -> list[Summary]:
        """Returns one summary for each row of settings, from the cells so far."""
        return [row.summary for row in self._rows]


def summarise(grid: Grid, cells: Sequence[Cell]) -> list[Summary]:
    """Returns one summary for each row of settings, from cells in any order."""
    table = Table(grid)
    for cell in cells:
        table.add(cell)
    return table.rows()


def name_of(settings: Settings) -> str:
    """Returns a preset's name, or lists what is on: "Beam 4", "temperature 0.7, top-k 20", "Pure sampling".

    An order other than that of `generate` stands behind it, also where it changes nothing. Beams have only that one.
    """
    name = _name_in_usual_order(replace(settings, order=TRANSFORMERS))
    if settings.order == TRANSFORMERS or settings.strategy == "beam":
        return name
    order = ENGINES.get(settings.order, settings.order) if isinstance(settings.order, str) else "of its own"
    return f"{name}, order {order}"


def _name_in_usual_order(settings: Settings) -> str:
    processing = settings.processing()
    for name, preset in PRESETS.items():
        if preset.processing() == processing and settings.strategy != "beam":
            return name
    off, parts = Settings(), []
    if settings.strategy == "beam":
        parts.append(f"Beam {settings.num_beams}")
        if settings.length_penalty != off.length_penalty:
            parts.append(f"length penalty {settings.length_penalty:g}")
        if settings.early_stopping:
            parts.append("early stopping")
    elif settings.strategy == "greedy":
        parts.append("Greedy")
    used = [stage for stage in STAGES if settings.strategy != "beam" or not stage.is_sampling_only]
    on = [stage for stage in used if processing.is_on(stage.name)]
    parts += [_said(stage, processing) for stage in on]
    return ", ".join(parts) or "Pure sampling"


def _said(stage: Stage, settings: Settings) -> str:
    """Returns a stage's values in words: "top-k 20", "XTC 0.5 0.1"."""
    values = [getattr(settings, name) for name in stage.names]
    told = [value for value, parameter in zip(values, stage.parameters, strict=True) if value != parameter.start]
    return " ".join([stage.label, *(f"{one:g}" if isinstance(one, int | float) else shown(one) for one in told)])


class _Row:
    """One row of the table: the measures of its texts by the places of their cells, and the row's summary."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._failed = 0
        self._texts: dict[tuple[int, int], Cell] = {}
        self._measures: dict[tuple[int, int], dict[str, float | None]] = {}
        self._across: dict[int, list[float | None]] = {}
        self._summary: Summary | None = None

    def add(self, cell: Cell) -> None:
        self._summary = None
        if cell.error is not None:
            self._failed += 1
            return
        place = cell.place.prompt, cell.place.seed
        self._texts[place] = cell
        self._measures[place] = {name: take(cell) for name, take in _OF.items()}
        group = [one.token_ids for (prompt, _), one in sorted(self._texts.items()) if prompt == cell.place.prompt]
        if len(group) > 1:
            self._across[cell.place.prompt] = [distinct_share(group, size) for size in ACROSS_SIZES]

    @property
    def summary(self) -> Summary:
        """The row's summary. It is computed again only after a new cell."""
        if self._summary is None:
            self._summary = self._summarised()
        return self._summary

    def _summarised(self) -> Summary:
        texts = sorted(self._measures)
        of: dict[str, Estimate | None] = {
            name: _estimate([value for place in texts if (value := self._measures[place][name]) is not None])
            for name in _OF
        }
        likely = of["logprob_nats"]
        of["perplexity"] = None
        if likely is not None:
            perplexity = math.exp(-likely.mean)  # its error follows from the mean's error to first order
            of["perplexity"] = Estimate(perplexity, None if likely.error is None else perplexity * likely.error)
        for place, size in enumerate(ACROSS_SIZES):
            shares = [self._across[prompt][place] for prompt in sorted(self._across)]
            of[f"across_{size}"] = _estimate([share for share in shares if share is not None])
        reasons = Counter(cell.stop_reason for cell in self._texts.values())
        return Summary(
            self._settings,
            len(self._texts),
            self._failed,
            {name: of[name] for name in MEASURES},
            dict(sorted(reasons.items())),
        )


ACROSS_SIZES = (1, 2, 3)
"""The sizes of the n-grams whose distinct ones are counted over all seeds' texts of a prompt."""

_OF: dict[str, Callable[[Cell], float | None]] = {
    "length": lambda cell: len(cell.token_ids),
    "logprob_nats": lambda cell: mean(cell.logprobs_nats),
    "entropy_bits": lambda cell: mean(cell.entropies_bits),
    "nucleus": lambda cell: mean(cell.nucleus_sizes),
    "distinct_1": lambda cell: distinct_share([cell.token_ids], 1),
    "distinct_2": lambda cell: distinct_share([cell.token_ids], 2),
    "distinct_3": lambda cell: distinct_share([cell.token_ids], 3),
    "repetition": lambda cell: repeated_ngram_share(cell.token_ids),
    "loops": lambda cell: float(loop(cell.token_ids) is not None),
    "tokens_per_second": lambda cell: cell.tokens_per_second,
}
"""The measures of a single text. The other measures are derived from these or from several texts."""


def _estimate(values: Sequence[float]) -> Estimate | None:
    if not values:
        return None
    return Estimate(mean(values), stdev(values) / math.sqrt(len(values)) if len(values) > 1 else None)
