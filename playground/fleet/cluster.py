"""Starts the replicas of a fleet on Ray: on this machine, or on a cluster that runs already.

Knows Ray, offers and engines. Does not know pages.
"""

import logging
import os
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import Any

import ray
import torch
from ray import serve
from ray._private import auto_init_hook
from ray._private.authentication.authentication_token_setup import (
    maybe_enable_token_auth_if_token_available as send_token,
)
from ray.exceptions import RayTaskError
from ray.serve.config import AutoscalingConfig, RequestRouterConfig
from ray.serve.context import _set_global_client as keep_controller

from playground.decoding import own_files
from playground.engine.engines import Engines
from playground.engine.starting import USED_SHARE, Bounds, start_engines
from playground.errors import PlaygroundError, first_sentence
from playground.fleet.described import Offered, check_versions, versions
from playground.fleet.far_engines import far_engines
from playground.fleet.fleet import Fleet
from playground.fleet.replica import Replica
from playground.fleet.serve_replicas import ServeReplicas, ToReplica
from playground.models.built_in import built_in_folders
from playground.models.device_memory import free_bytes
from playground.models.device_settings import compute_in_full_float32
from playground.models.offer import Offer
from playground.models.offering import Asked, offers
from playground.traces.store import TraceStore

LOCAL = "local"
"""The address that stands for a cluster of this machine alone, which begins and ends with the page."""
REACHED_SECONDS = 10.0
ANSWER_SECONDS = 20.0
QUIET_SECONDS = 60.0
"""How long replicas are not needed before they end."""
LOOKS = 8
"""The calls beside texts that a replica has room for, for each of its texts."""
REFUSED = re.compile(r"PlaygroundError: (.+)")


@dataclass(frozen=True)
class Cluster:
    """What a cluster is asked for.

    Attributes:
        address: a Ray cluster's, or `LOCAL`.
        least, most: the bounds of the number of replicas.
        gpus: the GPUs of each replica.
        cpus: the cores of each replica, which are also the threads that it computes with.
        asked: the models that each replica offers, beside those that come with the playground.
        bounds: those of each replica.
        model_bytes: the memory that a replica may take for its models and their texts; None for nearly all.
        has_built_in: whether the models that come with the playground are offered as well.
        stages: the files that define further stages.
    """

    address: str
    least: int
    most: int
    gpus: float
    cpus: int
    asked: Asked
    bounds: Bounds
    model_bytes: int | None = None
    has_built_in: bool = False
    stages: tuple[str, ...] = ()

    @property
    def application(self) -> str:
        """The name of its replicas on the cluster. Servers that ask for the same models and limits share them."""
        told = repr(replace(self, address="", least=0, most=0))
        return f"playground-{sha256(told.encode()).hexdigest()[:12]}"

    def looked_at(self) -> dict[str, str]:
        """Finds the models and checks them before weights are read, on a machine of the cluster. Returns `versions`.

        Raises:
            PlaygroundError: replicas could not load one.
        """
        self._offers()
        return versions()

    def _offers(self) -> list[Offer]:
        return offers(replace(self.asked, built_in=built_in_folders() if self.has_built_in else ()))

    def start(self) -> Engines:
        """Loads the first model and starts its engine. A replica calls it."""
        compute_in_full_float32()
        return start_engines(self._offers(), self.bounds, self.model_bytes)

    def environment(self) -> dict[str, str]:
        """Returns the environment of a replica's process."""
        threads = {"OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": str(self.cpus)}
        return threads | own_files.environment(self.stages)


class ServedReplica(Replica):
    """A replica as Serve makes it, under Serve's name."""

    def __init__(self, start: Callable[[], Engines]) -> None:
        super().__init__(start, serve.get_replica_context().replica_id.unique_id)


def start_fleet(asked: Cluster) -> Engines:
    """Starts replicas, or joins those that run already, and returns the engines of a server that uses them.

    Raises:
        PlaygroundError: the cluster is not reached, has too little, or its replicas cannot load the first model or run
            other versions.
    """
    asked = shared_out(asked)
    _connect(asked)
    at_end = _end if asked.address == LOCAL else ray.shutdown
    try:
        handle = _running(asked) or _deploy(asked)
        told = _offered(handle)
    except BaseException:
        at_end()
        raise
    replicas = ServeReplicas(handle, partial(_again, asked), at_end)
    fleet = Fleet(replicas, TraceStore(asked.bounds.trace_bytes)).start()
    try:
        return far_engines(fleet, told.offers)
    except BaseException:
        fleet.close()
        raise


def shared_out(asked: Cluster) -> Cluster:
    """Returns a cluster whose replicas share the free memory of this machine, if they compute on it and nothing else is
    said. On other machines each replica may take nearly all that it finds."""
    if asked.address != LOCAL or asked.gpus or asked.model_bytes is not None:
        return asked
    free = free_bytes(torch.device("cpu"))
    return replace(asked, model_bytes=int(free * USED_SHARE / asked.most))


def _offered(handle: Any) -> Offered:
    """Returns what a replica offers. Refuses replicas that do not answer or run other versions."""
    try:
        told: Offered = handle.offers.remote().result(timeout_s=ANSWER_SECONDS)
    except TimeoutError:
        raise PlaygroundError(
            "The replicas have started, and do not answer this process. Set RAY_AUTH_MODE to the same value here and "
            "where the cluster was started: token or disabled."
        ) from None
    check_versions(told.versions)
    return told


def _again(asked: Cluster) -> Any:
    """Connects to a cluster that was started again, and returns its replicas, which are started if need be.

    Raises:
        PlaygroundError: as `start_fleet`.
    """
    ray.shutdown()
    keep_controller(None)  # Serve keeps it by the job's number, and a new cluster counts from one again
    _connect(asked)
    return _running(asked) or _deploy(asked)


def _connect(asked: Cluster) -> None:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    auto_init_hook.enable_auto_connect = False  # after a cluster's end a call on its way would begin another one
    quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    logging.getLogger("ray.serve").setLevel(logging.ERROR)
    if asked.address == LOCAL:
        cores = max(os.cpu_count() or 1, asked.most * asked.cpus + 1)
        ray.init(address="local", include_dashboard=False, num_cpus=cores, _node_ip_address="127.0.0.1", **quiet)
        return
    _check_reached(asked.address)
    send_token(warn_if_disabled=False)  # `ray start` asks for the token of this machine, if it has one
    try:
        ray.init(address=asked.address, **quiet)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise PlaygroundError(
            f"--cluster is {asked.address!r}, where something answers that this process cannot use as a Ray cluster: "
            f"{first_sentence(error)}. If the cluster has a token, copy its ~/.ray/auth_token to this machine."
        ) from None


def _check_reached(address: str) -> None:
    """Refuses an address at which nothing listens. Ray itself tries for two minutes. "auto" stands for no address."""
    host, _, port = address.rpartition(":")
    if address == "auto":
        return
    try:
        socket.create_connection((host, int(port)), REACHED_SECONDS).close()
    except (OSError, ValueError, OverflowError) as error:
        raise _not_reached(address, error) from None


def _not_reached(address: str, error: Exception) -> PlaygroundError:
    return PlaygroundError(
        f"--cluster is {address!r}, and no Ray cluster answers there: {first_sentence(error)}. Give the address of one "
        f"that runs, such as 10.0.0.5:6379, or {LOCAL!r} for this machine alone."
    )


def _check_room(asked: Cluster) -> None:
    """Refuses more replicas than the cluster has cards or cores for."""
    there = ray.cluster_resources()
    for name, each in (("GPU", asked.gpus), ("CPU", asked.cpus)):
        has = there.get(name, 0)
        if each and has < asked.least * each:
            raise PlaygroundError(
                f"--replicas asks for {asked.least} at least, which need {asked.least * each:g} {name}s, and the "
                f"cluster has {has:g}. Ask for fewer, or add machines to the cluster."
            )


def _look(asked: Cluster) -> None:
    """Has a machine of the cluster look at the models, which tells a fault much sooner than a replica that ends."""
    there: dict[str, Any] = {"runtime_env": {"env_vars": asked.environment()}}
    looking = ray.remote(num_cpus=asked.cpus, num_gpus=asked.gpus, max_retries=0, **there)(Cluster.looked_at)
    try:
        check_versions(ray.get(looking.remote(asked)))
    except RayTaskError as error:
        raise error.cause from None


def _running(asked: Cluster) -> Any:
    """Returns the replicas that another server has started, or None."""
    is_running = asked.address != LOCAL and asked.application in serve.status().applications
    return serve.get_app_handle(asked.application) if is_running else None


def _deploy(asked: Cluster) -> Any:
    _check_room(asked)
    _look(asked)
    rows = asked.bounds.limits.rows
    scale: dict[str, Any] = {"num_replicas": asked.least}
    if asked.least < asked.most:
        scale = {
            "autoscaling_config": AutoscalingConfig(
                min_replicas=asked.least,
                max_replicas=asked.most,
                target_ongoing_requests=rows * 0.75,
                upscale_delay_s=2,
                downscale_delay_s=QUIET_SECONDS,
            )
        }
    deployment = serve.deployment(
        max_ongoing_requests=rows + asked.bounds.limits.waiting + LOOKS * rows,
        graceful_shutdown_timeout_s=300,
        health_check_period_s=2,
        health_check_timeout_s=30,
        max_constructor_retry_count=1,
        request_router_config=RequestRouterConfig(request_router_class=ToReplica),  # pyright: ignore[reportArgumentType]  # Ray types the name of this field wrongly
        ray_actor_options={
            "num_cpus": asked.cpus,
            "num_gpus": asked.gpus,
            "runtime_env": {"env_vars": asked.environment()},
        },
        **scale,
    )(ServedReplica)
    serve.start(proxy_location="Disabled")
    try:
        return serve.run(deployment.bind(asked.start), name=asked.application, route_prefix=None)
    except RuntimeError as error:
        raise PlaygroundError(_why(asked) or f"The replicas do not start: {first_sentence(error)}.") from None


def _why(asked: Cluster) -> str | None:
    """Returns the sentence with which a replica has refused to start, which Serve tells in its traceback."""
    found = serve.status().applications.get(asked.application)
    told = [REFUSED.search(one.message) for one in found.deployments.values()] if found else []
    return next((one[1] for one in told if one), None)


def _end() -> None:
    """Ends the replicas, and Ray where it runs for this page alone."""
    serve.shutdown()
    ray.shutdown()
