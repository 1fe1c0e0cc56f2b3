"""Gives freed memory back to the system, on a thread of its own.

glibc keeps what was freed for later, so a server whose visitors have left would stay as large as it ever was. Knows
nothing of what was freed, nor of who asks.
"""

import ctypes
import threading
import time
from collections.abc import Callable

import psutil

SETTLE_SECONDS = 1.0
"""From the first request until memory is given back: what one visit held is let go by several threads."""
PAUSE_SECONDS = 4.0
"""From then until the next request counts: memory that was given back has to be fetched again by what still runs."""
WORTHWHILE_BYTES = 32 * 2**20
"""Less is left alone."""


class GiveBack:
    """Calls `trim` soon after it is asked to, once for all who ask meanwhile.

    Args:
        trim: gives back what it can; None where the system has no such function.
        resident: bytes that the process holds. Unless they are `WORTHWHILE_BYTES` more than the least that was ever
            left, nothing is done.
        wait: waits for so many seconds.
    """

    def __init__(
        self,
        trim: Callable[[], object] | None,
        resident: Callable[[], int],
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self._trim = trim
        self._resident = resident
        self._wait = wait
        self._least: int | None = None
        self._asked = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def soon(self) -> None:
        """Asks for it. Returns at once, on any thread."""
        if self._trim is None:
            return
        self._asked.set()
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="memory", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._asked.wait()
            self._wait(SETTLE_SECONDS)
            self._asked.clear()
            self.now()
            self._wait(PAUSE_SECONDS)

    def now(self) -> None:
        """Gives back what is free, if that may be worthwhile."""
        if self._least is None or self._resident() >= self._least + WORTHWHILE_BYTES:
            self._trim()
            left = self._resident()
            self._least = left if self._least is None else min(self._least, left)


def _glibc_trim() -> Callable[[], object] | None:
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another C library, macOS, Windows
        return None
    return lambda: trim(0)


_process = psutil.Process()
_give_back = GiveBack(_glibc_trim(), lambda: _process.memory_info().rss)


def give_back_soon() -> None:
    """Asks that freed memory is given back to the system. Returns at once, on any thread."""
    _give_back.soon()
