"""Tests the routes of lessons, the option that adds a school's own, and that a fault ends the start."""

import subprocess
import sys
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from playground import command_line
from playground.engine.engines import Engines
from playground.errors import PlaygroundError
from playground.lessons.folders import read_all
from playground.web.routes.beside_gradio import add_routes
from playground.web.routes.lessons import add_lesson_routes
from tests.lesson_texts import SMALL, write

ROOT = Path(__file__).parent.parent


@pytest.fixture
def client(engine, tmp_path):
    """A client of a server with the school's lessons in `tmp_path`."""
    write(tmp_path, SMALL)
    write(tmp_path, SMALL.replace("Temperature", "Heat · é"), "02-heat.md")
    write(tmp_path, SMALL.replace("Temperature", "Chaleur"), "02-heat.fr.md")
    server = FastAPI()
    add_routes(server, Engines.only(engine))
    add_lesson_routes(server, [one for one in read_all([str(tmp_path)]) if one.is_own])
    with TestClient(server) as client:
        yield client


def test_the_list_has_each_lesson_once_in_order(client):
    answer = client.get("/playground/lessons.json")
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()["lessons"]
    assert [(one["number"], one["name"], one["title"], one["own"]) for one in told] == [
        (2, "heat", "Heat · é", True),
        (6, "warmth", "Temperature", True),
    ]
    assert set(told[0]) == {"name", "number", "title", "about", "level", "minutes", "language", "pages", "own"}
    assert told[0]["pages"] == 2


def test_a_lesson_is_told_whole(client):
    told = client.get("/playground/lessons/warmth.json").json()
    assert set(told) == {"name", "number", "title", "about", "level", "minutes", "language", "model", "pages"}
    assert told["model"] == "SmolLM2-135M-Instruct"
    assert [page["title"] for page in told["pages"]] == ["A page's title", "Your turn"]
    assert '"solved"' not in str(told)


def test_a_language_that_is_asked_for_gives_the_translations_and_else_the_lessons_themselves(client):
    def titles(address):
        return [(one["title"], one["language"]) for one in client.get(address).json()["lessons"]]

    assert titles("/playground/lessons.json?lang=fr") == [("Chaleur", "fr"), ("Temperature", None)]
    for other in ("?lang=de", "?lang=en", "?lang=", "?lang=%00", ""):
        assert titles(f"/playground/lessons.json{other}") == [("Heat · é", None), ("Temperature", None)]


def test_a_lesson_is_told_in_the_language_that_is_asked_for(client):
    def told(name, language):
        return client.get(f"/playground/lessons/{name}.json?lang={language}").json()

    assert [told("heat", language)["title"] for language in ("fr", "de")] == ["Chaleur", "Heat · é"]
    assert told("warmth", "fr")["title"] == "Temperature"
    assert told("heat", "fr")["pages"] == told("heat", "en")["pages"]


@pytest.mark.parametrize("name", ["gone", "..%2F..%2Fapp", "06-warmth", "warmth.fr", "%00", "a" * 5000])
def test_a_name_that_no_lesson_has_is_a_sentence(client, name):
    answer = client.get(f"/playground/lessons/{name}.json")
    assert answer.status_code == 404
    assert isinstance(answer.json()["detail"], str)


def test_the_sentence_names_the_lesson(client):
    sentence = "This server has no lesson 'gone'. Choose one of the list."
    assert client.get("/playground/lessons/gone.json").json() == {"detail": sentence}


def test_the_whole_server_has_the_routes(engine, tmp_path):
    write(tmp_path, SMALL.replace("title: Temperature", "title: Ours"), "99-ours.md")
    options = command_line.arguments(["--lessons", str(tmp_path)])
    server = command_line.build_app(Engines.only(engine), options, command_line.read_lessons(options))
    with TestClient(server, base_url="http://127.0.0.1") as client:
        told = client.get("/playground/lessons.json").json()["lessons"]
        assert (told[-1]["title"], told[-1]["own"]) == ("Ours", True)
        assert client.get("/playground/lessons/ours.json").json()["title"] == "Ours"


def test_a_fault_refuses_all_lessons(tmp_path):
    one = write(tmp_path, SMALL.replace("level: beginner", "level: easy"), "98-one.md")
    two = write(tmp_path, SMALL.replace("minutes: 5", "minutes: -5"), "99-two.md")
    with pytest.raises(PlaygroundError) as refused:
        command_line.read_lessons(command_line.arguments(["--lessons", str(tmp_path)]))
    first, second = str(refused.value).split("\n")
    assert first.startswith(f"{one}:3: level is 'easy'.")
    assert second.startswith(f"{two}:4: minutes is -5")


def test_a_fault_ends_the_start_before_a_model_is_loaded(tmp_path):
    path = write(tmp_path, SMALL.replace("level: beginner", "level: easy"), "99-ours.md")
    command = [sys.executable, "app.py", "--port", "0", "--model", str(tmp_path / "none"), "--lessons", str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 1
    assert ended.stderr.strip() == f"{path}:3: level is 'easy'. Choose one of beginner, intermediate, advanced."
