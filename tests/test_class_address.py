"""Tests the addresses of a class: those that the start prints, and that of the teacher's desk."""

import pytest
from starlette.requests import Request

from playground import command_line
from playground.web import announcing
from playground.web.classroom import address
from playground.web.classroom.qr_code import as_svg, as_text
from playground.web.listening import is_own_machine

SECRET = "a-secret-of-tests"


@pytest.fixture(autouse=True)
def network(monkeypatch):
    for module in (announcing, address):
        monkeypatch.setattr(module, "network_address", lambda: "10.0.0.5")


def printed(capsys, *options: str) -> list[str]:
    given = command_line.arguments(list(options))
    announcing.announce(given.host, 7860, given.root_path, SECRET if given.teacher is not None else None)
    return capsys.readouterr().out.splitlines()


def test_a_class_in_a_network_gets_its_addresses_and_a_code(capsys):
    lines = printed(capsys, "--host", "0.0.0.0", "--teacher")
    assert lines[:2] == [
        "The playground is at http://127.0.0.1:7860 (Ctrl+C ends it)",
        "Address for the class: http://10.0.0.5:7860",
    ]
    assert as_text("http://10.0.0.5:7860/").splitlines()[3] in lines
    assert lines[-2:] == [
        "Address for the projector: http://10.0.0.5:7860/?projector=1",
        f"Address for the teacher, to be shown to nobody: http://10.0.0.5:7860/#teacher={SECRET}",
    ]


def test_a_class_on_one_machine_is_told_that_nobody_else_can_connect(capsys):
    lines = printed(capsys, "--teacher")
    assert announcing.ONLY_HERE in lines
    assert len(lines) == 5, "and there is no code for phones"


def test_behind_a_proxy_the_address_is_that_of_the_proxy(capsys):
    lines = printed(capsys, "--host", "0.0.0.0", "--root-path", "/play", "--teacher")
    assert lines[1:] == [announcing.BEHIND_A_PROXY.format(secret=SECRET)]


@pytest.mark.parametrize(("options", "count"), [((), 1), (("--host", "0.0.0.0"), 2)])
def test_without_a_class_no_word_of_it_is_printed(capsys, options, count):
    lines = printed(capsys, *options)
    assert len(lines) == count
    assert not any("teacher" in line or "projector" in line for line in lines)


@pytest.mark.parametrize("secret", ["short", "with spaces in it", "ümlauts-are-out", "x" * 11])
def test_a_weak_secret_is_refused(capsys, secret):
    with pytest.raises(SystemExit):
        command_line.arguments(["--teacher", secret])
    assert "--teacher has to be at least 12" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "header", "root_path", "found"),
    [
        ("0.0.0.0", "127.0.0.1:7860", None, "http://10.0.0.5:7860/"),
        ("0.0.0.0", "localhost:7860", None, "http://10.0.0.5:7860/"),
        ("0.0.0.0", "[::1]:7860", None, "http://10.0.0.5:7860/"),
        ("0.0.0.0", "localhost", None, "http://10.0.0.5/"),
        ("0.0.0.0", "desk.local:7860", None, "http://desk.local:7860/"),
        ("127.0.0.1", "127.0.0.1:7860", None, "http://127.0.0.1:7860/"),
        ("127.0.0.1", "play.example", "/class", "http://play.example/class/"),
        ("127.0.0.1", "play.example", "", "http://play.example/"),
    ],
)
def test_the_desk_shows_the_address_that_other_machines_open(host, header, root_path, found):
    scope = {
        "type": "http",
        "scheme": "http",
        "path": "/",
        "query_string": b"",
        "headers": [(b"host", header.encode())],
    }
    assert address.class_address(Request(scope), host, root_path) == found


def test_a_code_is_drawn_for_the_page_and_for_a_terminal():
    assert as_svg("http://10.0.0.5:7860/").startswith("<svg viewBox=")
    assert set(as_text("http://10.0.0.5:7860/")) == set(" ▀▄█\n")


def test_what_means_the_own_machine():
    assert [is_own_machine(name) for name in ("localhost", "127.3.2.1", "::1", "10.0.0.5", "desk")] == [True] * 3 + [
        False
    ] * 2
