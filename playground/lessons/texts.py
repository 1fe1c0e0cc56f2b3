"""Writes the texts of a lesson's states with an engine, as the page does, each once. Knows engines and states."""

from collections.abc import Mapping
from typing import Any

from playground.decoding.settings import Settings
from playground.engine.any_engine import AnyEngine
from playground.engine.request import Request
from playground.engine.traced import traced
from playground.lessons.lesson import DECODE, KEEPS_TEXT, State
from playground.lessons.looking import Look
from playground.lessons.views.table import BY_ID
from playground.lessons.views.view import Asked, Measured
from playground.models.loaded_model import LoadedModel, writes_nothing
from playground.traces.trace import Trace


class Texts:
    """The texts of one model.

    Args:
        model: the model.
        engine: runs it; None for a model that writes no texts.
    """

    def __init__(self, model: LoadedModel, engine: AnyEngine | None) -> None:
        self._model = model
        self._engine = engine
        self._written: dict[Request, Trace] = {}
        self._looked: dict[tuple[str, str, Settings, str], Measured] = {}

    async def look(self, state: State, shown: State | None = None) -> Look:
        """Returns what the page shows of a state, or of a later one if what was changed since keeps the text.

        Args:
            state: gives the text.
            shown: gives the settings and the step in view; None for `state`.

        Raises:
            PlaygroundError: the model cannot write the text, the text has no such step, or the view cannot show the
                state.
        """
        later = shown or state
        trace = await self._trace(state) if state.view == DECODE else None
        look = Look(self._model, trace, later.step, later.settings, await self._measured(later))
        if trace is not None:
            look.check()
        return look

    async def after(self, state: State, changes: Mapping[str, Any]) -> Look:
        """Returns what the page shows after changes of a state. Some of them write a new text; see `KEEPS_TEXT`.

        Raises:
            PlaygroundError: as `look`, or a setting is refused.
        """
        changed = state.changed(changes)
        return await self.look(state if KEEPS_TEXT.issuperset(changes) else changed, changed)

    def asked(self, state: State) -> Asked:
        """Returns what a view shows of a state.

        Raises:
            PlaygroundError: the model writes no texts.
        """
        if self._engine is None:
            raise writes_nothing(self._model.name)
        return Asked(self._engine, state.prompt, state.settings, state.fields)

    def close(self) -> None:
        """Ends the engine."""
        if self._engine is not None:
            self._engine.close()

    async def _measured(self, state: State) -> Measured:
        """Returns the measures that a state's view has of its own."""
        view = BY_ID.get(state.view)
        if view is None or view.measured is None:
            return {}
        key = (state.view, state.prompt, state.settings, str(state.fields))
        if key not in self._looked:
            self._looked[key] = await view.measured(self.asked(state))
        return self._looked[key]

    async def _trace(self, state: State) -> Trace:
        if self._engine is None:
            raise writes_nothing(self._model.name)
        read = self._engine.model.encode_prompt(state.prompt)
        request = Request(
            read.ids,
            state.settings,
            source_ids=read.source_ids,
            keeps_cache=False,
            keeps_attention=bool(read.source_ids),
        )
        if request not in self._written:
            self._written[request] = await traced(self._engine, request)
        return self._written[request]
