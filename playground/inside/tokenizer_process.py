"""The process that reads one visitor's `tokenizer.json` and takes texts apart with it: `python -m` this module.

A file from anywhere may hold a regular expression that takes for ever, or a vocabulary that takes all memory. So it is
read in a process of its own, which has little memory and can be ended. It reads one line of JSON at a time from its
standard input and answers each with one line: first the file's content, then lists of texts. It ends when its input
ends, and when nobody has asked anything for a while.
"""

import json
import os
import sys
import threading
from typing import Any

import psutil
from tokenizers import Tokenizer as Backend

from playground.inside.pieces import Pieces

MOST_MEMORY = 3 * 2**30
"""Bytes of address space. The libraries take 1 GB of it without using it."""
IDLE_SECONDS = 600


def read(content: str) -> Pieces:
    """Returns the tokeniser of a `tokenizer.json`, which never cuts or fills a text."""
    backend = Backend.from_str(content)
    backend.no_padding()
    backend.no_truncation()
    return Pieces(backend)


def main() -> None:
    """Answers until the input ends."""
    _be_modest()
    pieces: Pieces | None = None
    while (asked := _asked()) is not None:
        try:
            if pieces is not None:
                _say([pieces.message(text) for text in asked])
            else:
                pieces = read(asked)
                _say({"algorithm": pieces.algorithm, "size": pieces.size})
        except BaseException as error:  # the library panics, for instance where an expression takes too many steps
            _say({"error": str(error).partition("\n")[0]})
            raise


def _asked() -> Any:
    """Waits for the next line and returns what it says; None at the end. Ends the process if nobody asks for long."""
    idle = threading.Timer(IDLE_SECONDS, os._exit, (0,))  # Windows cannot wait for a pipe for a while
    idle.daemon = True
    idle.start()
    line = sys.stdin.buffer.readline()
    idle.cancel()
    return json.loads(line) if line else None


def _be_modest() -> None:
    """Gives way to the server's own work, and takes no more memory than a large tokeniser needs.

    Windows has no such bound of memory. There the process only gives way.
    """
    if sys.platform == "win32":
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        import resource

        os.nice(10)
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def _say(answer: Any) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
