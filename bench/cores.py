"""Measures the cost of a busy core: the engine as it is served, against fixed ways to spin and to use threads.

The import of torch fixes how its threads wait, so each way runs in a process of its own (`bench.cores_worker`). The
figures of one table are from one run on one machine, and only their ratios matter.
"""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from bench.table import Row, at_least, at_most

FIXED = {
    "default": {},
    "spin 10,000": {"GOMP_SPINCOUNT": "10000"},
    "spin 1,000": {"GOMP_SPINCOUNT": "1000"},
    "passive": {"OMP_WAIT_POLICY": "passive"},
    "one thread": {"OMP_NUM_THREADS": "1"},
}
TARGETS = {"alone, 1 row": 0.9, "alone, 32 rows": 0.9, "one core taken, 1 row": 0.8, "30 visitors": 0.8}
BURN = "while True: pass"


def cores(rounds: int) -> Iterator[Row]:
    """Compares tokens per second with the best fixed way in each situation, and the start beside a busy process."""
    ours = [_measured({}, adapts=True) for _ in range(rounds)]
    fixed = {name: [_measured(extra, adapts=False) for _ in range(rounds)] for name, extra in FIXED.items()}
    for situation, target in TARGETS.items():
        own = max(run[situation] for run in ours)
        speeds = {name: max(run[situation] for run in runs) for name, runs in fixed.items()}
        best = max(speeds, key=speeds.__getitem__)
        note = f"{own:.1f} tokens/s; " + ", ".join(f"{name} {speed:.1f}" for name, speed in speeds.items())
        yield at_least(f"Threads, {situation}: against {best}", own / speeds[best], " ×", target, note)
    first = min(run["30 visitors, first token p95"] for run in ours)
    yield Row("Threads, 30 visitors: first token at the 95th percentile", f"{first:.2f} s")
    alone = min(_start_seconds() for _ in range(rounds))
    with busy():
        beside = min(_start_seconds() for _ in range(rounds))
    note = f"{alone:.1f} s alone, {beside:.1f} s"
    yield at_most("Start to first page beside a busy process, against alone", beside / alone, " ×", 3, note)


@contextmanager
def busy() -> Iterator[None]:
    """Keeps one core busy with another process."""
    process = subprocess.Popen([sys.executable, "-c", BURN])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _measured(extra: dict[str, str], *, adapts: bool) -> dict[str, float]:
    unset = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "OMP_NUM_THREADS", "KMP_BLOCKTIME")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    command = [sys.executable, "-m", "bench.cores_worker", *(["--adapts"] if adapts else [])]
    done = subprocess.run(command, env=environment | extra, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def _start_seconds() -> float:
    """Returns the seconds from the start of the process to the first answer with the page."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "app.py", "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        url = next(line for line in process.stdout if "playground is at" in line).split()[4]
        urllib.request.urlopen(url).read()
        return time.perf_counter() - start
    finally:
        process.terminate()
        process.wait()
