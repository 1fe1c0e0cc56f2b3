"""Tests the watermark on the Decode tab: which tokens of the text are marked as green, and what is said of them."""

import re

import pytest
from playwright.sync_api import Page, expect

from playground.decoding.green_list import detected
from tests.browser.chain import add, type_in_card
from tests.browser.visitor import generate, settle, tokens

pytestmark = [pytest.mark.browser, pytest.mark.model]

RATIO, KEY = 0.25, 15485863


@pytest.fixture
def page(example):
    settle(example)
    return example


def line(page: Page):
    return page.locator("#pg-decode .pg-watermark")


def green(page: Page) -> list[bool]:
    """Returns whether each generated token is marked."""
    return tokens(page).evaluate_all("(all) => all.map((token) => token.classList.contains('pg-green'))")


def ids_of(page: Page) -> list[int]:
    """Returns the last id of the prompt and those of the text, as the page asks for them."""
    with page.expect_request(re.compile("/watermark")) as asked:
        add(page, "watermark")
    return asked.value.post_data_json["ids"]


def test_without_the_watermark_nothing_is_marked(page):
    expect(line(page)).to_be_hidden()
    assert not any(green(page))


def test_the_green_tokens_are_those_of_the_detector(page, site):
    found = detected(ids_of(page), 1, site.engine.model.vocabulary_size, RATIO, KEY)
    many, count = sum(found.is_green), len(found.is_green)
    said = f"{many} of {count} tokens {'is' if many == 1 else 'are'} green, where {RATIO * count:g} are expected"
    expect(line(page)).to_contain_text(f"{said}: z = {found.z_score:.1f}.")
    assert green(page) == list(found.is_green)
    for token, is_green in zip(tokens(page).all(), found.is_green, strict=True):
        assert ("green" in token.get_attribute("title").split(", ")) is is_green


def test_a_text_with_the_watermark_is_told_from_one_without(fresh_page):
    page = fresh_page
    settle(page)
    add(page, "watermark")
    expect(line(page)).to_contain_text("A text without this watermark reaches this z")
    expect(line(page)).not_to_contain_text("very probably")
    type_in_card(page, "watermark", "10")
    generate(page, "The sky", 24)
    expect(line(page)).to_contain_text("so that the text very probably has it")
    expect(line(page)).to_contain_text(f"{sum(green(page))} of 24 tokens are green, where 6 are expected")
