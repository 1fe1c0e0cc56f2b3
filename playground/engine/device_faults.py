"""Says what an error of the device means, and tries work again after memory was given up for it.

Knows torch's errors. Does not know texts, caches or the model.
"""

import logging
from collections.abc import Callable
from typing import TypeVar

import torch

from playground.errors import PlaygroundError
from playground.models.device_memory import is_out_of_memory
from playground.models.ranks import RankError

log = logging.getLogger(__name__)

Result = TypeVar("Result")


class DeviceLost(BaseException):
    """The device does not answer any more, as after an assertion in one of its kernels, and every later call fails.

    It is no `Exception`, so that what handles the errors of one text lets it pass. It ends the engine's thread.
    """


def is_lost(error: BaseException) -> bool:
    """Returns whether the device can do nothing more after this error."""
    return isinstance(error, RankError) or (isinstance(error, torch.AcceleratorError) and not is_out_of_memory(error))


def no_memory(device: str) -> PlaygroundError:
    """Returns the error of a text for which there is no room."""
    return PlaygroundError(
        f"The memory of the device ({device}) has no room for this text beside the others. Make it shorter, try again "
        "when other texts have ended, or start the server with a smaller --max-rows or --max-prompt-tokens.",
        status=503,
    )


class Relief:
    """Does work that needs memory of the device. If there is none left, gives up what is not needed and tries again.

    Args:
        device: the device's name, for a sentence.
        give_up: frees memory that only saves time, such as the caches of texts that ended.
    """

    def __init__(self, device: str, give_up: Callable[[], None]) -> None:
        self.device = device
        self._give_up = give_up

    def __call__(self, work: Callable[[], Result]) -> Result:
        """Returns `work()`. Work that failed must have changed nothing, so that it can be done again.

        Raises:
            PlaygroundError: there is no memory for it also after the relief.
        """
        try:
            return work()
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        self.free()
        try:
            return work()
        except Exception as error:
            if is_out_of_memory(error):
                raise no_memory(self.device) from error
            raise

    def spared(self, work: Callable[[], Result]) -> Result | None:
        """Returns `work()`, which only saves time, or None if there is no memory for it."""
        try:
            return work()
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        log.warning("the memory of %s is full; a cache is not kept", self.device)
        return None

    def explained(self, error: Exception) -> Exception:
        """Returns the error that is told in place of `error`, after a relief if there was no memory."""
        if isinstance(error, RankError):
            return PlaygroundError(str(error), 503)
        if is_lost(error):
            return PlaygroundError(
                f"The device ({self.device}) does not answer any more, so that the server stops. Start it again.", 503
            )
        if not is_out_of_memory(error):
            return error
        self.free()
        return no_memory(self.device)

    def free(self) -> None:
        """Gives up what is not needed."""
        log.warning("the memory of %s is full; what was kept to save time is given up", self.device)
        self._give_up()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
