"""The page on real replicas, as `make cluster` starts it: its parts draw, and a killed replica is not missed."""

import json
import os
import re
import signal
import urllib.request

import pytest
from playwright.sync_api import expect

from bench.server import Server, serve
from tests import your_own_stage
from tests.browser.chain import put
from tests.browser.seats import VIEWPORT
from tests.browser.visitor import bars, ending, generate, headline, open_view, set_number, strip, tokens

SLOW_MS = 240_000
pytestmark = [pytest.mark.browser, pytest.mark.long]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    stage = your_own_stage.write(tmp_path_factory.mktemp("own"))
    with serve("cpu", "--cluster", "local", "--replicas", "2", "--stage", str(stage)) as server:
        yield server


@pytest.fixture
def page(chromium, cluster):
    """The page of a new visitor, who saw no error in the end."""
    page, faults = chromium.new_page(viewport=VIEWPORT), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda told: faults.append(told.text) if told.type == "error" else None)
    page.goto(cluster.url)
    expect(bars(page)).not_to_have_count(0)
    yield page
    page.close()
    assert faults == []


def replicas(server: Server) -> list[dict]:
    with urllib.request.urlopen(f"{server.url}/status") as answer:
        return json.load(answer)["replicas"]


def test_a_text_is_written_and_its_steps_are_looked_at(page):
    generate(page, "The capital of France is", 8)
    expect(tokens(page)).to_have_count(8)
    for index in (0, 5):
        tokens(page).nth(index).click()
        expect(headline(page)).to_have_text(tokens(page).nth(index).inner_text())


def test_the_inside_of_the_model_is_drawn(page):
    open_view(page, "Layers")
    expect(page.locator("#pg-layers .pg-cell-bars .pg-bar").first).to_be_visible()
    open_view(page, "Attention")
    expect(page.locator("#pg-attention canvas, #pg-attention svg").first).to_be_visible()


def test_beams_are_searched(page):
    set_number(page, "Max new tokens", "5")
    open_view(page, "Beams")
    page.locator("#pg-beams").get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("#pg-beams").get_by_role("rowheader", name="◆ winner")).to_be_visible()


def test_another_model_is_loaded_by_a_replica_and_translates(page, cluster):
    assert all(one["models"] == ["SmolLM2-135M-Instruct"] for one in replicas(cluster))
    page.get_by_label("Model", exact=True).select_option("french-english")
    page.get_by_label("Text for the encoder to read").fill("le chat dort")
    page.get_by_role("button", name="Generate", exact=True).click()
    expect(ending(page)).to_be_visible()
    expect(page.locator("#pg-views")).to_contain_text("cat")
    while not any("french-english" in one["models"] for one in replicas(cluster)):
        page.wait_for_timeout(200)


def test_a_stage_of_the_server_cuts_on_replicas(page):
    put(page, "my top-a", "0.9")
    generate(page, "The capital of France is", 8)
    expect(tokens(page)).to_have_count(8)
    expect(page.locator("#pg-views")).to_contain_text(re.compile(r"my top-a 0\.9 keeps \d+"))


def test_a_text_ends_though_replicas_are_killed(page, cluster):
    before = {one["process"] for one in replicas(cluster)}
    generate(page, "Once upon a time", 120)
    expect(strip(page)).to_contain_text("upon")  # and no longer the text before
    expect(tokens(page).nth(10)).to_be_visible(timeout=SLOW_MS)
    busy = max(replicas(cluster), key=lambda one: one["running"])
    os.kill(busy["process"], signal.SIGKILL)
    expect(tokens(page)).to_have_count(120, timeout=SLOW_MS)  # two busy cores load a replica meanwhile
    expect(ending(page)).to_be_visible()
    while len({one["process"] for one in replicas(cluster)} - before) < 1:
        page.wait_for_timeout(200)
