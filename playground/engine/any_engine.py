"""Says what the page asks of whatever writes texts with a model: the engine of this process, or a fleet of replicas.

Knows models, requests and the store. Does not know where the model runs.
"""

from abc import ABC, abstractmethod

from playground.engine.positions import Positions
from playground.engine.reader import Reader
from playground.engine.request import Request
from playground.engine.run import Run
from playground.engine.speed import Speed
from playground.models.language_model import LanguageModel
from playground.traces.trace import Step


class AnyEngine(Reader[LanguageModel], ABC):
    """Writes texts with one model, and does other work on it beside them.

    Attributes:
        speed: where tokens are counted.
        lookups: computes positions that somebody looks at.
    """

    speed: Speed
    lookups: Positions

    @property
    @abstractmethod
    def busy(self) -> bool:
        """Whether any request is running or waiting."""

    @abstractmethod
    def trace(self, request: Request, onto: str | None = None, known: Step | None = None) -> Run:
        """Asks for a trace. Iterate the returned run to receive its steps; close it to cancel.

        Args:
            request: what to generate.
            onto: the id of a trace whose prompt and completion the request continues; the new steps are added there.
            known: the recorded step whose place the first forced token takes, if its logits are still there.

        Raises:
            PlaygroundError: the request is over a limit, or the server is shutting down. Nothing was changed.
        """

    @abstractmethod
    def stop(self, trace_id: str) -> None:
        """Ends a running or waiting trace with the reason "stopped", after the current step. Ignores other traces."""
