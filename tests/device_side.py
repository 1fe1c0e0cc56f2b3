"""Makes the tensors of a model look as if a device held them: runs out of memory, and counts what leaves the device.

Both are modes of torch, which work on the thread that enters them. `on_engine` enters one on an engine's thread.
"""

import traceback
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path

import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from transformers import PreTrainedModel

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


@cache
def allocates(func) -> bool:
    """Returns whether an operation makes a new tensor, and not a view or a change of one."""
    returns = func._schema.returns
    return any(str(one.type) == "Tensor" and one.alias_info is None for one in returns)


LOOKS = {"item", "tolist", "numpy", "__bool__", "__int__", "__float__", "__index__", "equal", "allclose", "is_nonzero"}
"""The functions with which the host looks at numbers. On a device it waits for them."""
SIZED_BY_VALUES = {"nonzero", "masked_select", "unique", "argwhere"}
"""The functions whose result has a size that the host must wait for. An index of booleans is one too."""
BETWEEN = {"__getitem__", "__setitem__", "copy_", "to", "__set__", "__get__"}
"""The functions that may read tensors of both sides: an index may be on the host, and copies go between them."""


class DeviceSide(TorchFunctionMode):
    """Counts what would leave a device that held the model, and how often the host would wait for it.

    A tensor is on the device's side if it is a parameter, made of one that is, or made with a device. `cpu` brings it
    to the host.

    Args:
        hf: the model.
        is_strict: whether an operation fails that reads tensors of both sides, as it does on a real device.

    Attributes:
        nbytes: the bytes that left.
        waits: how often the host waited, by the place in the code.
    """

    def __init__(self, hf: PreTrainedModel, is_strict: bool = False) -> None:
        super().__init__()
        self.is_strict = is_strict
        self.nbytes = 0
        self.waits: Counter[str] = Counter()
        for tensor in (*hf.parameters(), *hf.buffers()):
            tensor.is_on_device = True

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        given = [one for one in tree_leaves((args, kwargs)) if isinstance(one, torch.Tensor)]
        is_inside = any(is_on_device(one) for one in given)
        if self.is_strict and is_inside and name not in BETWEEN:
            check_one_side(name, given)
        result = func(*args, **kwargs)
        if is_inside and (name in LOOKS or name in SIZED_BY_VALUES or picks_by_booleans(name, args)):
            self._leave(8)
        if is_inside and name == "cpu":
            self._leave(result.nbytes)
            return result.detach()  # another tensor, which is not on the device's side
        moves = name == "to" and len(args) > 1 and isinstance(args[1], torch.device)
        if moves and not is_inside and result is args[0]:
            result = result.detach()  # the tensor of the host stays there
        if is_inside or moves or kwargs.get("device") is not None:
            for one in tree_leaves(result):
                if isinstance(one, torch.Tensor):
                    one.is_on_device = True
        return result

    def _leave(self, nbytes: int) -> None:
        self.nbytes += nbytes
        calls = [call for call in traceback.extract_stack() if Path(call.filename).name != "device_side.py"]
        self.waits[f"{Path(calls[-1].filename).name}: {calls[-1].line}"] += 1


def is_on_device(tensor: torch.Tensor) -> bool:
    return getattr(tensor, "is_on_device", False)


def check_one_side(name: str, given: list[torch.Tensor]) -> None:
    """Fails where a real device would: a tensor of the host is read beside others only if it is a single number."""
    foreign = [one for one in given if not is_on_device(one) and one.dim() > 0]
    if foreign:
        raise RuntimeError(f"{name} reads tensors on the device and on the host, of shape {tuple(foreign[0].shape)}")


@contextmanager
def no_arrays_of_the_device() -> Iterator[None]:
    """Lets no thread make an array of a tensor that is on the device's side, as torch does not."""
    as_array, on_host = torch.Tensor.numpy, torch.Tensor.cpu

    def cpu(tensor, *given, **named):
        return on_host(tensor, *given, **named).detach()

    def numpy(tensor, *given, **named):
        if is_on_device(tensor):
            raise TypeError("can't convert a tensor of the device to numpy. Use cpu() first")
        return as_array(tensor, *given, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.Tensor, "numpy", numpy)
        patch.setattr(torch.Tensor, "cpu", cpu)
        yield


def picks_by_booleans(name: str, args) -> bool:
    """Returns whether a call reads the elements of a tensor where another one is true."""
    if name != "__getitem__":
        return False
    return any(isinstance(one, torch.Tensor) and one.dtype == torch.bool for one in tree_leaves(args[1:]))


@asynccontextmanager
async def on_engine(engine: Engine, mode: TorchDispatchMode | TorchFunctionMode) -> AsyncIterator[None]:
    """Lets the engine's thread work in the mode until the block ends."""
    await engine.call(lambda _: mode.__enter__())
    try:
        yield
    finally:
        await engine.call(lambda _: mode.__exit__(None, None, None))
