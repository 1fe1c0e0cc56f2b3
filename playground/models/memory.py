"""Gives freed memory back to the system, on a separate thread.

glibc keeps freed memory for later use, so a server whose visitors have left would stay as large as it ever was. Knows
nothing of what was freed, nor of who asks.
"""

import asyncio
import ctypes
import gc
import threading
import time
from collections.abc import Callable

import psutil
import torch

SETTLE_SECONDS = 1.0
"""The time from the first request until memory is given back, because several threads free what one visit held."""
PAUSE_SECONDS = 4.0
"""The time from then until the next request counts, because running texts must fetch such memory again."""
COLLECTIONS = 5
"""How often garbage is collected at most until something is freed."""
WORTHWHILE_BYTES = 32 * 2**20
"""A smaller amount is not given back."""


class GiveBack:
    """Calls `trim` soon after a request, once for all requests in the meantime.

    Args:
        trim: gives back what it can; None where the system has no such function.
        resident: returns the bytes that the process holds. After the first time nothing is done unless they are at
            least `WORTHWHILE_BYTES` more than the least that was ever left.
        wait: waits for the given number of seconds.
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
        """Requests a call of `trim`. Returns immediately. Any thread may call it."""
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
        """Gives the free memory back, if it may be enough to be worthwhile."""
        if self._trim is None:
            return
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


async def freed(held: Callable[[], object], is_cuda: bool) -> None:
    """Waits until an object that nobody uses any more is freed, and gives its memory back to the system.

    Args:
        held: returns the object, or None once it is freed, as a `weakref.ref` does.
        is_cuda: whether its memory is that of a CUDA device.
    """
    for _ in range(COLLECTIONS):
        await asyncio.sleep(0.05)  # a thread that has just ended its work refers to it for a moment
        gc.collect()  # what belongs together often refers to each other
        if held() is None:
            break
    if is_cuda:
        torch.cuda.empty_cache()
    give_back_soon()


def give_back_soon() -> None:
    """Requests that freed memory is given back to the system. Returns immediately. Any thread may call it."""
    _give_back.soon()
