"""Answers for the pane Positions: how a model knows the order of a text, and what the order is worth.

Knows readers, their store and `inside.positions`. A text is always a trace.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import torch

from playground.decoding.measures import kl_bits, most_probable, probabilities, raw_measures
from playground.engine.errands import Job
from playground.engine.reader import Reader
from playground.engine.shelf import Shelf
from playground.errors import PlaygroundError
from playground.inside import positions as jobs
from playground.inside.entering import Entering, entering
from playground.inside.places import check_near, check_position
from playground.inside.positions import Experiment, Positions
from playground.models.language_model import LanguageModel
from playground.models.loaded_model import LoadedModel
from playground.models.masked_model import MaskedModel

ORDERS = ("reversed", "shuffled")
MOST_TOKENS = 512
"""The longest text that is read in other orders."""
NAMED = 5
"""The most probable tokens of each run that the answer names."""
SHELF_BYTES = 2 * 2**20

_positions: WeakKeyDictionary[Reader[Any], Positions] = WeakKeyDictionary()


async def positions_of(engine: Reader[Any]) -> Positions:
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

    def __init__(self, engine: Reader[Any], max_bytes: int = SHELF_BYTES) -> None:
        self._engine = engine
        self.shelf = Shelf(max_bytes)
        engine.on_gone.append(lambda: self.shelf.forget_unless(engine.store.holds))
        engine.memory["positions"] = lambda: self.shelf.nbytes

    async def at(self, trace_id: str, position: int, order: str) -> dict[str, Any]:
        """Returns what becomes of the token after a position when the tokens before it stand in another order. For an
        encoder-only model it is the token in the position itself, which is masked, and all other words move.

        Returns:
            `{token_ids, moved_ids, runs: [{name, kl_bits, entropy_bits}], tokens: [{token_id, probabilities: [run]}]}`.
            `kl_bits` is KL(the text as it is ‖ this run); the tokens are the most probable ones of all runs.

        Raises:
            PlaygroundError: the text does not have this position, or it is too far from the text's beginning, or an
                encoder-only model guesses no words.
        """
        ids, _ = self._engine.store.ids(trace_id)
        check_position(position, len(ids))
        check_near(position, MOST_TOKENS, "the experiment reads")
        key = (trace_id, "order", str(position), order)
        told: Told = await self.shelf.get(
            key, partial(self._make, ids, position, order, self._engine.store.get(trace_id).source_ids)
        )
        return told.answer

    async def entering(self, trace_id: str, position: int) -> dict[str, Any]:
        """Returns of what the vector is made that enters the first block at a position.

        Returns:
            `{added: [{name, row, length, share}], is_normed, sum_length, length}`: the vectors that are added up, with
            the share of each in their sum; the length of the sum, and that of what enters. `added` is empty where the
            sum is not what enters.

        Raises:
            PlaygroundError: the text does not have this position, or it is too far from the text's beginning.
        """
        ids, _ = self._engine.store.ids(trace_id)
        check_position(position, len(ids))
        check_near(position, MOST_TOKENS, "this view reads")
        job = partial(entering, ids=ids, position=position)

        async def make() -> Told:
            found: Entering = await self._engine.work(job, self._engine.store.get(trace_id).source_ids)
            return Told(_of_vector(found), 200 * (1 + len(found.added)))

        told: Told = await self.shelf.get((trace_id, "entering", str(position)), make)
        return told.answer

    async def _make(self, ids: tuple[int, ...], position: int, order: str, source: tuple[int, ...]) -> Told:
        model = self._engine.model
        can_remove = (await positions_of(self._engine)).can_remove
        if isinstance(model, MaskedModel):
            job = _on_blank(model, ids, position, order, can_remove)
        else:
            job = _on_next(model, ids[: position + 1], order, can_remove)
        found: Experiment = await self._engine.work(job, source)
        answer = await self._engine.call(lambda _: _told(found))
        return Told(answer, 200 * len(answer["tokens"]) + 60 * len(ids))


def _on_next(model: LanguageModel, ids: tuple[int, ...], order: str, can_remove: bool) -> Job:
    special = set(model.tokenizer.hf.all_special_ids)
    first = next((place for place, token_id in enumerate(ids) if token_id not in special), len(ids))
    places = jobs.other_order(_starts(model, ids), range(first), len(ids) - 1, order)
    moved = [ids[place] for place in places]
    return partial(jobs.experiment, ids=ids, moved=moved, can_remove=can_remove)


def _on_blank(model: MaskedModel, ids: tuple[int, ...], position: int, order: str, can_remove: bool) -> Job:
    framing = {place for place, token_id in enumerate(ids) if token_id in model.special_ids}
    if model.task != "fill-mask" or model.mask_id is None:
        raise PlaygroundError(
            f"{model.name} guesses no words, so that there is none to compare in another order. Choose a model that "
            "fills blanks.",
            status=422,
        )
    places = jobs.other_order(_starts(model, ids), framing, position, order)
    return partial(jobs.experiment_on_blank, ids=ids, places=places, at=position, can_remove=can_remove)


def _starts(model: LoadedModel, ids: tuple[int, ...]) -> list[bool]:
    """Returns whether each token begins a word."""
    return [not model.vocabulary[token_id][:1].isalnum() for token_id in ids]


def _of_vector(found: Entering) -> dict[str, Any]:
    vectors = [one.vector.double() for one in found.added]
    total = torch.stack(vectors).sum(0) if vectors else found.vector.double()
    return {
        "added": [
            {
                "name": one.name,
                "row": one.row,
                "length": float(vector.norm()),
                "share": float(vector @ total / (total @ total)),
            }
            for one, vector in zip(found.added, vectors, strict=True)
        ],
        "is_normed": found.is_normed,
        "sum_length": float(total.norm()),
        "length": float(found.vector.norm()),
    }


def _told(found: Experiment) -> dict[str, Any]:
    rows = list(found.rows.values())
    shares = [probabilities(row) for row in rows]
    named = dict.fromkeys(token_id for row in rows for token_id in most_probable(row, min(NAMED, len(row))))
    return {
        "token_ids": list(found.ids),
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
