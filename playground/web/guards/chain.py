"""Puts all guards of the server, in their order, in front of the page and of every route.

Each guard is a module of its own. None of them reads or delays the content of an answer, so streams stay streams.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from starlette.types import ASGIApp

from playground.web.guards.access_log import AccessLog
from playground.web.guards.api_key import ApiKey
from playground.web.guards.bodies import BoundedBodies
from playground.web.guards.class_rules import ClassRules, Rules
from playground.web.guards.headers import SafeHeaders
from playground.web.guards.hosts import KnownHosts, SameOrigin
from playground.web.guards.login import Login, Sessions
from playground.web.guards.packing import PackedPage
from playground.web.guards.proxy import Forwarded
from playground.web.guards.rates import PerAddress
from playground.web.guards.visits import Visits

ANY_HOST = "*"


@dataclass(frozen=True)
class Policy:
    """Says who may ask.

    Attributes:
        hosts: the names that this server answers to, beside IP addresses; with `ANY_HOST` among them it answers to all.
        frames: origins whose pages may show this one in a frame.
        root_path: the path at which a reverse proxy serves the page, "" for its root; None without a proxy.
        credentials: the name and password of the login; None without one.
        api_key: the key that programs need for `/v1`; None without one. With a login and no key, `/v1` is closed.
        head: elements for the beginning and the end of the page's head, as HTML.
        rules: what a class may do now; None without a class.
    """

    hosts: frozenset[str]
    frames: tuple[str, ...] = ()
    root_path: str | None = None
    credentials: tuple[str, str] | None = None
    api_key: str | None = None
    head: tuple[str, str] = ("", "")
    rules: Rules | None = None


def guarded(app: ASGIApp, policy: Policy, sessions: Sessions, visits: Visits) -> ASGIApp:
    """Puts the guards in front of an application. The first of the list is the first to see a request."""
    known = [] if ANY_HOST in policy.hosts else [partial(KnownHosts, names=policy.hosts)]
    guards: list[Callable[[ASGIApp], ASGIApp]] = [
        partial(SafeHeaders, frames=policy.frames),
        *known,  # checks the request's own Host before a proxy's headers are believed: a browser can send them too
        partial(Forwarded, root_path=policy.root_path),
        AccessLog,
        *known,
        SameOrigin,
    ]
    if policy.credentials or policy.api_key:
        guards.append(partial(ApiKey, key=policy.api_key))
    if policy.credentials:
        user, password = policy.credentials
        guards.append(partial(Login, sessions=sessions, user=user, password=password))
    guards += [PerAddress, BoundedBodies]
    if policy.rules:
        guards.append(partial(ClassRules, rules=policy.rules))
    guards += [
        partial(PackedPage, head=policy.head),
        visits.counting,
    ]
    for guard in reversed(guards):
        app = guard(app)
    return app
