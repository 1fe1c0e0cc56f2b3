"""Tests that a visitor who reloads or comes back later finds the prompt, the settings and the texts again."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.chain import card, put
from tests.browser.restart.words import (
    KEPT,
    assert_every_step_can_be_looked_at,
    idle_tab,
    kept,
    prompt,
    reload,
    settled,
    texts,
    visit,
    written,
)
from tests.browser.seats import BLANK
from tests.browser.visitor import ending, lock, open_view, set_number, tokens

pytestmark = pytest.mark.browser

STORED = """(words) => [localStorage, sessionStorage].some((store) =>
    Object.values(store).some((text) => text.includes(words)))"""
"""A script that returns whether the browser keeps these words, in a storage that may be full of other things."""


def worked(page) -> list[str]:
    """Adds a text and names it, chooses a step, and changes settings, one in the chain alone. Returns the tokens."""
    text = written(page, "Nine ten", 7)
    page.get_by_role("button", name="Branches ▾").click()
    name = page.get_by_label("Name of branch 2")
    name.fill("mine")
    name.press("Enter")
    tokens(page).nth(4).click()
    prompt(page).fill("Not generated yet")
    set_number(page, "Temperature", "1.35")
    set_number(page, "Seed", "77")
    put(page, "typical-p", "0.5")
    page.wait_for_function(STORED, arg='"typical_p":0.5')
    return text


def assert_found_again(page, text: list[str]) -> None:
    settled(page)
    expect(prompt(page)).to_have_value("Not generated yet")
    expect(page.get_by_role("spinbutton", name="Temperature")).to_have_value("1.35")
    expect(page.get_by_label("Seed", exact=True)).to_have_value("77")
    expect(lock(page)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("spinbutton", name="Max new tokens")).to_have_value("7")
    expect(card(page, "typical-p").get_by_role("spinbutton")).to_have_value("0.5")
    expect(texts(page)).to_have_text([re.compile("At night"), "2 mine"])
    expect(page.locator(".pg-bars-title")).to_contain_text("Step 5:")
    assert_every_step_can_be_looked_at(page, text)


def test_a_reload_finds_everything_again(page):
    text = worked(page)
    page.reload()
    assert_found_again(page, text)
    step = page.get_by_role("button", name="Generate")
    step.click()
    expect(page.locator(".pg-strip-prompt")).to_have_text("Not·generated·yet")
    expect(texts(page)).to_have_count(3)


def test_a_reload_gives_back_what_the_example_of_the_course_borrowed(page):
    temperature, top_k = (page.get_by_role("spinbutton", name=name) for name in ("Temperature", "Top-k"))
    set_number(page, "Temperature", "1.35")
    for before in (("1.35", "40"), ("1", "0")):
        page.get_by_role("button", name="Example from the course").click()
        expect(temperature).to_have_value("1")
        expect(top_k).to_have_value("0")
        reload(page)
        expect(temperature).to_have_value(before[0])
        expect(top_k).to_have_value(before[1])
        page.get_by_role("button", name="Example from the course").click()
        expect(temperature).to_have_value("1")
        written(page, "Nine ten", 3)  # under what the sliders show: from now on that is the reader's own


@pytest.mark.long
def test_back_finds_everything_again(page, server):
    text = worked(page)
    page.goto(f"{server.url}/playground/assets/page.css")
    page.go_back()
    assert_found_again(page, text)


def test_a_later_visit_in_another_tab_finds_everything_again(page, profile, server):
    text = worked(page)
    page.close()
    server.end()
    server.start()
    later = profile.new_page()
    later.goto(server.url)
    assert_found_again(later, text)


def test_two_tabs_do_not_take_each_others_texts(page, profile, server):
    text = written(page, "Left side", 4)
    other = visit(profile, server)
    written(other, "Right side", 5)
    kept(other, "Right side")
    reload(page)
    expect(prompt(page)).to_have_value("Left side")
    assert_every_step_can_be_looked_at(page, text)


def test_the_view_is_found_again(page, server):
    open_view(page, "Settings")
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("tab", name="Settings", selected=True)).to_be_visible()
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()
    page.goto(f"{server.url}/healthz")
    page.goto(server.url)  # the address names no view now
    expect(page.get_by_role("tab", name="Settings", selected=True)).to_be_visible()


def test_start_over_brings_the_example_back(page, profile, server):
    worked(page)
    page.get_by_role("button", name="Start over").click()
    expect(prompt(page)).to_have_value("At night the sky is full of")
    settled(page)
    for visitor in (page, visit(profile, server)):
        expect(texts(visitor)).to_have_count(1)
        expect(prompt(visitor)).to_have_value("At night the sky is full of")
        expect(visitor.get_by_role("spinbutton", name="Temperature")).to_have_value("0.8")


def test_a_link_wins_over_what_is_kept(page, server):
    worked(page)
    kept(page, "Not generated yet")
    values = "strategy=greedy&max_new_tokens=4&seed=1"
    page.goto("about:blank")
    page.goto(f"{server.url}/#v=1&model=tiny&prompt=By%20a%20link&step=2&{values}")
    expect(page.locator(".pg-strip-prompt")).to_have_text("By·a·link")
    expect(prompt(page)).to_have_value("By a link")
    expect(page.get_by_role("spinbutton", name="Max new tokens")).to_have_value("4")
    expect(texts(page)).to_have_count(3)
    expect(ending(page)).to_be_visible()
    expect(page.locator(".pg-bars-title")).to_contain_text("Step 2:")


STEP = {
    "index": 0,
    "token_id": 7,
    "probability": 0.1,
    "raw_probability": 0.1,
    "entropy_bits": 1.0,
    "rank": 1,
    "draw": 0.5,
}
HOSTILE = [
    "{",
    "null",
    "[]",
    json.dumps({"texts": {"length": 3}}),
    json.dumps({"texts": [None, 5, "x", {}, {"trace_id": "a", "header": {"model": "tiny"}}]}),
    json.dumps({"texts": [{"trace_id": "a", "header": {"model": "tiny", "prompt_ids": [7]}, "steps": [STEP]}]}),
    json.dumps({"controls": {"prompt": {}, "chat": "yes", "temperature": "hot", "top_k": 1e9, "strategy": "<b>"}}),
    json.dumps({"controls": [], "view": "no/such/view", "texts": "many"}),
]


def with_storage(profile, server, script: str, arg=None):
    """Returns a page that has not opened the playground yet, in whose browser `script` stored something."""
    page = idle_tab(profile)
    page.goto(server.url + BLANK)
    page.evaluate(script, arg)
    return page


@pytest.mark.parametrize("value", [pytest.param(text, marks=pytest.mark.long) for text in HOSTILE[:-2]] + HOSTILE[-2:])
def test_what_cannot_be_read_is_passed_over(profile, server, value):
    put = f"(value) => ['page', 'texts'].forEach((part) => localStorage.setItem('{KEPT}' + part, value))"
    page = with_storage(profile, server, put, value)
    page.goto(server.url)
    settled(page)
    expect(texts(page)).to_have_count(1)
    expect(prompt(page)).to_have_value("At night the sky is full of")
    written(page, "Still works", 3)


FILL = """(name) => {
    let size = 4_000_000;
    for (let i = 0; size > 0; i++) {
        try { localStorage.setItem(name + i, "x".repeat(size)); } catch { size = Math.floor(size / 2); }
    }
}"""


@pytest.mark.long
def test_what_another_version_kept_makes_room(profile, server):
    page = with_storage(profile, server, FILL, "playground:kept:0:page")
    page.goto(server.url)
    settled(page)
    text = worked(page)
    kept(page, "Not generated yet")
    page.reload()
    assert_found_again(page, text)
    assert page.evaluate("Object.keys(localStorage).every((name) => !name.startsWith('playground:kept:0'))")


@pytest.mark.long
def test_a_full_storage_of_somebody_else_does_no_harm(profile, server):
    page = with_storage(profile, server, FILL, "not ours")
    page.goto(server.url)
    settled(page)
    text = worked(page)
    page.reload()
    assert_found_again(page, text)  # the tab's own storage has it


def test_a_browser_without_storage_works(profile, server):
    page = profile.new_page()
    for kind in ("localStorage", "sessionStorage"):
        refuse = "get() { throw new DOMException('not allowed', 'SecurityError'); }"
        page.add_init_script(f"Object.defineProperty(window, '{kind}', {{ {refuse} }})")
    page.goto(f"{server.url}/?face=everything")  # the choice of a face is not kept either
    settled(page)
    expect(page.get_by_role("button", name="Presenter view")).to_be_visible()
    written(page, "Still works", 3)
    reload(page)
    expect(texts(page)).to_have_count(1)


def test_texts_of_another_model_are_not_shown_but_the_prompt_is(page, profile, server):
    worked(page)
    kept(page, "Not generated yet", "mine")
    rename = f"""() => {{
        const kept = localStorage.getItem("{KEPT}texts").replaceAll('"model":"tiny"', '"model":"another"');
        addEventListener("pagehide", () => localStorage.setItem("{KEPT}texts", kept));
        return kept.includes("another");
    }}"""
    assert page.evaluate(rename)
    page.close(run_before_unload=True)
    later = visit(profile, server)
    expect(texts(later)).to_have_count(1)
    expect(prompt(later)).to_have_value("Not generated yet")


def test_texts_that_do_not_fit_are_left_out_the_oldest_first(page, profile, server):
    text = worked(page)
    kept(page, "Not generated yet", "mine")
    length = f"localStorage.getItem('{KEPT}texts').length"
    assert page.evaluate(
        """async ([name, length]) => {
        const { writeVisit, readVisit } = await import("/playground/assets/decode/kept_texts.js");
        const visit = readVisit(JSON.parse(localStorage.getItem(name)), "tiny");
        const prompts = (most) => readVisit(JSON.parse(writeVisit(visit, most)), "tiny")?.names;
        return [prompts(length * 2), prompts(length * 0.6), prompts(100)].map((names) => Object.values(names ?? {}));
    }""",
        [f"{KEPT}texts", page.evaluate(length)],
    ) == [["mine"], ["mine"], []]
    assert text
