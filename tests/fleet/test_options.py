"""The options of a cluster, and what is refused of them."""

import pytest

from playground.errors import PlaygroundError
from playground.fleet.described import check_versions, versions
from playground.options import arguments


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


def test_other_versions_are_refused():
    check_versions(versions())
    with pytest.raises(PlaygroundError, match="replicas run torch 1.0, and the page runs torch"):
        check_versions(versions() | {"torch": "1.0"})
