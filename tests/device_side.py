"""Makes the tensors of a model look as if a device held them: runs out of memory, and counts what leaves the device.

Both are modes of torch, which work on the thread that enters them. `on_engine` enters one on an engine's thread.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from playground.engine.engine import Engine

NO_ROOM = "CUDA out of memory. Tried to allocate 2.00 GiB."


class OutOfMemory(TorchDispatchMode):
    """Has no room for one allocation, or for several in a row.

    Args:
        first: the number of the allocation that fails, from 0.
        times: how many fail one after another.

    Attributes:
        allocations: how many there were so far.
        is_on_host: whether the present work uses the host's memory, so that nothing fails.
    """

    def __init__(self, first: int, times: int = 1) -> None:
        super().__init__()
        self.failing = range(first, first + times)
        self.allocations = 0
        self.is_on_host = False

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if allocates(func) and not self.is_on_host:
            self.allocations += 1
            if self.allocations - 1 in self.failing:
                raise torch.OutOfMemoryError(NO_ROOM)
        return func(*args, **kwargs or {})


def allocates(func) -> bool:
    """Returns whether an operation makes a new tensor, and not a view or a change of one."""
    returns = func._schema.returns
    return any(str(one.type) == "Tensor" and one.alias_info is None for one in returns)


@asynccontextmanager
async def on_engine(engine: Engine, mode: TorchDispatchMode) -> AsyncIterator[None]:
    """Lets the engine's thread work in the mode until the block ends."""
    await engine.call(lambda _: mode.__enter__())
    try:
        yield
    finally:
        await engine.call(lambda _: mode.__exit__(None, None, None))
