"""Does one long piece of work on a thread of its own, for which the program does not wait when it ends.

Knows event loops. Does not know what the work is.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from playground.engine.errands import tell

Result = TypeVar("Result")


async def on_own_thread(name: str, work: Callable[[], Result]) -> Result:
    """Returns what `work()` returns. If who waits is cancelled, the work goes on, and its result is thrown away.

    `asyncio.to_thread` has a few threads for everybody, and the end of the program waits for each of them.

    Args:
        name: the name of the thread.
        work: what is done there. Its error is raised here.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[Result] = loop.create_future()

    def settle(how: Callable[[Any], None], value: object) -> None:
        if not outcome.done():
            how(value)

    def run() -> None:
        try:
            tell(loop, settle, outcome.set_result, work())
        except BaseException as error:
            tell(loop, settle, outcome.set_exception, error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await outcome
