"""Answers for the pane Positions: how an engine's model knows the order of a text, and what the order is worth.

Knows the engine, its store and `inside.positions`. A text is always a trace.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from playground.decoding.measures import kl_bits, most_probable, probabilities, raw_measures
from playground.engine.engine import Engine
from playground.engine.shelf import Shelf
from playground.inside import positions as jobs
from playground.inside.places import check_near, check_position
from playground.inside.positions import Experiment, Positions

ORDERS = ("reversed", "shuffled")
MOST_TOKENS = 512
"""The longest text that is read in other orders."""
NAMED = 5
"""The most probable tokens of each run that the answer names."""
SHELF_BYTES = 2 * 2**20

_positions: WeakKeyDictionary[Engine, Positions] = WeakKeyDictionary()


async def positions_of(engine: Engine) -> Positions:
    """Returns how the engine's model knows the order of a text. It is found once for each engine."""
    if engine not in _positions:
        _positions[engine] = await engine.call(jobs.positions)
    return _positions[engine]


@dataclass(frozen=True, eq=False)
class Told:
    """The answer to one experiment, as plain JSON values, and about how many bytes it takes."""

    answer: dict[str, Any]
    nbytes: int


class Orders:
    """Makes experiments with the order of one engine's texts. Keeps the answers while the trace is kept."""

    def __init__(self, engine: Engine, max_bytes: int = SHELF_BYTES) -> None:
        self._engine = engine
        self.shelf = Shelf(max_bytes)
        engine.on_gone.append(lambda: self.shelf.forget_unless(engine.store.holds))
        engine.memory["positions"] = lambda: self.shelf.nbytes

    async def at(self, trace_id: str, position: int, order: str) -> dict[str, Any]:
        """Returns what becomes of the token after a position when the tokens before it stand in another order.

        Returns:
            `{token_ids, moved_ids, runs: [{name, kl_bits, entropy_bits}], tokens: [{token_id, probabilities: [run]}]}`.
            `kl_bits` is KL(the text as it is ‖ this run); the tokens are the most probable ones of all runs.

        Raises:
            PlaygroundError: the text does not have this position, or it is too far from the text's beginning.
        """
        ids, _ = self._engine.store.ids(trace_id)
        check_position(position, len(ids))
        check_near(position, MOST_TOKENS, "the experiment reads")
        key = (trace_id, "order", str(position), order)
        told: Told = await self.shelf.get(
            key, partial(self._make, ids[: position + 1], order, self._engine.store.get(trace_id).source_ids)
        )
        return told.answer

    async def _make(self, ids: tuple[int, ...], order: str, source: tuple[int, ...]) -> Told:
        model = self._engine.model
        known = await positions_of(self._engine)
        starts = [not model.vocabulary[token_id][:1].isalnum() for token_id in ids]
        special = set(model.tokenizer.hf.all_special_ids)
        first = next((place for place, token_id in enumerate(ids) if token_id not in special), len(ids))
        moved = jobs.other_order(ids, starts, first, order)
        job = partial(jobs.experiment, ids=ids, moved=moved, can_remove=known.can_remove)
        found: Experiment = await self._engine.work(job, source)
        answer = await self._engine.call(lambda _: _told(ids, found))
        return Told(answer, 200 * len(answer["tokens"]) + 60 * len(ids))


def _told(ids: tuple[int, ...], found: Experiment) -> dict[str, Any]:
    rows = list(found.rows.values())
    shares = [probabilities(row) for row in rows]
    named = dict.fromkeys(token_id for row in rows for token_id in most_probable(row, min(NAMED, len(row))))
    return {
        "token_ids": list(ids),
        "moved_ids": list(found.moved),
        "runs": [
            {"name": name, "kl_bits": kl_bits(rows[0], row), "entropy_bits": raw_measures(row, 0).entropy_bits}
            for name, row in found.rows.items()
        ],
        "tokens": [
            {"token_id": int(token_id), "probabilities": [float(share[token_id]) for share in shares]}
            for token_id in named
        ],
    }
