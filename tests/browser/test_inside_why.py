"""Tests the pane Why in Chromium on the default model: the methods side by side, Stop, and the map of patching."""

import asyncio
import csv
import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Page, expect

from playground.inside.why import Question, Target, attributed, parts_of, patched
from tests.browser.attention import downloaded
from tests.browser.panes import expect_chosen, tokens
from tests.browser.seats import VIEWPORT
from tests.browser.visitor import open_view

pytestmark = [pytest.mark.browser, pytest.mark.model]

HOSTILE = "<img src=x onerror=alert(1)> ${alert(2)} \u202eabc\u202c The capital of France is"
PARIS = "The capital of France is"


@pytest.fixture
def page(shared_page):
    """The pane on a page that the tests of this file share. Each opens its own text."""
    shared_page.set_viewport_size(VIEWPORT)
    open_view(shared_page, "Why")
    for name in ("Leave one out", "Gradient × input"):
        box(shared_page, name).check()
    box(shared_page, "Integrated gradients").uncheck()
    pane(shared_page).get_by_label("Parts").select_option("words")
    return shared_page


def pane(page: Page):
    return page.locator("#pg-why")


def box(page: Page, method: str):
    return pane(page).get_by_role("checkbox", name=method)


def card(page: Page, method: str):
    return pane(page).get_by_role("region", name=method, exact=True)


def patch(page: Page):
    return pane(page).get_by_role("region", name="Patching", exact=True)


def look_at(page: Page, text: str) -> None:
    pane(page).get_by_label("Text to look at").select_option("a text of my own")
    pane(page).get_by_role("textbox", name="First text").fill(text)
    pane(page).get_by_role("button", name="Read").click()


def expect_answered(page: Page, *methods: str) -> None:
    for method in methods:
        expect(card(page, method).locator(".pg-why-sums")).to_contain_text("The", timeout=120_000)


def asked(question):
    """Returns the answer to an asynchronous question, beside Playwright's own event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, question).result()


def scores(site, text: str, target: str, **options) -> list[float]:
    encode = site.engine.model.tokenizer.encode
    question = Question(Target(encode(target)[0], scale="log_probability"), **options)
    ids = encode(text)
    return asked(attributed(site.engine, ids, parts_of(site.engine, ids, len(ids) - 1, question), question)).scores


def test_the_methods_stand_side_by_side_with_pythons_numbers(page, site):
    look_at(page, PARIS)
    expect_chosen(page, "·is")
    expect_answered(page, "Leave one out", "Gradient × input")
    expect(pane(page).locator(".pg-why-said")).to_contain_text(
        "raised the log-probability of “·Paris” after “·is” (5)?"
    )
    expect(pane(page).locator(".pg-why-agreement")).to_contain_text("No method is “the” explanation")
    rows = list(csv.DictReader(io.StringIO(downloaded(page, "bars", "Numbers (CSV)").decode("utf-8-sig"))))
    for method, name in (("leave_one_out", "Leave one out"), ("gradient_x_input", "Gradient × input")):
        told = [float(row[f"{name} (nats)"]) for row in rows]
        assert told == pytest.approx(scores(site, PARIS, " Paris", method=method), abs=1e-4)
    assert [row["text"] for row in rows] == ["The", "·capital", "·of", "·France", "·is"]

    # the chips are coloured by the numbers, and the bars are as long as the numbers say
    chips = card(page, "Leave one out").locator(".pg-why-parts .pg-token")
    told = [float(row["Leave one out (nats)"]) for row in rows]
    top = max(map(abs, told))
    shades = [int(shade) for shade in chips.evaluate_all("chips => chips.map((chip) => chip.dataset.differ)")]
    assert [(shade > 3) - (shade < 3) for shade in shades] == [
        (score > 0) - (score < 0) if abs(score) / top >= 1 / 6 else 0 for score in told
    ]
    widths = (
        pane(page).locator(".pg-why-bar").evaluate_all("bars => bars.map((bar) => bar.getBoundingClientRect().width)")
    )
    track = pane(page).locator(".pg-why-track").first.bounding_box()["width"]
    assert widths[::2] == pytest.approx([track * abs(score) / top / 2 for score in told], abs=1)
    colours = chips.evaluate_all("chips => chips.map((chip) => getComputedStyle(chip).backgroundColor)")
    assert len(set(colours)) == len(set(shades)) > 1


def test_another_token_and_a_rival_are_explained(page):
    look_at(page, PARIS)
    expect_answered(page, "Leave one out", "Gradient × input")
    before = card(page, "Gradient × input").locator(".pg-why-sums").inner_text()
    pane(page).get_by_label("rather than", exact=True).select_option("another")
    field = pane(page).get_by_role("searchbox", name="rather than: part of the token")
    expect(field).to_be_focused()
    field.fill("Rome")
    field.press("ArrowDown")
    found = pane(page).get_by_role("listbox", name="rather than: tokens found")
    expect(found).to_be_focused()
    found.select_option(label="“·Rome” id 7,268")
    expect(pane(page).locator(".pg-why-said")).to_contain_text("the log-probability of “·Paris” rather than “·Rome”")
    expect(pane(page).get_by_label("rather than", exact=True)).to_be_focused()
    expect_answered(page, "Leave one out", "Gradient × input")
    expect(card(page, "Gradient × input").locator(".pg-why-sums")).not_to_have_text(before)


def test_integrated_gradients_tell_their_progress_their_error_and_stop(page, site):
    look_at(page, "One two three four five six seven eight nine ten eleven twelve")
    expect_answered(page, "Leave one out", "Gradient × input")
    own = card(page, "Integrated gradients")
    box(page, "Integrated gradients").check()
    own.get_by_label("On the way:").select_option("300")
    expect(own.get_by_text(" of 300")).to_be_visible(timeout=60_000)
    own.get_by_role("button", name="Stop").click()
    expect(own.get_by_text("Stopped.")).to_be_visible()
    site.wait_until(lambda: not site.engine._errands)
    expect(card(page, "Leave one out").locator(".pg-why-parts")).to_be_visible()
    own.get_by_label("On the way:").select_option("20")
    expect(own.locator(".pg-why-sums")).to_contain_text("completeness error", timeout=120_000)
    expect(pane(page).locator(".pg-why-column")).to_have_count(3)


def test_hostile_tokens_are_text_and_a_phone_shows_everything(page):
    page.set_viewport_size({"width": 390, "height": 844})
    look_at(page, HOSTILE)
    expect_answered(page, "Leave one out", "Gradient × input")
    expect(card(page, "Leave one out").locator(".pg-why-parts")).to_contain_text("onerror")
    assert pane(page).locator(".pg-why-parts img, .pg-why-lines img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    pane(page).get_by_label("Parts").select_option("tokens")
    chips = card(page, "Leave one out").locator(".pg-why-parts .pg-token")
    expect(chips).to_have_count(tokens(page).get_by_role("option").count(), timeout=120_000)


def test_patching_brings_the_answer_back_where_it_is_written(page, site):
    own = patch(page)
    own.get_by_label("Two texts").select_option("A capital")
    own.get_by_role("button", name="Compute").click()
    canvas = own.locator("canvas")
    expect(canvas).to_be_visible(timeout=120_000)
    expect(own.get_by_text("After the clean text “·Paris” has 77")).to_be_visible()
    encode = site.engine.model.tokenizer.encode
    pair = [encode(f"The capital of {name} is") for name in ("France", "Italy")]
    found = asked(patched(site.engine, *pair, None))
    rows = list(csv.DictReader(io.StringIO(downloaded(page, "map of patching", "Numbers (CSV)").decode("utf-8-sig"))))
    for position, row in enumerate(rows):
        told = [float(row[f"block {block + 1}"]) for block in range(30)]
        assert told == pytest.approx([line[position] for line in found.recovered], abs=1e-4)

    # orange at “·France” in the first block and at “·is” in the last one, the middle colour elsewhere
    pixel = """([x, y]) => {
        const canvas = document.querySelector("#pg-why .pg-patch canvas");
        return Array.from(canvas.getContext("2d").getImageData(x, y, 1, 1).data);
    }"""
    written, nothing = page.evaluate(pixel, [0, 3]), page.evaluate(pixel, [0, 0])
    assert written == page.evaluate(pixel, [29, 4]) != nothing
    assert written[0] > written[2] + 100, "orange"
    page.evaluate("document.body.classList.add('dark')")
    page.wait_for_function(f"(old) => JSON.stringify(({pixel})([0, 3])) !== old", arg=str(written).replace(" ", ""))
    page.evaluate("document.body.classList.remove('dark')")

    area = own.locator(".pg-patch-area")
    area.click(position={"x": 2, "y": area.bounding_box()["height"] * 0.7})  # waits until the picture stays
    expect(own.locator(".pg-patch-numbers")).to_contain_text("Block 1 of 30, token 4 (“·France → ·Italy”): ")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(own.locator(".pg-patch-numbers")).to_contain_text("Block 2 of 30, token 5 (“·is”): ")
    expect(own.get_by_role("gridcell")).to_be_focused()


def test_texts_of_unequal_length_are_shown_and_filled_up(page):
    own = patch(page)
    own.get_by_role("textbox", name="Clean text").fill("The capital of Liechtenstein is")
    own.get_by_role("textbox", name="Corrupted text").fill("The capital of Italy is")
    expect(own.get_by_role("status").filter(has_text="The texts have 8 and 5 tokens")).to_be_visible()
    expect(own.get_by_role("group", name="Tokens of the clean text")).to_have_text(
        "The·capital·ofLiechtenstein·is".replace("Liech", "·Liech")
    )
    expect(own.get_by_role("button", name="Compute")).to_be_hidden()
    own.get_by_role("button", name="Fill the shorter one up").click()
    expect(own.get_by_role("status").filter(has_text="Both texts have 8 tokens.")).to_be_visible()
    expect(own.get_by_role("textbox", name="Clean text")).to_be_focused()
    expect(own.get_by_role("button", name="Compute")).to_be_visible()
    own.get_by_role("textbox", name="Clean text").fill("word " * 70)
    expect(
        own.get_by_text("The texts have 71 and 8 tokens, and patching takes at most 64. Shorten them.")
    ).to_be_visible()
