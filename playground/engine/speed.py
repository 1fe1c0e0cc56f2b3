"""Measures how fast texts are written (tokens over the last minute, the wait for a first token) and what holds memory.

`Speed` keeps a bounded amount of data, however long the server runs. One thread records, and any thread may read.
"""

import threading
import time
from collections import deque
from collections.abc import Callable

MINUTE = 60
LATEST = 1000
"""The number of latest first tokens that the quantiles are computed from."""


class Memory(dict[str, Callable[[], int]]):
    """Functions that return the bytes a store holds now, by the store's name. Any thread may call them."""


class Speed:
    """Records generated tokens and computes rates from them.

    Attributes:
        tokens: the tokens generated since the start.
        texts: the texts whose first token was recorded since the start.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.tokens = 0
        self.texts = 0
        self._clock = clock
        self._began = clock()
        self._seconds: deque[tuple[int, int]] = deque(maxlen=MINUTE)  # a whole second, and the tokens in it
        self._first: deque[float] = deque(maxlen=LATEST)
        self._lock = threading.Lock()

    def record(self, first_after: float | None = None) -> None:
        """Records one token.

        Args:
            first_after: seconds since the request, if it is the first token of a text that somebody waits for.
        """
        now = int(self._clock())
        with self._lock:
            self.tokens += 1
            same = self._seconds.pop()[1] if self._seconds and self._seconds[-1][0] == now else 0
            self._seconds.append((now, same + 1))
            if first_after is not None:
                self.texts += 1
                self._first.append(first_after)

    def tokens_per_second(self) -> float:
        """Returns the rate over the last minute, or since the start if that is shorter."""
        now = self._clock()
        with self._lock:
            recent = sum(tokens for second, tokens in self._seconds if second >= int(now) - MINUTE)
        return recent / min(MINUTE, max(1.0, now - self._began))

    def first_token(self, share: float) -> float | None:
        """Returns the seconds within which this share of the latest first tokens came, or None without any token."""
        with self._lock:
            ordered = sorted(self._first)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
