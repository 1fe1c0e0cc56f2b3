"""Says for which visitor the present code runs, so that the engine can be fair between visitors.

It is a context variable: the edge of the program (an event of the page, a route) sets it, and the engine reads it.
The functions between the two do not have to hand it on. A task inherits the value of the task that creates it.
"""

from contextvars import ContextVar

NOBODY = ""
"""The visitor of work that nobody asked for, such as the example at the start."""

current: ContextVar[str] = ContextVar("visitor", default=NOBODY)
"""A session's name: Gradio's session hash for an event, the page's own name or the client's address for a route."""
