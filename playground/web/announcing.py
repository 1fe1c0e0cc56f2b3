"""Prints where the page is when the server starts: for everybody, for a class with a QR code, and for its teacher."""

import sys

from playground.web.classroom.qr_code import as_text
from playground.web.listening import ALL_ADDRESSES, is_own_machine, network_address

BEHIND_A_PROXY = (
    "The class opens the address at which the reverse proxy serves the page. The teacher adds this to it, and shows it "
    "to nobody: #teacher={secret}"
)
ONLY_HERE = "Only this machine can connect. Start the server with --host 0.0.0.0 so that the class can."


def announce(host: str, port: int, root_path: str | None, secret: str | None) -> None:
    """Prints the addresses. The teacher's holds the secret and is printed nowhere else.

    Args:
        host: the value of `--host`.
        port: the port on which the server listens.
        root_path: the value of `--root-path`; None without a reverse proxy.
        secret: the teacher's secret; None without a class.
    """
    _tell(f"The playground is at {_address('127.0.0.1' if host in ALL_ADDRESSES else host, port)} (Ctrl+C ends it)")
    reachable = _address(network_address() if host in ALL_ADDRESSES else host, port)
    if secret is None:
        if host in ALL_ADDRESSES:
            _tell(f"Address for the class: {reachable}")
        return
    if root_path is not None:
        _tell(BEHIND_A_PROXY.format(secret=secret))
        return
    _tell(f"Address for the class: {reachable}")
    _tell(ONLY_HERE if is_own_machine(host) else _code(f"{reachable}/"))
    _tell(f"Address for the projector: {reachable}/?projector=1")
    _tell(f"Address for the teacher, to be shown to nobody: {reachable}/#teacher={secret}")


def _address(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _code(address: str) -> str:
    """Returns the QR code of an address, or nothing for a terminal that cannot write its blocks."""
    code = as_text(address)
    try:
        code.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return ""
    return code


def _tell(line: str) -> None:
    if line:
        print(line, flush=True)
