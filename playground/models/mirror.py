"""Lets the other ranks of a split model do with their caches what this process does with its own.

In a split model each rank has some of the heads, and a cache keeps the keys and values of these. So each cache of rank
0 stands for one on every other rank, which has the same number, the same rows and positions, and other heads. What
changes a cache, or makes one of another, is `mirrored`: rank 0 tells the others before it does it. Knows ranks and
caches. Does not know what a forward is.
"""

from collections import deque
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, NamedTuple, ParamSpec, TypeVar, cast
from weakref import finalize

import torch
from transformers import DynamicCache

from playground.models.ranks import RankError, Ranks

P = ParamSpec("P")
Made = TypeVar("Made")


def mirrored(function: Callable[P, Made]) -> Callable[P, Made]:
    """Lets a function of which the first argument is a cache be called on all ranks, where the cache is a split
    model's. With other caches nothing changes."""

    @wraps(function)
    def on_all_ranks(*args: P.args, **kwargs: P.kwargs) -> Made:
        mirror = cast("Mirror | None", getattr(args[0], "mirror", None))
        if mirror is None:
            return function(*args, **kwargs)
        return mirror.called(on_all_ranks, partial(function, *args, **kwargs), *args, **kwargs)

    return on_all_ranks


class _Number(NamedTuple):
    """Stands for the cache of this number."""

    number: int


class _Command(NamedTuple):
    """What rank 0 tells the other ranks to do.

    `function`: one that is `mirrored`, or the name of one that each rank has for itself. `made`: the number of the
    cache that it returns, if it returns one. `freed`: the numbers of caches that nobody has any more.
    """

    function: Callable[..., Any] | str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    made: int
    freed: tuple[int, ...]


class Mirror:
    """The caches of one split model, on one rank.

    Args:
        ranks: those that have the model.
        own: by name, what each rank has for itself and can call beside what is `mirrored`; "new_cache" is there.
    """

    def __init__(self, ranks: Ranks, own: dict[str, Callable[..., Any]]) -> None:
        self._ranks = ranks
        self._own = own
        self._caches: dict[int, DynamicCache] = {}
        self._freed: deque[int] = deque()
        self._last = 0
        self._is_within = False

    def new_cache(self) -> DynamicCache:
        """Returns an empty cache that the other ranks have too."""
        return self.call("new_cache")

    def call(self, name: str, *args: Any) -> Any:
        """Calls what each rank has for itself on all ranks, and returns what it returns here. It raises as `called`."""
        return self.called(name, partial(self._own[name], *args), *args)

    def called(self, function: Callable[..., Any] | str, here: Callable[[], Any], *args: Any, **kwargs: Any) -> Any:
        """Calls a function on the other ranks and `here`, and returns what is returned here.

        Raises:
            RankError: it has failed here. Nothing can be called on the other ranks any more.
        """
        if self._is_within or self._ranks.have_failed:  # the others do what a mirrored function calls as well
            return here()
        self._last += 1
        freed = tuple(self._freed.popleft() for _ in range(len(self._freed)))
        self._ranks.send(_Command(function, tuple(map(_sendable, args)), kwargs, self._last, freed))
        self._is_within = True
        try:
            made = here()
        except Exception as error:
            self._ranks.have_failed = True
            raise RankError(
                "One of the processes that compute the model together has failed, so that the server stops. Start it "
                "again."
            ) from error
        finally:
            self._is_within = False
        if isinstance(made, DynamicCache):
            self._name(made, self._last)
        return made

    def follow(self) -> None:
        """Does what rank 0 tells, until it leaves. It is called on the other ranks."""
        self._is_within = True
        while (command := self._ranks.receive()) is not None:
            for number in command.freed:
                del self._caches[number]
            function = self._own[command.function] if isinstance(command.function, str) else command.function
            made = function(*map(self._received, command.args), **command.kwargs)
            if isinstance(made, DynamicCache):
                self._caches[command.made] = made

    def _name(self, cache: DynamicCache, number: int) -> None:
        cache.mirror, cache.number = self, number  # pyright: ignore[reportAttributeAccessIssue]
        finalize(cache, self._freed.append, number).atexit = False

    def _received(self, sent: Any) -> Any:
        """Returns an argument with the caches whose numbers were sent."""
        if isinstance(sent, _Number):
            return self._caches[sent.number]
        return [self._received(one) for one in sent] if isinstance(sent, list) else sent


def _sendable(arg: Any) -> Any:
    """Returns an argument as it is sent: numbers for caches, and tensors on the host."""
    if isinstance(arg, DynamicCache):
        return _Number(cast(Any, arg).number)
    if isinstance(arg, torch.Tensor):
        return arg.cpu()
    if isinstance(arg, dict):
        return {name: _sendable(one) for name, one in arg.items()}
    return [_sendable(one) for one in arg] if isinstance(arg, list | tuple) else arg
