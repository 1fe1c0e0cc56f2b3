"""Says how much memory of a device is free, and turns errors about memory that is full into sentences.

Knows torch's errors and the system's numbers. Does not know models or texts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import torch

from playground.errors import PlaygroundError

NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "cannot allocate memory")
"""What torch says where it has no type for this error: on mps, and of the host's memory."""
REMEDY = (
    "Choose a smaller model, --dtype bfloat16 for half of what float32 takes, --quantize int8 or nf4 for less still, "
    "or end other programs"
)
GROUPS, OWN_GROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
"""Where Linux tells the limits of control groups, which containers have, and to which groups this process belongs."""


def is_out_of_memory(error: BaseException) -> bool:
    """Returns whether the device, or the host, had no room for a tensor."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in NO_MEMORY)


def shares_host_memory(device: torch.device) -> bool:
    """Returns whether tensors on the device and on the host take the same memory."""
    return device.type != "cuda"


def free_bytes(device: torch.device) -> int:
    """Returns the bytes that tensors on the device can still take.

    On CUDA this includes what torch's allocator holds and no tensor uses. Other devices share the host's memory.
    """
    if shares_host_memory(device):
        return _free_on_host()
    unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return torch.cuda.mem_get_info(device)[0] + unused


def _free_on_host() -> int:
    limited = free_in_groups()
    available = psutil.virtual_memory().available
    return available if limited is None else min(available, limited)


def free_in_groups(groups: Path = GROUPS, own: Path = OWN_GROUPS) -> int | None:
    """Returns the bytes that the limits of this process's control groups leave, or None if there is no limit.

    A limit of a group also holds for the groups inside it. Files that the system has cached count as free.
    """
    if not own.exists():
        return None
    left = []
    for line in own.read_text("utf-8").splitlines():
        _, kinds, path = line.split(":", 2)
        if kinds in ("", "memory"):
            root = groups / kinds
            inner = root / path.lstrip("/")
            left += [_left_in(one) for one in (inner, *inner.parents) if one.is_relative_to(root)]
    return min((one for one in left if one is not None), default=None)


def _left_in(group: Path) -> int | None:
    """Returns what the limit of one group leaves, in version 2 or 1 of the interface; None if there is no limit."""
    for limit, usage in (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")):
        if (group / limit).exists() and (group / usage).exists():
            most = (group / limit).read_text("utf-8").strip()
            if most == "max":
                return None
            return max(0, int(most) - int((group / usage).read_text("utf-8")) + _cached_files(group))
    return None


def _cached_files(group: Path) -> int:
    """Returns the bytes of files that the system has cached for a group and that nothing has used lately."""
    numbers = dict(line.split() for line in (group / "memory.stat").read_text("utf-8").splitlines())
    return int(numbers.get("total_inactive_file", numbers.get("inactive_file", 0)))


def gib(number: float) -> str:
    """Returns a number of bytes in words: "7.91 GiB"."""
    return f"{number / 2**30:.2f} GiB"


@contextmanager
def told_when_full(name: str, device: torch.device) -> Iterator[None]:
    """Turns an error about full memory, while a model is loaded and tried, into a `PlaygroundError`."""
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise PlaygroundError(
            f"{name} does not fit: the memory was full while it was loaded and tried on {device}, which has "
            f"{gib(free_bytes(device))} free now. {REMEDY}."
        ) from error
