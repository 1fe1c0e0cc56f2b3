"""Has the encoder read the sources of rows in slices, between the steps of the running texts.

Knows rows and the model. Does not know prompts, the thread or the store.
"""

import logging
from collections.abc import Callable, Iterable, Sequence

from playground.engine.device_faults import Relief
from playground.engine.row import Row
from playground.models.language_model import LanguageModel
from playground.models.source_reader import Reading

log = logging.getLogger(__name__)


class SourceLine:
    """The sources that are being read. Rows of the same source share it, and get their caches when it is read.

    Args:
        model: the model whose encoder reads.
        relief: makes room on the device where it is needed.
        fail: called with a row whose source cannot be read and with the error; it marks the row as done.
    """

    def __init__(self, model: LanguageModel, relief: Relief, fail: Callable[[Row, Exception], None]) -> None:
        self._model = model
        self._relief = relief
        self._fail = fail
        self._begun: dict[tuple[int, ...], Reading] = {}

    def keep_only(self, rows: Iterable[Row]) -> None:
        """Forgets what was read of sources for which none of these rows waits any more."""
        wanted = {row.request.source_ids for row in rows if row.cache is None}
        self._begun = {source: reading for source, reading in self._begun.items() if source in wanted}

    def read(self, rows: Sequence[Row], size: int) -> list[Row]:
        """Reads on in the source of the first row for as long as `size` tokens take. Short sources are read together.

        Args:
            rows: those that have no cache yet, in the order in which they are served. Somebody waits for all of them,
                or all are in the background.

        Returns:
            The rows whose source was read, but not to its end.
        """
        reading = self._begun.get(rows[0].request.source_ids) or self._together(rows, size)
        own = [row for row in rows if row.request.source_ids in reading.sources]
        try:
            is_read = self._relief(lambda: reading.go_on(size))
        except Exception as error:
            self._failed(reading, own, error)
            return []
        for row in own if is_read else ():
            row.cache = reading.cache_of(row.request.source_ids)
        return [] if is_read else own

    def _together(self, rows: Sequence[Row], size: int) -> Reading:
        """Begins to read the source of the first row, with others that fit beside it, the least padding first."""
        first, *others = dict.fromkeys(row.request.source_ids for row in rows)
        together = [first]
        for other in sorted(others, key=lambda one: abs(len(one) - len(first))):
            longest = max(len(other), *map(len, together))
            if other not in self._begun and longest * (len(together) + 1) <= size:
                together.append(other)
        reading = self._model.sources(together)
        self._begun |= dict.fromkeys(together, reading)
        return reading

    def _failed(self, reading: Reading, rows: Sequence[Row], error: Exception) -> None:
        if len(reading.sources) == 1:
            for row in rows:
                self._fail(row, error)
            return
        log.error("sources could not be read together; each is read alone", exc_info=error)
        self._begun |= {source: self._model.sources([source]) for source in reading.sources}
