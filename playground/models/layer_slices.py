"""Makes one forward a few layers at a time, so that others may use the model between two layers.

Knows modules. Does not know what a forward returns. An encoder looks at all tokens at once, so that its forward cannot
be cut between tokens as a decoder's can. And nothing can be called out of the midst of a module's own code. So the
forward is run again from its start for each slice: layers that are done return at once what the last of them returned,
and the first layer behind the slice ends the run. What is made between the layers, such as the embedding and the mask,
is made again each time, which is little. The layers' numbers are those of the whole forward to the bit.
"""

import logging
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import torch
from torch import nn

log = logging.getLogger(__name__)

Made = TypeVar("Made")


class _Paused(BaseException):
    """Ends the run of a forward in front of a layer. It is no `Exception`, so that no model catches it."""


@dataclass(frozen=True, eq=False)
class Layers:
    """The layers of a model between which a forward may stop.

    Attributes:
        modules: the layers.
        calls: how often one forward calls them, all together. A model may call the same layer several times.
    """

    modules: tuple[nn.Module, ...]
    calls: int

    def at_once(self, tokens: int, size: int) -> int:
        """Returns how many layers read `tokens` in the time in which all layers read `size` tokens; at least one."""
        return max(1, self.calls * size // tokens)


class SlicedForward(Generic[Made]):
    """One forward, made a few layers at a time.

    Args:
        forward: runs the whole forward and returns what it makes. It gives the same each time.
        layers: the layers that it calls; None for a model whose forward cannot stop.

    Attributes:
        made: what the forward made, once it has ended.
        calls: how many calls of layers are done.
    """

    made: Made

    def __init__(self, forward: Callable[[], Made], layers: Layers | None) -> None:
        self._forward = forward
        self._layers = layers
        self._last: Any = None
        self.calls = 0

    def go_on(self, tokens: int, size: int) -> bool:
        """Runs the next layers, as many as read `tokens` in the time of `size` tokens. Returns whether it has ended.

        If a layer fails, those before it stay done.
        """
        if self._layers is None:
            self.made = self._forward()
            return True
        stop = self.calls + self._layers.at_once(tokens, size)
        try:
            with self._stopping_at(stop, self._layers.modules):
                self.made = self._forward()
        except _Paused:
            return False
        self._last = None
        return True

    @contextmanager
    def _stopping_at(self, stop: int, modules: tuple[nn.Module, ...]) -> Iterator[None]:
        called = 0

        def call(forward: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            nonlocal called
            called += 1
            if called > self.calls:
                if called > stop:
                    raise _Paused
                self._last = forward(*args, **kwargs)
                self.calls = called
            return self._last

        own = [vars(module).get("forward") for module in modules]
        for module in modules:
            module.forward = partial(call, module.forward)
        try:
            yield
        finally:
            for module, forward in zip(modules, own, strict=True):
                if forward is None:
                    del module.forward
                else:
                    module.forward = forward


def in_slices(forward: SlicedForward[Made], tokens: int, size: int) -> Generator[None, None, Made]:
    """Makes a forward and yields between its slices, which each take as long as all layers with `size` tokens."""
    while not forward.go_on(tokens, size):
        yield
    return forward.made


def layers_of(encoder: nn.Module, forward: Callable[[], torch.Tensor]) -> Layers | None:
    """Returns the layers of an encoder, or None if they are not found.

    Args:
        forward: a short forward that runs the encoder. It is tried in slices, and must give the same to the bit: some
            models use the output of a layer again behind later ones.
    """
    modules = tuple(_outermost(encoder))
    found = SlicedForward(forward, Layers(modules, 1))
    try:
        whole, pauses = forward(), 0
        while not found.go_on(1, 1):
            pauses += 1
    except (RuntimeError, TypeError, ValueError) as error:
        log.info("%s is run in one forward: it cannot stop between layers", type(encoder).__name__, exc_info=error)
        return None
    return Layers(modules, found.calls) if pauses and torch.equal(found.made, whole) else None


def _outermost(module: nn.Module) -> Iterator[nn.Module]:
    """Yields the modules that stand in lists of modules, and not those inside them."""
    for child in module.children():
        if isinstance(child, nn.ModuleList):
            for one in child:
                yield from _outermost(one) if isinstance(one, nn.ModuleList) else (one,)
        else:
            yield from _outermost(child)
