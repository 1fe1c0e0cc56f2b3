"""The options of a cluster, and what is refused of them."""

from dataclasses import replace

import pytest

from playground.errors import PlaygroundError
from playground.fleet.cluster import shared_out
from playground.fleet.described import check_versions, versions
from playground.options import arguments
from tests.fleet.real import cluster


@pytest.mark.parametrize(("given", "bounds"), [("3", (3, 3)), ("1:5", (1, 5))])
def test_replicas_are_a_number_or_two_bounds(given, bounds):
    assert arguments(["--cluster", "local", "--replicas", given]).replicas == bounds


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--replicas", "0"], "'0' is no number of replicas"),
        (["--replicas", "4:2"], "'4:2' is no number of replicas"),
        (["--replicas", "two"], "'two' is no number of replicas"),
        (["--gpus-per-replica", "1.5"], "'1.5' is no number of GPUs"),
        (["--gpus-per-replica", "-1"], "'-1' is no number of GPUs"),
    ],
)
def test_what_cannot_be_used_is_refused(given, told, capsys):
    with pytest.raises(SystemExit):
        arguments(given)
    assert told in capsys.readouterr().err


def test_replicas_of_this_machine_share_its_memory(monkeypatch):
    monkeypatch.setattr("playground.fleet.cluster.free_bytes", lambda _device: 100_000)
    assert shared_out(cluster(replicas=3)).model_bytes == 30_000
    for asked in (cluster("10.0.0.5:6379"), cluster(gpus=0.5), replace(cluster(), model_bytes=7)):
        assert shared_out(asked) == asked


def test_other_versions_are_refused():
    check_versions(versions())
    with pytest.raises(PlaygroundError, match="replicas run torch 1.0, and the page runs torch"):
        check_versions(versions() | {"torch": "1.0"})
