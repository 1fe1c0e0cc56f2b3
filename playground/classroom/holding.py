"""Holds the texts that the class looks at, so that the store keeps them as long as the class needs them."""

from playground.errors import PlaygroundError
from playground.traces.store import TraceStore


class Holding:
    """The texts that are held, each for a purpose, such as "scene". A purpose holds one text."""

    def __init__(self, store: TraceStore) -> None:
        self._store = store
        self._held: dict[str, str] = {}

    def hold(self, purpose: str, trace_id: str | None) -> None:
        """Holds a text for a purpose, in place of the one before; None lets that one go.

        Raises:
            PlaygroundError: there is no such text. What was held before stays.
        """
        before = self._held.get(purpose)
        if before == trace_id:
            return
        if trace_id is not None and not self._store.follow(trace_id):
            raise PlaygroundError(
                "The text in view is no longer kept by the server. Write it again, and it is shown to the class.",
                status=404,
            )
        if trace_id is None:
            self._held.pop(purpose)
        else:
            self._held[purpose] = trace_id
        if before is not None:
            self._store.unfollow(before)

    def holds(self, trace_id: str) -> bool:
        """Returns whether a text is held for a purpose."""
        return trace_id in self._held.values()

    def end(self) -> None:
        """Lets all texts go."""
        for purpose in list(self._held):
            self.hold(purpose, None)
