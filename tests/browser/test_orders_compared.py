"""Tests the fold of the Decode tab that compares two orders of the same settings at one step."""

import csv
import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from playground.web.reshaping import Asked, reshaped
from tests.browser.chain import put
from tests.browser.dress import size
from tests.browser.visitor import ending, requested, set_number, settle

pytestmark = [pytest.mark.browser, pytest.mark.model]

SETTINGS = {"temperature": 0.8, "top_k": 40, "top_p": 0.9}
"""Those of the example that the page opens with."""


@pytest.fixture
def page(example):
    return example


@pytest.fixture
def fold(page):
    """The fold, open."""
    settle(page)
    fold = page.locator("#pg-decode .pg-two-orders")
    if fold.get_attribute("open") is None:
        fold.locator("summary").click()
    fold.get_by_label("First order").select_option("in view")
    fold.get_by_label("Second order").select_option("llama.cpp")
    return fold


def row_of(page: Page) -> list[float]:
    """Returns the logits of the first step, as the server gives them to the page."""
    address = page.evaluate(
        'performance.getEntriesByType("resource").map(({ name }) => name).find((name) => name.endsWith("/logits/0"))'
    )
    return np.frombuffer(page.request.get(address).body(), "<f4").tolist()


def shares(row: list[float], order: str, **settings: float) -> dict[int, float]:
    answer = reshaped(Asked.of(row, [], SETTINGS | settings, order))
    return {token["token_id"]: token["probability"] for token in answer["tokens"]}


def saved_tokens(page: Page, fold) -> list[dict[str, str]]:
    """Returns the lines of the CSV file."""
    fold.get_by_role("button", name="Export the comparison of two orders").click()
    with page.expect_download() as saved:
        fold.get_by_role("menuitem", name="Tokens (CSV)").click()
    assert saved.value.suggested_filename == "orders-step-1.csv"
    return list(csv.DictReader(saved.value.path().read_text(encoding="utf-8-sig").splitlines()))


@pytest.mark.parametrize(("other", "called"), [("llama.cpp", "llama.cpp"), ("vllm", "vLLM"), ("openai", "OpenAI")])
def test_both_orders_have_the_probabilities_of_the_stages_in_python(page, fold, other, called):
    put(page, "min-p", "0.02")
    fold.get_by_label("Second order").select_option(other)
    row = row_of(page)
    found = saved_tokens(page, fold)
    for name, order in [("transformers", "transformers"), (called, other)]:
        expected = shares(row, order, min_p=0.02)
        told = {int(line["token_id"]): float(line[f"probability in {name}"]) for line in found}
        assert {one for one in told if told[one] > 0} == expected.keys()
        assert [told[one] for one in expected] == pytest.approx([*expected.values()], abs=1e-9)
        assert all(bool(line[f"removed in {name} by"]) == (told[int(line["token_id"])] == 0) for line in found)


def test_the_sentence_the_measures_and_the_bars_tell_one_story(page, fold):
    row = row_of(page)
    ours, theirs = shares(row, "transformers"), shares(row, "llama.cpp")
    said = fold.locator(".pg-two-said")
    expect(said).to_contain_text("In transformers, temperature comes before top-k and top-p; in llama.cpp, after them.")
    expect(said).to_contain_text(f"So llama.cpp keeps {len(theirs)} tokens where transformers keeps {len(ours)}.")
    apart = sum(abs(ours.get(one, 0) - theirs.get(one, 0)) for one in ours | theirs) / 2
    bits = sum(share * np.log2(share / theirs[one]) for one, share in ours.items())
    measures = fold.locator(".pg-two-measures")
    expect(measures).to_contain_text(f"total variation {100 * apart:#.3g} %")
    expect(measures).to_contain_text(
        f"KL(transformers ‖ llama.cpp) = {bits:.3g} bits · KL(llama.cpp ‖ transformers) = ∞"
    )
    lone = len(theirs.keys() - ours.keys())
    expect(fold).to_contain_text(f"KL is infinite because llama.cpp keeps {lone} tokens that transformers removes.")
    table = fold.get_by_role("table", name="The most probable tokens in both orders")
    first = table.get_by_role("row").nth(1)
    best = max(ours, key=lambda one: ours[one])
    expect(first.get_by_role("cell")).to_have_text(["", f"{100 * ours[best]:#.3g} %", f"{100 * theirs[best]:#.3g} %"])
    widths = first.locator("[class*=pg-two-fill]").evaluate_all(
        "all => all.map(({ style }) => parseFloat(style.width))"
    )
    assert widths[0] / widths[1] == pytest.approx(ours[best] / theirs[best], rel=1e-3)
    expect(table.get_by_role("cell", name="removed by top-p").first).to_be_visible()


def test_it_follows_the_sliders_without_the_server(page, fold):
    said = fold.locator(".pg-two-said")
    with requested(page) as requests:
        set_number(page, "Top-k", "3")
        expect(said).to_contain_text(re.compile("So llama.cpp keeps|Here that makes no difference"))
        expect(fold.locator(".pg-two-sequences")).to_contain_text("top-k 3 leaves 3")
        set_number(page, "Temperature", "1")
        expect(said).to_have_text(
            "Both orders do the same: they run the stages that are on in one sequence, top-k → top-p."
        )
        expect(fold.get_by_role("table")).to_be_hidden()
        set_number(page, "Top-p", "1")
        expect(said).to_have_text("Both orders do the same: only top-k is on.")
    assert [one.url for one in requests if "/gradio_api/" not in one.url] == []


def test_the_two_orders_are_never_the_same(fold):
    first, second = fold.get_by_label("First order"), fold.get_by_label("Second order")
    expect(first.locator("option").first).to_have_text("in view: transformers")
    first.select_option("llama.cpp")
    expect(second).to_have_value("transformers")
    expect(second.locator("option[value='llama.cpp']")).to_be_disabled()
    expect(fold.locator(".pg-two-sequences li")).to_contain_text(["llama.cpp", "transformers"])


def test_the_picture_can_be_saved(page, fold):
    fold.get_by_role("button", name="Export the comparison of two orders").click()
    with page.expect_download() as saved:
        fold.get_by_role("menuitem", name="Picture (SVG)").click()
    picture = saved.value.path().read_text()
    assert "Step 1: the most probable tokens after all stages, in both orders" in picture
    assert "Why does the order matter?" in picture


def test_the_text_is_written_again_in_the_other_order_with_its_seed(page, fold):
    fold.get_by_role("button", name="Write it again in the order of llama.cpp").click()
    told = page.locator("#pg-decode .pg-said")
    expect(told).to_contain_text(re.compile(r"Generated with Sample, .*temperature 0\.8, order llama\.cpp, seed 5\."))
    expect(fold.get_by_label("First order").locator("option").first).to_have_text("in view: llama.cpp")
    expect(fold.get_by_role("button", name="Write it again in the order of transformers")).to_be_visible()
    expect(ending(page)).to_be_visible()


@pytest.mark.parametrize("window", ["laptop", "phone"])
def test_nothing_of_it_is_wider_than_the_page(page, fold, window):
    size(page, window)
    inner, outer = fold.evaluate("(fold) => [fold.scrollWidth, fold.clientWidth]")
    size(page, "laptop")
    assert inner <= outer
