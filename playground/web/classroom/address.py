"""Finds the address that a class opens. Knows HTTP."""

from starlette.requests import Request

from playground.web.guards.hosts import host_name
from playground.web.listening import ALL_ADDRESSES, is_own_machine, network_address


def class_address(request: Request, host: str, root_path: str | None) -> str:
    """Returns the address at which other machines open the page that the teacher has open.

    It is the address that the teacher's browser asked for, with this machine's address in its network in place of a
    name that means the own machine on each machine. It stays where no other machine can connect.

    Args:
        request: of the teacher's page.
        host: the value of `--host`.
        root_path: the value of `--root-path`; None without a reverse proxy.
    """
    header = request.headers.get("host", "")
    if is_own_machine(host_name(header) or "") and root_path is None and host in ALL_ADDRESSES:
        _, is_given, port = header.removeprefix("[::1]").rpartition(":")
        header = f"{network_address()}{is_given}{port if is_given else ''}"
    return f"{request.url.scheme}://{header}{root_path or ''}/"
