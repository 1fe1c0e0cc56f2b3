"""Tests Embeddings and Positions of encoder–decoders in a browser: a word of three sources, and T5's biases."""

import pytest
from playwright.sync_api import expect

from playground.engine.request import Limits
from playground.engine.starting import Bounds, start_engines
from playground.inside.biases import relative_biases
from playground.models.built_in import BUILT_IN
from playground.models.offering import Asked, offers
from tests import encoder_decoders
from tests.browser.conftest import served_together
from tests.browser.test_axe import found_by_axe
from tests.browser.visitor import open_view
from tests.fakes import byte_level_tokenizer

pytestmark = pytest.mark.browser

TRANSLATOR = "french-english"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "t5"
    encoder_decoders.tiny("t5").save_pretrained(folder)
    byte_level_tokenizer().save_pretrained(folder)
    made = offers(Asked([str(folder)], built_in=[BUILT_IN / TRANSLATOR], device="cpu"))
    with served_together(start_engines(made, Bounds(Limits(), 0, 2**26))) as site:
        yield site


@pytest.fixture
def page(chromium, site):
    """A visitor with the T5. The test fails on an error of a script."""
    faults = []
    with chromium.new_page(viewport={"width": 1440, "height": 900}) as page:
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(site.url)
        yield page
    assert faults == []


def test_a_word_of_three_sources_comes_apart_in_the_encoder(page):
    page.get_by_label("Model", exact=True).select_option(TRANSLATOR)
    expect(page.get_by_label("Text for the encoder to read")).to_have_value("J'aime l'apprentissage automatique")
    open_view(page, "Embeddings")
    pane = page.locator("#pg-embeddings")
    expect(pane.get_by_text("The vectors are those of the encoder")).to_be_visible()
    expect(pane.get_by_text("“·porte” of A with “·porte” of B, and with “·porte” of C")).to_be_visible()
    expect(pane.get_by_text("A and B begin at 1.000, are least alike after layer 1")).to_be_visible()
    pane.get_by_role("button", name="Put the text above into A").click()
    taken = pane.get_by_role("listbox", name="Tokens of text A").get_by_role("option")
    expect(taken.last).to_have_text("</s>")
    expect(taken.nth(-2)).to_have_attribute("aria-selected", "true")


def test_the_biases_of_t5_are_drawn_for_the_encoder_and_for_the_decoder(page):
    encoder, decoder = relative_biases(encoder_decoders.tiny("t5"))
    open_view(page, "Positions")
    pane = page.locator("#pg-positions")
    expect(pane.get_by_text("t5 adds no vector: each head adds a learned number to a score")).to_be_visible()
    expect(pane.get_by_label("Way to know the order")).to_have_value("relative")
    said = pane.locator(".pg-positions-said")
    cell = pane.locator(".pg-positions-area").get_by_role("gridcell")
    cell.focus()
    page.keyboard.press("ArrowDown")
    expect(said).to_contain_text(f"head 1, encoder, distance ≤ −91: {shown(encoder.heads[1][0])} is added to the score")
    pane.get_by_label("Biases of").select_option("decoder")
    cell.focus()
    page.keyboard.press("End")
    told = f"decoder, distance 0: {shown(decoder.heads[1][-1])} is added to the score"
    expect(said).to_contain_text(told)
    open_view(page, "Embeddings")
    open_view(page, "Positions")  # the pane is drawn again, as it is when an answer of the server comes
    expect(said).to_contain_text(told)
    pane.get_by_text("The cells as a table").click()
    expect(pane.get_by_role("columnheader", name="−15", exact=True)).to_be_visible()
    expect(pane.get_by_role("figure", name="Tokens with another order")).to_be_visible()
    found = found_by_axe(page)
    assert found == {name: [] for name in found}
    pane.get_by_label("Way to know the order").select_option("learned")
    expect(pane.get_by_label("Biases of")).to_be_hidden()


def shown(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
