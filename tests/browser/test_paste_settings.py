"""Tests the fold "Paste settings" of the Decode tab, and the settings that its export menu copies."""

import json

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.model]

LINE = "llama-cli -m a.gguf --temp 0.7 --top-k 20 --top-p 0.5 --min-p 0 -s 42 --magic 3"


def paste(page, text: str):
    """Pastes settings, and returns the fold."""
    fold = page.locator(".pg-paste")
    if not fold.evaluate("fold => fold.open"):
        fold.get_by_text("Paste settings").click()
    fold.get_by_label("Settings of another program").fill(text)
    fold.get_by_role("button", name="Apply").click()
    return fold


def control(page, name: str):
    return page.get_by_role("spinbutton", name=name)


def test_pasted_settings_move_the_controls_and_what_is_unknown_is_listed(page):
    fold = paste(page, LINE)
    told = "Read as llama.cpp command line. Taken: Sample, top-k 20, top-p 0.5, temperature 0.7, order llama.cpp"
    expect(fold.get_by_role("status")).to_contain_text(told)
    for name, value in (("Temperature", "0.7"), ("Top-k", "20"), ("Top-p", "0.5"), ("Seed", "42")):
        expect(control(page, name)).to_have_value(value)
    expect(fold.get_by_text("Unknown here: --magic 3.")).to_be_visible()
    expect(fold.get_by_text("Without effect here: -m")).to_be_visible()

    paste(page, '{"model": "m", "messages": [], "temperature": 0.4}')
    expect(control(page, "Temperature")).to_have_value("0.4")
    expect(control(page, "Top-k")).to_have_value("0")  # what is not said is off
    expect(control(page, "Seed")).to_have_value("42")  # a seed that is not said stays


def test_a_text_that_is_no_settings_is_told_and_moves_nothing(page, seats):
    before = control(page, "Temperature").input_value()
    fold = paste(page, "Once upon a time")
    told = "The text is none of the known forms. Paste a llama.cpp command line"
    expect(fold.get_by_role("status")).to_contain_text(told)
    expect(fold.get_by_role("listitem")).to_have_count(0)
    expect(control(page, "Temperature")).to_have_value(before)
    own = seats["own"]
    assert all("400" in fault for fault in own.faults())  # the browser's console tells of each refused request
    own.forgive()


def test_settings_are_copied_in_another_programs_form(page, site):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
    paste(page, '{"model": "m", "messages": [], "temperature": 0.4, "top_p": 0.5}')
    expect(control(page, "Temperature")).to_have_value("0.4")
    page.get_by_role("button", name="Export", exact=True).click()
    page.get_by_role("menuitem", name="Copy settings: OpenAI request").click()
    expect(page.get_by_text("Settings copied.")).to_be_visible()
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert (copied["temperature"], copied["top_p"]) == (0.4, 0.5)
