"""Tests the panes of "Inside the model" that look at a text of an encoder-only model."""

import re

import pytest
from playwright.sync_api import expect

from playground.engine.request import Limits
from playground.engine.starting import Bounds, start_engines
from playground.models.built_in import BUILT_IN
from playground.models.offer import offer
from tests import encoders, fakes
from tests.browser.conftest import served_together
from tests.browser.test_axe import found_by_axe
from tests.browser.visitor import bars, open_view

pytestmark = pytest.mark.browser
BLANKS = "fill-the-blank"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A server with a Llama that writes, a BERT that fills blanks, and the built-in ones."""
    folder = tmp_path_factory.mktemp("models")
    fakes.tiny("llama").save_pretrained(folder / "llama")
    fakes.byte_level_tokenizer().save_pretrained(folder / "llama")
    names = [str(folder / "llama"), encoders.folder(folder / "bert", "bert")]
    names += [str(BUILT_IN / name) for name in (BLANKS, "sentiment")]
    bounds = Bounds(Limits(), 10_000_000, 10_000_000)
    with served_together(start_engines([offer(name, "cpu") for name in names], bounds)) as site:
        yield site


@pytest.fixture
def page(chromium, site):
    """A visitor with the BERT chosen. The test fails on an error in the console."""
    faults = []
    with chromium.new_page(viewport={"width": 1440, "height": 900}) as page:
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(site.url)
        expect(bars(page)).not_to_have_count(0)
        page.get_by_label("Model", exact=True).select_option("bert")
        expect(page.locator(".pg-picker .pg-detail")).to_contain_text("heads")
        yield page
    assert faults == []


def test_attention_shows_a_square_and_follows_a_token_and_an_own_text(page):
    open_view(page, "Attention")
    pane = page.locator("#pg-attention")
    expect(pane.get_by_text("All heads at “[MASK]”")).to_be_visible()
    grid = pane.get_by_role("grid", name="Attention map of the text")
    expect(grid).to_be_visible()
    assert [grid.get_attribute(f"aria-{side}count") for side in ("row", "col")] == ["9", "9"]
    expect(pane.get_by_text("at those before it and at those after it")).to_be_visible()
    expect(pane.get_by_role("button", name=re.compile("witch"))).to_have_count(0)
    pane.get_by_label("Text to look at").select_option("a text of my own")
    pane.get_by_label("First text").fill("a red cat ___")
    pane.get_by_role("button", name="Read", exact=True).click()
    tokens = pane.get_by_role("listbox").first.get_by_role("option")
    expect(tokens).to_have_count(6)
    expect(pane.get_by_text("All heads at “[MASK]” (5)")).to_be_visible()
    tokens.first.click()
    expect(pane.get_by_text("All heads at “[CLS]” (1)")).to_be_visible()
    tokens.last.click(modifiers=["Shift"])  # a token that comes after the one that looks
    expect(pane.locator(".pg-weight-said").first).to_contain_text("“[CLS]” (1) → “[SEP]” (6): weight")
    found = found_by_axe(page)
    assert found == {name: [] for name in found}
    pane.get_by_label("Mark heads by").select_option("to the token after")
    expect(pane.get_by_role("list", name="Strongest heads").get_by_role("button")).to_have_count(5)
    pane.get_by_text("as BertViz draws it").click()
    frame = pane.frame_locator("iframe")
    expect(frame.get_by_text("cat").first).to_be_visible()


def test_layers_are_read_through_the_head_and_the_logit_is_a_sum(page):
    open_view(page, "Layers")
    pane = page.locator("#pg-layers")
    grid = pane.get_by_role("grid", name="Logit lens")
    expect(grid).to_be_visible()
    assert [grid.get_attribute(f"aria-{side}count") for side in ("row", "col")] == ["9", "4"]
    said = pane.locator(".pg-lens > .pg-lens-said")
    expect(said).to_contain_text("after all 3 layers, in the place of “[MASK]” (7): ")
    expect(pane.get_by_text("The same bars as those of a blank on Fill")).to_be_visible()
    who = pane.get_by_role("figure").filter(has=page.get_by_role("heading", name="Who wrote the logit"))
    expect(who.locator(".pg-logit-terms-sum")).to_contain_text(
        re.compile("logit .* = embedding .* remainder [+−]?0.00")
    )
    expect(who.get_by_text("The function that bends the numbers in the head is frozen too")).to_be_visible()
    found = found_by_axe(page)
    assert found == {name: [] for name in found}


def test_picture_ends_with_the_head_of_the_model_and_opens_its_panes(page):
    open_view(page, "Picture")
    pane = page.locator("#pg-picture")
    expect(pane.get_by_text("bert from text to blank, with the vector at “[MASK]” (7)")).to_be_visible()
    plan = pane.get_by_role("listbox", name="Parts of the model, from text to token")
    names = ["Token ids", "Embedding", "Positions", "", "Attention", "+", "Feed-forward", "+"]
    assert plan.get_by_role("option").locator("b").all_text_contents() == [
        *names,
        "Head",
        "Unembedding",
        "Softmax",
        "Blank",
    ]
    expect(pane.get_by_text("a norm stands in the stream after each sum (+)")).to_be_visible()
    expect(pane.get_by_text("and all begins again")).to_have_count(0)
    lengths = pane.get_by_text("The lengths of the vector, block by block, as a table")
    lengths.click()
    expect(pane.get_by_role("rowheader", name="after block 2")).to_be_visible()
    found = found_by_axe(page)
    assert found == {name: [] for name in found}
    plan.get_by_role("option", name=re.compile("^Head ")).click()
    expect(page.get_by_role("tab", name="Layers", exact=True)).to_have_attribute("aria-selected", "true")
    page.get_by_label("Model", exact=True).select_option(BLANKS)
    open_view(page, "Picture")
    expect(pane.get_by_text("Where the 1,644,088 parameters of fill-the-blank are")).to_be_visible()


def test_embeddings_are_those_that_the_model_reads_and_a_word_comes_apart_in_two_sentences(page):
    page.get_by_label("Model", exact=True).select_option(BLANKS)
    open_view(page, "Embeddings")
    pane = page.locator("#pg-embeddings")
    expect(pane.get_by_text("“·cat” and “·dog”: the angle is")).to_be_visible()
    expect(pane.get_by_text("Left out, because only a single token has a vector: “lion” is 4 tokens")).to_be_visible()
    expect(pane.get_by_text("This model uses one matrix (1,016 × 192) at both ends")).to_be_visible()
    pane.get_by_role("button", name="The chosen token of the text").click()
    expect(pane.get_by_text("The 12 tokens nearest to “[MASK]” among 1,016")).to_be_visible()
    expect(pane.get_by_text("“·orange” of A with “·orange” of B, and with “·orange” of C")).to_be_visible()
    expect(pane.get_by_text("Only what stands before and after a token can change its vector.")).to_be_visible()
    pane.get_by_role("textbox", name="Text B").fill("His cat is orange")
    pane.get_by_role("button", name="Compare").click()
    expect(pane.get_by_role("listbox", name="Tokens of text B").get_by_role("option", selected=True)).to_have_text(
        "·orange"
    )


def test_positions_show_the_sum_that_enters_and_what_the_order_is_worth(page):
    page.get_by_label("Model", exact=True).select_option(BLANKS)
    open_view(page, "Positions")
    pane = page.locator("#pg-positions")
    expect(
        pane.get_by_text("fill-the-blank adds a learned vector to the token’s vector for each of its 128")
    ).to_be_visible()
    sums = pane.get_by_role("figure", name="What enters the first layer at “[MASK]”")
    expect(sums.get_by_role("row")).to_have_count(4)
    assert [sums.get_by_role("rowheader").nth(row).text_content() for row in range(3)] == [
        "token",
        "token type",
        "position",
    ]
    assert sums.get_by_role("cell").nth(6).text_content() == "6"  # the row of the position
    moved = pane.get_by_role("figure", name="Tokens with another order")
    expect(moved.get_by_role("row").nth(1)).to_contain_text("·Paris")
    expect(moved.get_by_text("In the other order the most probable token is “·of”, not “·Paris”")).to_be_visible()
    pane.get_by_role("option", name="·France").click()
    expect(moved.get_by_text("What stands in the place of “·France”, with the same words")).to_be_visible()
    found = found_by_axe(page)
    assert found == {name: [] for name in found}


def test_why_names_the_words_that_fill_the_blank_and_those_that_give_the_label(page):
    page.get_by_label("Model", exact=True).select_option(BLANKS)
    open_view(page, "Why")
    pane = page.locator("#pg-why")
    expect(pane.locator(".pg-why-said")).to_contain_text("of “·Paris” in the place of “[MASK]” (7)?")
    expect(pane.get_by_label("Explain", exact=True).locator("option").first).to_contain_text("the most probable token")
    said = pane.locator(".pg-why-said")
    first = pane.get_by_role("region", name="Leave one out")
    words = first.locator(".pg-why-parts .pg-token")
    expect(words).to_have_text(["·The", "·capital", "·of", "·France", "·is", "·."])
    expect(pane.get_by_text("Patching: where is the answer written?")).not_to_be_visible()
    pane.get_by_role("option", name="·France").click()
    expect(said).to_contain_text("in the place of “·France” (5), which the model reads as its mask")
    expect(pane.get_by_label("Explain", exact=True).locator("option").first).to_contain_text("own token, “·France”")
    expect(words).to_have_text(["·The", "·capital", "·of", "·is", "[MASK]", "·."])
    found = found_by_axe(page)
    assert found == {name: [] for name in found}
    page.get_by_label("Model", exact=True).select_option("sentiment")
    expect(said).to_contain_text("log-probability of “Negative” for the whole text?")
    expect(words).to_have_text(["·The", "·film", "·is", "·not", "·good", "·."])
    assert pane.get_by_label("Explain", exact=True).locator("option").count() == 2
    pane.get_by_label("Explain", exact=True).select_option(label="“Positive” 0.0294 %")
    expect(said).to_contain_text("log-probability of “Positive” for the whole text?")


def test_a_text_that_cannot_be_read_is_refused_in_a_sentence(page):
    open_view(page, "Attention")
    pane = page.locator("#pg-attention")
    pane.get_by_label("Text to look at").select_option("a text of my own")
    pane.get_by_label("First text").fill(" ")
    pane.get_by_role("button", name="Read", exact=True).click()
    expect(pane.get_by_text("The text is empty. Write one.")).to_be_visible()
