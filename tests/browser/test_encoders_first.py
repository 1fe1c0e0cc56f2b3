"""Tests a page whose first model is encoder-only: where it opens, and what it says where no model writes."""

from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from playground.engine.request import Limits
from playground.engine.starting import Bounds, start_engines
from playground.models.built_in import BUILT_IN
from playground.models.offer import offer
from tests import encoders, fakes
from tests.browser.conftest import served_together
from tests.browser.visitor import VIEWS, bars, ending, open_view

pytestmark = pytest.mark.browser
BOUNDS = Bounds(Limits(), 10_000_000, 10_000_000)
SERVED = ("Picture", "Families", "Tokens", "Embeddings", "Positions", "Attention", "Layers", "Why")


@contextmanager
def visited(chromium, names):
    """A new visitor of a server with these models. An error in the console fails the test."""
    faults = []
    engines = start_engines([offer(name, "cpu") for name in names], BOUNDS)
    with served_together(engines) as site, chromium.new_page(viewport={"width": 1440, "height": 900}) as page:
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(site.url)
        yield page
    assert faults == []


def test_with_encoder_only_models_alone_fill_is_open_and_each_view_shows_something_or_says_why(chromium):
    with visited(chromium, [str(BUILT_IN / "fill-the-blank")]) as page:
        expect(page.get_by_role("tab", name="Fill", exact=True)).to_have_attribute("aria-selected", "true")
        expect(page.get_by_role("tab", name="Decode", exact=True)).to_have_count(0)
        page.get_by_label("Text with a blank").fill("The capital of Japan is ___.")
        expect(bars(page)).not_to_have_count(0)
        page.get_by_label("Text with a blank").fill("The capital of Brazil is ___.")
        expect(page.get_by_text("‘Brazil’ is not among the 827 words that this small model knows.")).to_be_visible()
        page.get_by_label("Text with a blank").fill("The capital of france is ___.")
        expect(page.get_by_text("Capital letters count: it knows ‘France’.")).to_be_visible()
        said = page.locator(".pg-unserved p")
        for name in VIEWS:
            if name == "Decode":
                continue
            open_view(page, name)
            if name in SERVED:
                expect(said).not_to_be_visible()
            else:
                expect(said).to_contain_text("fill-the-blank writes none: it fills blanks.")
                expect(page.get_by_role("button", name="Open Fill")).to_be_visible()
        open_view(page, "Beams")
        page.get_by_role("button", name="Open Fill").click()
        expect(bars(page).first).to_be_visible()
        page.reload()
        expect(bars(page)).not_to_have_count(0)


def test_the_first_model_decides_where_the_page_opens_and_one_that_writes_can_be_chosen(chromium, tmp_path):
    fakes.tiny("llama").save_pretrained(tmp_path / "llama")
    fakes.byte_level_tokenizer().save_pretrained(tmp_path / "llama")
    with visited(chromium, [encoders.folder(tmp_path / "bert", "bert"), str(tmp_path / "llama")]) as page:
        expect(page.get_by_role("tab", name="Fill", exact=True)).to_have_attribute("aria-selected", "true")
        expect(page.get_by_label("Model", exact=True)).to_have_value("bert")
        expect(page.locator("#pg-fill").locator(".pg-bar[data-kind=token]")).not_to_have_count(0)
        page.get_by_label("Model", exact=True).select_option("llama")
        expect(page.get_by_role("tab", name="Decode", exact=True)).to_have_attribute("aria-selected", "true")
        expect(page.locator("#pg-decode").locator(".pg-bar[data-kind=token]")).not_to_have_count(0)
        page.get_by_role("button", name="Generate", exact=True).click()
        expect(ending(page)).to_contain_text("ended")
