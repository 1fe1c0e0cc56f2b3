"""Tests the page with the default model behind the real server, in Chromium at 1440×900."""

import re
import threading

import pytest
from playwright.sync_api import expect

from tests.browser.held import hold_until_stopped
from tests.browser.seats import IDLE, VIEWPORT
from tests.browser.visitor import (
    bars,
    ending,
    fold,
    generate,
    headline,
    lock,
    lock_seed,
    selected,
    set_number,
    step,
    strip,
    tokens,
    unfold,
)

pytestmark = [pytest.mark.browser, pytest.mark.model]

HOSTILE = "<img src=x onerror=alert(1)> ${alert(2)} {{alert(3)}} <script>alert(4)</script> مرحبا 🦜\x00"


@pytest.fixture
def page(shared_page):
    """A page that the tests of this file share. Each writes a text of its own and leaves the settings as they were."""
    expect(ending(shared_page)).to_be_visible()  # the text of the test before
    return shared_page


def test_the_page_opens_with_a_finished_example_at_its_first_step(fresh_page):
    page = fresh_page
    expect(tokens(page)).to_have_count(40)
    expect(ending(page)).to_have_text("ended at the limit of new tokens")
    expect(selected(page)).to_have_text("·glitter")
    expect(headline(page)).to_have_text("·glitter")
    expect(page.locator(".pg-strip-prompt")).to_have_text("At·night·the·sky·is·full·of")


def test_generate_streams_a_text_and_follows_it(page):
    generate(page, "Once upon a time", 8)
    expect(page.locator(".pg-strip-prompt")).to_have_text("Once·upon·a·time")
    expect(ending(page)).to_have_text(re.compile("^ended"))
    count = tokens(page).count()
    assert 1 <= count <= 8
    expect(tokens(page).last).to_have_attribute("aria-selected", "true")
    expect(page.get_by_text(re.compile(r"first token \d"))).to_be_visible()
    expect(page.locator(".pg-bars-title")).to_contain_text(f"Step {count}")


def test_control_enter_generates(page):
    page.get_by_label("Prompt", exact=True).fill("Two and two")
    set_number(page, "Max new tokens", "3")
    page.get_by_label("Prompt", exact=True).press("Control+Enter")
    expect(page.locator(".pg-strip-prompt")).to_have_text("Two·and·two")
    expect(ending(page)).to_be_visible()


def test_steps_are_chosen_by_click_and_by_key(page):
    page.get_by_role("list", name="Branches").get_by_role("button").first.click()
    expect(tokens(page)).to_have_count(40)
    tokens(page).nth(3).click()
    expect(page.locator(".pg-bars-title")).to_contain_text("Step 4:")
    for key, number in [("ArrowRight", 5), ("ArrowLeft", 4), ("End", 40), ("ArrowRight", 40), ("Home", 1)]:
        strip(page).press(key)
        expect(page.locator(".pg-bars-title")).to_contain_text(f"Step {number}:")


def test_steps_from_a_new_prompt_write_the_text_that_generate_writes(fresh_page):
    page = fresh_page
    lock_seed(page)
    note = page.locator(".pg-prompt-note")
    expect(note).to_be_hidden()
    page.get_by_label("Prompt", exact=True).fill("The sky is")
    expect(note).to_contain_text("Step extends this text.")
    page.get_by_role("button", name="Step from the new prompt").click()
    expect(page.locator(".pg-strip-prompt")).to_have_text("The·sky·is")
    expect(note).to_be_hidden()
    for count in (1, 2, 3):
        expect(tokens(page)).to_have_count(count)
        expect(ending(page)).to_be_visible()
        step(page).click()
    expect(tokens(page)).to_have_count(4)
    expect(ending(page)).to_have_text("stopped")
    stepped = tokens(page).all_inner_texts()
    spoken = page.locator("#pg-decode .pg-spoken")
    expect(spoken).to_contain_text(f"Step 4: {stepped[-1]}, probability")
    set_number(page, "Max new tokens", "4")
    page.get_by_role("button", name="Generate").click()
    expect(ending(page)).to_have_text("ended at the limit of new tokens")
    expect(tokens(page)).to_have_text(stepped)
    expect(spoken).to_have_text(f"The text has 4 tokens: {''.join(stepped).replace('·', ' ').strip()}")


def test_each_generate_takes_a_new_seed_until_it_is_locked(fresh_page):
    page = fresh_page
    seed, prompt = page.get_by_label("Seed", exact=True), page.get_by_label("Prompt", exact=True)
    expect(lock(page)).to_have_attribute("aria-pressed", "false")
    expect(seed).to_have_value("5")
    prompt.fill("The sky is")
    set_number(page, "Max new tokens", "4")
    seen = []
    for place in (2, 3):
        page.get_by_role("button", name="Generate").click()
        expect(page.locator(".pg-branch-line [aria-current=true]")).to_have_text(f"{place} The sky is")
        expect(ending(page)).to_be_visible()
        expect(page.locator(".pg-said")).to_contain_text(f", seed {seed.input_value()}.")  # which the server used
        seen.append(seed.input_value())
    assert len({"5", *seen}) == 3
    before = tokens(page).all_inner_texts()
    lock(page).press("Enter")
    expect(lock(page)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator(".pg-branch-line [aria-current=true]")).to_have_text("4 The sky is")
    expect(ending(page)).to_be_visible()
    expect(tokens(page)).to_have_text(before)
    expect(seed).to_have_value(seen[-1])
    page.get_by_role("list", name="Branches").get_by_role("button").nth(1).click()
    expect(page.locator(".pg-said")).to_contain_text(f"seed {seen[0]}.")
    expect(seed).to_have_value(seen[-1])  # a locked seed stays
    lock(page).press(" ")
    expect(lock(page)).to_have_attribute("aria-pressed", "false")
    page.get_by_role("list", name="Branches").get_by_role("button").first.click()
    expect(seed).to_have_value("5")  # an unlocked one is that of the text in view
    seed.fill("77")
    expect(lock(page)).to_have_attribute("aria-pressed", "true")


def test_stop_ends_a_run_and_twice_is_fine(page, site, monkeypatch):
    hold_until_stopped(site.engine, monkeypatch, steps=3)
    page.get_by_role("button", name="Greedy", exact=True).click()
    generate(page, "Count: one two three", 500)
    expect(page.locator(".pg-strip-prompt")).to_have_text("Count:·one·two·three")
    expect(tokens(page).nth(2)).to_be_visible()
    temperatures = page.locator(".pg-temperatures")  # says nothing of the example, which was in view before
    names = temperatures.locator("tbody tr:nth-last-child(n + 3) th")
    expect(names).to_have_text(["…"] * 8)
    expect(temperatures.locator(".pg-drawn")).to_have_count(0)
    stop = page.get_by_role("button", name="Stop")
    stop.click()
    stop.click()
    expect(ending(page)).to_have_text("stopped")
    expect(names).not_to_have_text(["…"] * 8)
    expect(temperatures.locator(".pg-drawn")).to_have_count(1)
    site.wait_until(lambda: not site.engine.busy)
    assert tokens(page).count() < 500
    expect(page.get_by_role("alert").filter(visible=True)).to_have_count(0)
    page.get_by_role("button", name="Balanced", exact=True).click()


def test_the_chat_template_is_shown_and_used(page):
    page.get_by_label("Prompt", exact=True).fill("At night the sky is full of")
    page.locator(".sidebar").get_by_label("Chat template").check()
    unfold(page, "The prompt as the model reads it")
    templated = page.get_by_role("group", name="As the model reads it", exact=True)
    expect(templated).to_contain_text("<|im_start|>user⏎At·night·the·sky·is·full·of<|im_end|>")
    generate(page, "Hi", 3)
    expect(templated).to_contain_text("<|im_start|>user⏎Hi<|im_end|>")
    expect(page.locator(".pg-strip-prompt")).to_contain_text("<|im_start|>user⏎Hi<|im_end|>")
    fold(page, "The prompt as the model reads it")
    page.locator(".sidebar").get_by_label("Chat template").uncheck()


def test_a_refusal_is_a_sentence_and_the_text_in_view_stays(page):
    before = tokens(page).all_inner_texts()
    place = strip(page).bounding_box()
    generate(page, "word " * 9000)
    refusal = page.get_by_role("alert").filter(has_text="window of 8,192")
    expect(refusal).to_be_visible()
    assert strip(page).bounding_box() == place  # it lies over the page
    assert tokens(page).all_inner_texts() == before
    assert page.get_by_label("Prompt", exact=True).input_value() == "word " * 9000
    page.get_by_text("The candidates as a table").scroll_into_view_if_needed()
    expect(refusal).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Close the message").press("Enter")
    expect(refusal).to_be_hidden()
    expect(strip(page)).to_be_focused()
    page.get_by_role("button", name="Generate").click()
    expect(refusal).to_be_visible()
    generate(page, "The end", 2)
    expect(page.locator(".pg-strip-prompt")).to_have_text("The·end")
    expect(page.get_by_role("alert").filter(has_text="window")).to_have_count(0)


def test_an_empty_prompt_begins_from_the_start_token(page):
    generate(page, "", 3)
    expect(page.locator(".pg-strip-prompt")).to_have_text("<|im_start|>")
    expect(ending(page)).to_be_visible()


def test_hostile_text_is_shown_as_text(page):
    generate(page, HOSTILE, 3)
    expect(page.locator(".pg-strip-prompt")).to_contain_text("onerror=alert(1)>·${alert(2)}·{{alert(3)}}·<script>")
    expect(ending(page)).to_be_visible()
    assert page.locator(".pg-strip img, .pg-strip script").count() == 0


def test_a_closed_tab_frees_its_row_and_its_memory(site, another):
    held = site.engine.store.nbytes
    visitor = another()
    expect(tokens(visitor)).to_have_count(40)
    visitor.get_by_role("button", name="Greedy", exact=True).click()
    generate(visitor, "Count: one two three", 500)
    site.wait_until(lambda: site.engine.busy)
    expect(visitor.locator(".pg-strip-prompt")).to_have_text("Count:·one·two·three")
    expect(tokens(visitor).nth(2)).to_be_visible()
    visitor.close()
    site.wait_until(lambda: not site.engine.busy)
    site.wait_until(lambda: site.engine.store.nbytes <= held)


def test_two_visitors_at_once_see_only_their_own(page, another):
    other = another()
    expect(tokens(other)).to_have_count(40)
    generate(page, "Red is", 8)
    generate(other, "Blue is", 8)
    for visitor, prompt in ((page, "Red·is"), (other, "Blue·is")):
        expect(ending(visitor)).to_be_visible()
        expect(visitor.locator(".pg-strip-prompt")).to_have_text(prompt)


def test_on_a_phone_bars_stand_above_the_sheet_of_controls(page):
    page.set_viewport_size({"width": 390, "height": 844})
    above = """([bar, sheet]) => bar.getBoundingClientRect().bottom < sheet.getBoundingClientRect().top"""
    page.wait_for_function(above, arg=[one.element_handle() for one in (bars(page).nth(1), page.locator(".sidebar"))])
    expect(page.get_by_role("button", name="Generate")).to_be_in_viewport()
    page.set_viewport_size(VIEWPORT)


def test_quick_steps_all_count(fresh_page):
    """The example is finished and belongs to all visitors, so what follows it is a text of its own."""
    page = fresh_page
    example = tokens(page).all_inner_texts()
    for _ in range(4):
        step(page).click()
    expect(tokens(page)).to_have_count(44)
    expect(ending(page)).to_have_text("stopped")
    assert tokens(page).all_inner_texts()[:40] == example
    texts = page.get_by_role("list", name="Branches").get_by_role("button")
    expect(texts).to_have_text(["1 At night the sky is full of", "↳ 2 from step 41"])
    page.get_by_role("button", name="Undo").click()
    expect(tokens(page)).to_have_count(40)


def test_a_second_text_while_one_is_written_is_a_sentence_and_the_first_goes_on(page, site, monkeypatch):
    step, refused = site.engine.model.step, threading.Event()

    def held(*observed):
        assert refused.wait(timeout=60), "nothing was refused"
        return step(*observed)

    monkeypatch.setattr(site.engine.model, "step", held)
    generate(page, "Three and two", 3)
    expect(page.locator(".pg-strip-prompt")).to_have_text("Three·and·two")
    seed = page.get_by_label("Seed", exact=True)
    before = seed.input_value()
    lock(page).click()
    expect(lock(page)).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_role("alert").filter(has_text="still being generated. Press Stop first")).to_be_visible()
    page.evaluate(IDLE)
    expect(seed).to_have_value(before)  # what is refused takes no new seed
    refused.set()
    expect(tokens(page)).to_have_count(3)


def test_how_much_of_a_long_prompt_is_read_is_said_until_its_first_token(page, site, monkeypatch):
    prefill, seen = site.engine.model.prefill, threading.Event()

    def held(ids, cache, *further):
        assert cache.get_seq_length() == 0 or seen.wait(timeout=60), "the page did not say what is read"
        return prefill(ids, cache, *further)

    monkeypatch.setattr(site.engine.model, "prefill", held)
    prompt = "one two three " * 150
    generate(page, prompt, 3)
    status = page.locator(".pg-status")
    expect(status).to_contain_text(f"reading the text: 256 of {len(site.engine.model.tokenizer.encode(prompt))} tokens")
    seen.set()
    expect(tokens(page)).to_have_count(3)
    expect(status).not_to_contain_text("reading")
