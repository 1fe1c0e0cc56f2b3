"""Opens the socket of the server, and makes the server. Does not know what is served."""

import asyncio
import errno
import ipaddress
import socket
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from playground.errors import PlaygroundError
from playground.models.threads import compute_alone

if TYPE_CHECKING:  # importing it takes a moment, and a port in use is reported before
    import uvicorn
    from starlette.types import ASGIApp

ALL_ADDRESSES = ("0.0.0.0", "::")
"""The values of `--host` with which other machines can connect to any address of this one."""


def listen(host: str, port: int) -> socket.socket:
    """Returns a listening socket. It is opened before the model is loaded, so that a port in use is reported at once.

    Raises:
        PlaygroundError: the port is in use, or the host cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Only if its protocol is named does asyncio send small answers at once. Else they wait, for 40 ms at worst.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if sys.platform == "win32":  # SO_REUSEADDR would let a second server take the port of the first
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PlaygroundError(f"Port {port} is in use. Choose another, for example --port {port + 10}.") from None
        raise PlaygroundError(f"Cannot listen on {host}:{port} ({error.strerror}). Check --host and --port.") from None
    return listener


def network_address() -> str:
    """Returns this machine's address on its network: the one a packet would leave from. No packet is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return socket.gethostname()
        return probe.getsockname()[0]


def is_own_machine(name: str) -> bool:
    """Returns whether a name or an address means the machine on which it is used."""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def build_server(app: "ASGIApp", at_end: Callable[[], None] = lambda: None) -> "uvicorn.Server":
    """Returns a server that waits at most one second for browsers when it ends: an open page keeps its connection.

    Args:
        app: what is served.
        at_end: is called on the event loop when the server begins to end, so that streams can end by themselves.
    """
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            compute_alone()  # as do the threads of this loop; the threads of the models have all cores
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(initializer=compute_alone))
            await super().startup(sockets)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            at_end()
            await super().shutdown(sockets)

    # uvicorn by default believes X-Forwarded-For from this machine. `playground.web.guards.proxy` decides that here.
    config = uvicorn.Config(
        app,
        log_level="warning",
        timeout_graceful_shutdown=1,
        proxy_headers=False,
        server_header=False,
        access_log=False,
    )
    return Server(config)
