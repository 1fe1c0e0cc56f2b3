"""Tests the Decode tab's strip, coloured by attention. Compares its weights with transformers' own."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.attention import follow_decode, row, tab, true_attention
from tests.browser.visitor import ending, generate, open_view, strip, tokens

pytestmark = [pytest.mark.browser, pytest.mark.model]

SHOWN = 6e-4
"""The error of a weight written with three decimals."""

RECOMPUTED = "This row was computed again in bfloat16 and may differ slightly from the one that chose the token."


@pytest.fixture
def page(example):
    """The example, which most tests of this file use."""
    return example


def chips(page: Page):
    """Returns every token of the Decode tab's strip, the prompt's too."""
    return page.locator(".pg-strip .pg-token")


def example_ids(page: Page, site) -> list[int]:
    config = page.request.get(f"{site.url}/config").json()
    told = next(part["props"]["value"] for part in config["components"] if part["props"].get("elem_id") == "pg-decode")
    return told["header"]["prompt_ids"] + [step["token_id"] for step in told["steps"]]


def colour_by_attention(page: Page, layer: int, head: str) -> None:
    page.get_by_label("Colour by").select_option("attention")
    decode = page.locator("#pg-decode")
    decode.get_by_label("Layer", exact=True).select_option(str(layer))
    decode.get_by_label("Head", exact=True).select_option(head)


@pytest.mark.parametrize("head", ["3", "mean", "max"])
def test_the_tokens_before_a_step_are_shaded_by_what_it_gave_them(page, site, head):
    colour_by_attention(page, 5, head)
    tokens(page).nth(9).click()
    ids = example_ids(page, site)
    position = len(ids) - 40 + 9
    expect(chips(page).nth(position - 1)).to_have_attribute("data-heat", re.compile(r"\d"))
    heads = true_attention(site, ids)[5, :, position - 1, :position]
    wanted = {"mean": heads.mean(0), "max": heads.amax(0)}.get(head, heads[3])
    told = [chips(page).nth(key).get_attribute("title") for key in range(position)]
    shown = [float(re.match(r"weight <?([\d.]+)", title)[1]) for title in told]
    assert shown == pytest.approx(wanted.tolist(), abs=1e-3)
    assert all(chips(page).nth(key).get_attribute("data-heat") for key in range(position))
    assert chips(page).nth(position).get_attribute("data-heat") is None, "a step has not seen its own token"


def test_the_first_token_is_hidden_and_the_rest_rescaled_or_not(page, site):
    colour_by_attention(page, 15, "mean")
    first, hide = chips(page).first, page.locator("#pg-decode").get_by_label("hide the first token")
    expect(first).to_have_attribute("data-heat", "hidden")
    expect(first).to_have_attribute("title", re.compile(r"weight 0\.\d{3}, hidden"))
    expect(
        page.get_by_text(re.compile(r"The first token is hidden \(0\.\d+ of this row\) and the rest is rescaled"))
    ).to_be_visible()
    rescaled = [title.split("rescaled ")[1] for title in titles(page, 1, 7)]
    assert sum(map(float, rescaled)) == pytest.approx(1, abs=6 * SHOWN)
    hide.uncheck()
    expect(first).to_have_attribute("data-heat", "7")
    expect(page.get_by_text(re.compile(r"The first token takes 0\.\d+ of this row.*Xiao et al. 2023"))).to_be_visible()
    whole = [title.removeprefix("weight ") for title in titles(page, 0, 7)]
    assert sum(map(float, whole)) == pytest.approx(1, abs=7 * SHOWN)
    hide.check()
    expect(first).to_have_attribute("data-heat", "hidden")


def titles(page: Page, first: int, end: int) -> list[str]:
    return [chips(page).nth(key).get_attribute("title") for key in range(first, end)]


def test_a_weight_is_told_by_pointer_and_by_key(page):
    colour_by_attention(page, 5, "3")
    said = page.locator("#pg-decode .pg-weight-said")
    expect(said).to_contain_text("Layer 5, head 3 gives most to")
    chips(page).nth(2).hover()
    expect(said).to_have_text(re.compile(r"Layer 5, head 3 → “·the”: weight 0\.\d{3}, rescaled 0\.\d{3}"))
    page.mouse.move(0, 0)
    strip(page).press("Shift+ArrowLeft")
    expect(said).to_contain_text("→ “·of”")
    strip(page).press("Shift+ArrowLeft")
    expect(said).to_contain_text("→ “·full”")
    strip(page).press("ArrowRight")
    expect(said).to_contain_text("gives most to")


def test_shades_come_while_a_text_streams_and_go_with_the_colour(fresh_page):
    fresh_page.get_by_label("Colour by").select_option("attention")
    fresh_page.get_by_role("button", name="Greedy", exact=True).click()
    generate(fresh_page, "Count: one two three", 200)
    expect(fresh_page.locator(".pg-strip-prompt")).to_have_text("Count:·one·two·three")
    expect(fresh_page.locator(".pg-strip-prompt [data-heat]")).to_have_count(5)
    fresh_page.get_by_role("button", name="Stop").click()
    expect(ending(fresh_page)).to_be_visible()
    fresh_page.get_by_label("Colour by").select_option("probability")
    expect(fresh_page.locator(".pg-strip [data-heat]")).to_have_count(0)


def test_the_textbook_step_says_that_nothing_looked(page):
    page.get_by_label("Colour by").select_option("attention")
    page.get_by_role("button", name="Example from the course").click()
    expect(page.get_by_text("its attention is not available")).to_be_visible()
    expect(page.locator(".pg-strip [data-heat]")).to_have_count(0)


def test_a_model_that_shows_no_attention_is_told_in_a_sentence(fresh_page, site):
    reason = "This model returns no attention. Choose another model."
    facts = fresh_page.request.get(f"{site.url}/playground/attention.json").json() | {"reason": reason}
    fresh_page.route("**/attention.json", lambda route: route.fulfill(json=facts))
    fresh_page.get_by_label("Colour by").select_option("attention")
    expect(fresh_page.locator("#pg-decode").get_by_text(reason)).to_be_visible()
    open_view(fresh_page, "Attention")
    expect(tab(fresh_page).get_by_text(reason)).to_be_visible()
    expect(row(fresh_page)).to_be_hidden()


def test_weights_that_were_computed_again_in_a_rounding_dtype_say_so(fresh_page):
    said = fresh_page.locator("#pg-decode .pg-weight-said")
    colour_by_attention(fresh_page, 5, "3")
    expect(said).to_contain_text("Layer 5, head 3 gives most to")

    def rounded(route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers=answer.headers | {"X-Recomputed": "bfloat16"})

    fresh_page.route("**/attention/rows/*", rounded)
    tokens(fresh_page).nth(9).click()
    expect(said).to_have_text(re.compile(r"; entropy .* bits\. " + re.escape(RECOMPUTED) + "$"))
    open_view(fresh_page, "Attention")
    follow_decode(fresh_page)
    expect(tab(fresh_page).locator(".pg-weight-said").first).to_contain_text(RECOMPUTED)
    fresh_page.unroute("**/attention/rows/*")
    open_view(fresh_page, "Decode")
    tokens(fresh_page).nth(20).click()
    expect(said).to_have_text(re.compile(r"; entropy .* bits$"))
