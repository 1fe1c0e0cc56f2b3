"""The processes that compute one model together (tensor parallelism). Each is a rank, and `torchrun` starts them all.

Rank 0 serves the page and decides what is computed. The others do what it tells them. Knows torch.distributed. Does
not know models.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from torch import distributed

FOR_EVER = timedelta(days=3650)
"""How long the other ranks wait for the next command of rank 0. A server may be idle for days."""
BY_TORCHRUN = "TORCHELASTIC_RUN_ID"
"""The variable that torchrun sets in each process, and nothing else does."""
LONGEST_LOAD = timedelta(hours=2)
"""How long a rank waits for the others, which read the same files."""


class RankError(RuntimeError):
    """An error in one rank, in the midst of what all do together. They cannot go on together after it."""


@dataclass(eq=False)
class Ranks:
    """What one of the processes knows of all.

    Attributes:
        own: the number of this process, from 0.
        count: the number of all.
        on_machine: the number of this process among those on its machine, which is that of its card.
        have_failed: whether this one has failed in the midst of what all do together.
    """

    own: int
    count: int
    on_machine: int
    _commands: distributed.ProcessGroup
    have_failed: bool = False

    def send(self, command: Any) -> None:
        """Tells the other ranks what to do next. Only rank 0 sends commands."""
        distributed.broadcast_object_list([command], src=0, group=self._commands)

    def receive(self) -> Any:
        """Waits for the next command of rank 0, and returns it."""
        received: list[Any] = [None]
        distributed.broadcast_object_list(received, src=0, group=self._commands)
        return received[0]

    def joined(self, part: torch.Tensor, dimension: int) -> torch.Tensor:
        """Returns the parts of all ranks, one behind the other in this dimension. All ranks call it together."""
        parts = [torch.empty_like(part, memory_format=torch.contiguous_format) for _ in range(self.count)]
        distributed.all_gather(parts, part.contiguous())
        return torch.cat(parts, dim=dimension)


def leave() -> None:
    """Lets the other ranks end, if this is rank 0, and leaves them. Nothing happens in a process that runs alone."""
    for one in _ranks:
        if one.have_failed:
            continue  # the others wait for each other, and end when torchrun sees that this one has ended
        if one.own == 0:
            one.send(None)
        distributed.destroy_process_group()
    _ranks.clear()


def started_together(environment: Mapping[str, str] = os.environ) -> int:
    """Returns how many processes `torchrun` has started together with this one, itself counted; 1 without it.

    Other programs that start processes, such as those of a cluster, set WORLD_SIZE too and mean something else by it.
    """
    return int(environment["WORLD_SIZE"]) if BY_TORCHRUN in environment else 1


_ranks: list[Ranks] = []


def together() -> Ranks:
    """Returns the ranks of this process, which was started with others."""
    found = ranks()
    assert found is not None, "torchrun has started it"
    return found


def ranks() -> Ranks | None:
    """Returns the ranks of this process, which joins them when it is first asked; None if it runs alone."""
    if started_together() == 1:
        return None
    if not _ranks:
        own, on_machine = int(os.environ["RANK"]), int(os.environ.get("LOCAL_RANK", os.environ["RANK"]))
        card = torch.device("cuda", on_machine) if torch.cuda.is_available() else None
        if card is not None:
            torch.cuda.set_device(card)
        distributed.init_process_group("gloo" if card is None else "nccl", timeout=LONGEST_LOAD, device_id=card)
        commands = distributed.new_group(backend="gloo", timeout=FOR_EVER)
        assert isinstance(commands, distributed.ProcessGroup), "every rank is in the group of all"
        _ranks.append(Ranks(own, started_together(), on_machine, commands))
    return _ranks[0]
