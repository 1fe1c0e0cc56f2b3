"""Answers for the pane Picture: the drawing of an engine's model, and how long its vectors are in a text.

Knows the engine, its store and `inside.drawing`. A text is always a trace.
"""

from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from playground.engine.reader import Reader
from playground.engine.shelf import Shelf
from playground.inside import drawing as drawings
from playground.inside import whole_drawing
from playground.inside.drawing import DRAWN_TOKENS, Drawing
from playground.inside.places import check_near, check_position
from playground.models.masked_model import MaskedModel

SHELF_BYTES = 4 * 2**20
"""The room for lengths: those of one text take 64 kB at most in a model of 32 blocks."""

_drawings: WeakKeyDictionary[Reader[Any], Drawing] = WeakKeyDictionary()


async def drawing_of(engine: Reader[Any]) -> Drawing:
    """Returns the drawing of the engine's model. It is made once for each engine."""
    if engine not in _drawings:
        _drawings[engine] = await engine.call(_of(engine).drawing)
    return _drawings[engine]


class Lengths:
    """Answers how long the vectors of one engine's texts are. Keeps what it measured while the trace is kept."""

    def __init__(self, engine: Reader[Any], max_bytes: int = SHELF_BYTES) -> None:
        self._engine = engine
        self.shelf = Shelf(max_bytes)
        engine.on_gone.append(lambda: self.shelf.forget_unless(engine.store.holds))
        engine.memory["lengths"] = lambda: self.shelf.nbytes

    async def at(self, trace_id: str, position: int) -> list[float]:
        """Returns the length of the vector at a position before the first block, and after each one.

        Raises:
            PlaygroundError: the text does not have this position, or it is too far from the text's beginning.
        """
        ids, _ = self._engine.store.ids(trace_id)
        check_position(position, len(ids))
        check_near(position, DRAWN_TOKENS, "the picture measures")
        read = ids[:DRAWN_TOKENS]
        job = partial(_of(self._engine).lengths, ids=read)
        work = partial(self._engine.work, job, self._engine.store.get(trace_id).source_ids)
        found: np.ndarray = await self.shelf.get((trace_id, "lengths", str(len(read))), work)
        return found[:, position].astype(float).tolist()


def _of(engine: Reader[Any]) -> Any:
    """Returns the module that draws models of the engine's family."""
    return whole_drawing if isinstance(engine.model, MaskedModel) else drawings
