"""Reads prompts in slices between the steps of the running texts, and before them what an encoder reads.

Knows rows and the model. Does not know the thread, the store or how a token is chosen.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from playground.engine.device_faults import Relief
from playground.engine.lending import that_need_not_wait
from playground.engine.news import Reading
from playground.engine.row import Row, short_prompts
from playground.engine.source_line import SourceLine
from playground.models.cache_layers import unchanged_on_error
from playground.models.language_model import LanguageModel

log = logging.getLogger(__name__)

SLICE_TOKENS = 256
"""The number of tokens of a long prompt that are read at a time, between two steps of the other texts. It holds for a
CPU; see `LoadedModel.slice_tokens`."""
BACKGROUND_SLICE_TOKENS, BACKGROUND_PAUSE_STEPS = 64, 8
"""The size of a slice of prompts in the background while somebody waits for a text, and the steps between two slices.
64 tokens take as long as two steps of 17 rows, so that one row keeps at least a third of its speed."""


class PromptLine:
    """The rows whose prompt is being read. Each row has a cache, which may already hold the beginning of its prompt.
    A row whose source has to be read before has none yet.

    Args:
        model: the model that reads the prompts.
        relief: makes room on the device where it is needed.
        fail: called with a row whose prompt cannot be read and with the error; it marks the row as done.
    """

    def __init__(self, model: LanguageModel, relief: Relief, fail: Callable[[Row, Exception], None]) -> None:
        self.rows: deque[Row] = deque()
        self._model = model
        self._relief = relief
        self._fail = fail
        self._sources = SourceLine(model, relief, fail)
        self._pause = 0  # steps until reading of prompts in the background continues

    def count_step(self) -> None:
        """Records that the running texts have made a step."""
        self._pause -= 1

    def read(self, running: Sequence[Row]) -> list[Row]:
        """Reads one slice: a part of a long prompt, or several short prompts as a whole, so that they start together.

        Prompts that people wait for come first.

        Returns:
            The rows that are ready for their first step. They are no longer in the line.
        """
        self.rows = deque(sorted(self._left(), key=lambda row: row.request.background))
        self._sources.keep_only(self.rows)
        size = self._slice_tokens(running)
        if size == 0:
            return []
        is_background = self.rows[0].request.background
        unread = [row for row in self.rows if row.cache is None and row.request.background == is_background]
        if unread:
            self._to_the_end(self._sources.read(unread, size))
        line = [row for row in self._left() if row.cache is not None]
        rows = [row for row in line if row.is_read or (self._model.takes_source and row.has_only_its_start)]
        if not rows and not self._model.has_states and not self._model.takes_source:
            rows = short_prompts(self.rows, size)
        if len(rows) > 1 and not rows[0].is_read and not self._model.takes_source:
            self._read_together(rows)
        if not rows and line:
            rows = line[:1] if self._model.has_states else that_need_not_wait(line, size)[:1]
        read = [row for row in rows if self._read_alone(row, size)]
        self.rows = deque(row for row in self._left() if row not in read)
        _tell_read(self.rows, size)
        return read

    def _left(self) -> list[Row]:
        return [row for row in self.rows if not row.done]

    def _slice_tokens(self, running: Sequence[Row]) -> int:
        """Returns how many tokens of a prompt may be read now."""
        if not self.rows:
            return 0
        if not self.rows[0].request.background or all(row.request.background for row in running):
            return self._model.slice_tokens(SLICE_TOKENS)
        if self._pause > 0:
            return 0
        self._pause = BACKGROUND_PAUSE_STEPS
        return self._model.slice_tokens(BACKGROUND_SLICE_TOKENS)

    def _read_together(self, rows: list[Row]) -> None:
        try:
            caches = self._model.prefill_together([row.ids[:-1] for row in rows])
        except Exception as error:
            log.error("prompts could not be read together; each is read alone", exc_info=error)
        else:
            for row, cache in zip(rows, caches, strict=True):
                row.cache = cache

    def _read_alone(self, row: Row, size: int) -> bool:
        """Reads up to `size` more tokens of one prompt. Returns whether only its first step is left to make."""
        start, length = row.own_cache.get_seq_length(), len(row.ids)
        end = length - self._model.first_step_tokens(start, length, size)
        stop = min(end, start + size)
        try:
            if start < stop:
                self._relief(lambda: self._prefill(row, stop))
        except Exception as error:
            self._fail(row, error)
            return False
        if stop < end:
            self._to_the_end([row])
        return stop == end

    def _to_the_end(self, rows: Sequence[Row]) -> None:
        self.rows = deque([*(row for row in self.rows if row not in rows), *rows])

    def _prefill(self, row: Row, stop: int) -> None:
        cache = row.own_cache
        with unchanged_on_error(cache):
            self._model.prefill(row.ids[cache.get_seq_length() : stop], cache)


def _tell_read(rows: Iterable[Row], size: int) -> None:
    """Tells each row that is still to be read how much of its text is read, if that is news and the text is long."""
    for row in rows:
        read = 0 if row.cache is None else row.cache.get_seq_length()
        if len(row.ids) > size and read != row.read:
            row.read = read
            row.post(Reading(read, len(row.ids)))
