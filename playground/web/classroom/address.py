"""Finds the address that a class opens. Knows HTTP."""

from starlette.requests import Request

from playground.web.guards.hosts import host_name
from playground.web.listening import is_own_machine, network_address


def class_address(request: Request, root_path: str | None) -> str:
    """Returns the address at which other machines open the page that the teacher has open.

    It is the address that the teacher's browser asked for, with this machine's address in its network in place of a
    name that means the own machine on each machine.
    """
    header = request.headers.get("host", "")
    if is_own_machine(host_name(header) or "") and root_path is None:
        _, is_given, port = header.removeprefix("[::1]").rpartition(":")
        header = f"{network_address()}{is_given}{port if is_given else ''}"
    return f"{request.url.scheme}://{header}{root_path or ''}/"
