"""Tests the Attention tab: all heads, one head's map, visitors' own texts. Compares its numbers with transformers."""

import re

import pytest
import torch
from playwright.sync_api import Page, expect

from tests.browser.attention import (
    downloaded,
    drawn,
    encoded,
    follow_decode,
    look_at,
    numbers,
    open_tab,
    query,
    row,
    tab,
    true_attention,
    widths,
)
from tests.browser.seats import VIEWPORT
from tests.browser.visitor import generate, open_view, requested, tokens

pytestmark = [pytest.mark.browser, pytest.mark.model]

HOSTILE = "<img src=x onerror=alert(1)> ${alert(2)} {{alert(3)}} <b>bold</b> & &amp; --pg-accent"
BOOK = "The teacher taught the students with the book."
PAGE_ERROR = 2e-5
"""The error of a weight that is sent quantised. The page states it."""
ROW_ERROR = 2**-12 + PAGE_ERROR
"""The error of a step's weight, which is recorded as float16 before it is quantised."""


@pytest.fixture(scope="module")
def choices(shared_page):
    """The values of the tab's lists when it opens, by name."""
    open_tab(shared_page)
    return {name: chosen(shared_page, name).input_value() for name in ("Layer", "Head", "Map of", "Mark heads by")}


@pytest.fixture
def page(shared_page, choices):
    """The tab in its opening state, with a text that no test reads, on a page that the tests share."""
    open_tab(shared_page)
    look_at(shared_page, "Nobody asks")
    expect(row(shared_page)).to_have_text("Nobody·asks")
    for name, value in choices.items():
        chosen(shared_page, name).select_option(value)
    for summary in tab(shared_page).locator("details[open] > summary").all():
        summary.click()
    expect(shared_page.get_by_text("All heads after “·asks” (2)")).to_be_visible()
    expect(drawn(shared_page)).to_be_visible()
    return shared_page


def chosen(page: Page, name: str):
    return tab(page).get_by_label(name, exact=True)


def test_the_tab_follows_the_decode_tab_and_then_the_reader(fresh_page):
    """What the reader chooses stays: another size of the window and another look at the tab change nothing."""
    tokens(fresh_page).nth(5).click()
    expect(fresh_page.locator(".pg-bars-title").first).to_contain_text("Step 6:")
    open_tab(fresh_page)
    follow_decode(fresh_page)
    expect(query(fresh_page)).to_have_attribute("data-index", "11")
    expect(fresh_page.get_by_text(re.compile(r"^All heads after “"))).to_be_visible()
    last = row(fresh_page).get_by_role("option").count() - 1
    for key, index in [("ArrowLeft", 10), ("Home", 0), ("End", last), ("Home", 0)]:
        row(fresh_page).press(key)
        expect(query(fresh_page)).to_have_attribute("data-index", str(index))
        expect(
            fresh_page.get_by_text(f"All heads after “{query(fresh_page).inner_text()}” ({index + 1})")
        ).to_be_visible()
    assert min(widths(row(fresh_page).get_by_role("option"))) >= 24, (
        "a token that comes later is as large as the others"
    )
    fresh_page.set_viewport_size({"width": 1024, "height": 768})
    expect(drawn(fresh_page)).to_be_visible()
    open_view(fresh_page, "Decode")
    expect(row(fresh_page)).to_be_hidden()
    open_tab(fresh_page)
    row(fresh_page).get_by_role("option").nth(3).click()
    expect(query(fresh_page)).to_have_attribute("data-index", "3")
    fresh_page.set_viewport_size(VIEWPORT)
    row(fresh_page).press("ArrowRight")
    expect(query(fresh_page)).to_have_attribute("data-index", "4")


def test_the_map_is_transformers_own(page, site):
    open_tab(page)
    look_at(page, BOOK)
    expect(row(page)).to_contain_text("The·teacher·taught·the·students")
    tab(page).get_by_label("Layer", exact=True).select_option("7")
    tab(page).get_by_label("Head", exact=True).select_option("2")
    expect(tab(page).get_by_text("Layer 7, head 2: where each token looks")).to_be_visible()
    cells = numbers(page, "map")
    true = true_attention(site, encoded(site, BOOK))[7, 2]
    assert len(cells) == 9 * 10 // 2
    for cell in cells:
        assert float(cell["weight"]) == pytest.approx(true[int(cell["query"]), int(cell["key"])].item(), abs=PAGE_ERROR)
    assert [cell["query_token"] for cell in cells[:3]] == ["The", "·teacher", "·teacher"]


def test_every_head_is_in_the_grid(page, site):
    open_tab(page)
    look_at(page, BOOK)
    expect(page.get_by_text("All heads after “.” (9)")).to_be_visible()
    lines = numbers(page, "heads")
    true = true_attention(site, encoded(site, BOOK))[:, :, -1]
    assert len(lines) == 30 * 9
    for line in lines:
        layer, head, *weights = map(float, line.values())
        assert weights == pytest.approx(true[int(layer), int(head)].tolist(), abs=ROW_ERROR)


def test_a_head_is_opened_everywhere_by_key_and_by_click(fresh_page):
    open_tab(fresh_page)
    fresh_page.get_by_role("grid", name="All heads").get_by_role("gridcell").focus()
    for key in ["PageUp", "Home", "ArrowDown", "ArrowDown", "ArrowRight"]:
        fresh_page.keyboard.press(key)
    expect(fresh_page.locator(":focus")).to_have_accessible_name(re.compile("^Layer 2, head 1: most to"))
    expect(fresh_page.locator(".pg-grid .pg-weight-said")).to_contain_text("Layer 2, head 1: most to")
    fresh_page.keyboard.press("Enter")
    expect(tab(fresh_page).get_by_label("Layer", exact=True)).to_have_value("2")
    expect(tab(fresh_page).get_by_label("Head", exact=True)).to_have_value("1")
    expect(tab(fresh_page).get_by_text("Layer 2, head 1: where each token looks")).to_be_visible()
    fresh_page.locator(".pg-grid-area").click(position={"x": 3, "y": 3})
    expect(tab(fresh_page).get_by_text("Layer 0, head 0: where each token looks")).to_be_visible()
    open_view(fresh_page, "Decode")
    fresh_page.get_by_label("Colour by").select_option("attention")
    expect(fresh_page.locator("#pg-decode .pg-weight-said")).to_contain_text("Layer 0, head 0 gives most to")


def test_the_marked_induction_head_is_the_one_a_direct_computation_finds(page, site):
    open_tab(page)
    page.get_by_label("Text to look at").select_option("Random words, twice")
    expect(row(page).get_by_role("option")).to_have_count(24)
    page.get_by_label("Mark heads by").select_option("induction")
    best = page.get_by_role("list", name="Strongest heads").get_by_role("button")
    expect(best).to_have_count(5)
    attention = true_attention(site, encoded(site, page.get_by_role("textbox", name="First text").input_value()))
    repeats = range(12, 24)  # the same word is twelve tokens before, and its successor eleven
    scores = torch.stack([attention[:, :, place, place - 11] for place in repeats]).mean(0)
    layer, head = divmod(int(scores.argmax()), scores.shape[1])
    expect(best.first).to_have_accessible_name(f"Layer {layer}, head {head}: {scores.max():.3f}")
    expect(page.get_by_text("Olsson et al. 2022")).to_be_visible()
    expect(page.get_by_text("Measured on 12 tokens of this text.")).to_be_visible()
    best.first.click()
    expect(tab(page).get_by_text(f"Layer {layer}, head {head}: where each token looks")).to_be_visible()


def test_a_token_chosen_in_one_picture_is_chosen_in_the_others(page):
    open_tab(page)
    look_at(page, BOOK)
    row(page).get_by_role("option").nth(7).click()
    expect(page.get_by_text("All heads after “·book” (8)")).to_be_visible()
    row(page).get_by_role("option").nth(1).click(modifiers=["Shift"])
    expect(tab(page).locator(".pg-weight-said").first).to_have_text(
        re.compile(r"“·book” \(8\) → “·teacher” \(2\): weight <?0\.\d{3}")
    )
    area = page.locator(".pg-map-area").first.bounding_box()
    cell = area["x"] + 2.5 * area["width"] / 9, area["y"] + 4.5 * area["height"] / 9
    page.mouse.move(*cell)
    expect(page.locator(".pg-map-said").first).to_contain_text("“·students” (5) → “·taught” (3): weight ")
    page.mouse.click(*cell)
    expect(query(page)).to_have_text("·students")
    expect(row(page).locator(".pg-key-token")).to_have_text("·taught")
    expect(page.get_by_text("All heads after “·students” (5)")).to_be_visible()


def test_rollout_has_its_source_and_its_caveat(page, site):
    open_tab(page)
    look_at(page, BOOK)
    page.get_by_label("Map of", exact=True).select_option("rollout")
    expect(page.get_by_text("Rollout over all layers: where each token looks")).to_be_visible()
    expect(page.get_by_text("Abnar & Zuidema 2020")).to_be_visible()
    mixed = true_attention(site, encoded(site, BOOK)).mean(1).double() / 2 + torch.eye(9) / 2
    rolled = torch.eye(9).double()
    for layer in mixed:
        rolled = layer @ rolled
    for cell in numbers(page, "map"):
        assert float(cell["weight"]) == pytest.approx(rolled[int(cell["query"]), int(cell["key"])].item(), abs=1e-4)


def test_two_texts_are_laid_over_each_other(fresh_page, site):
    open_tab(fresh_page)
    fresh_page.get_by_label("Text to look at").select_option("What is “it”?")
    second = fresh_page.get_by_role("listbox", name="Tokens of the second text")
    expect(second).to_contain_text("·too·small.")
    expect(fresh_page.get_by_text("B − A: orange")).to_be_visible()
    expect(query(fresh_page)).to_have_text("·it")
    expect(row(fresh_page).locator(".pg-key-token")).to_have_text(re.compile("phy|case"))
    expect(second.get_by_role("option", selected=True)).to_have_text("·it")
    tab(fresh_page).get_by_label("Layer", exact=True).select_option("9")
    tab(fresh_page).get_by_label("Head", exact=True).select_option("4")
    expect(fresh_page.get_by_text("B: layer 9, head 4")).to_be_visible()
    texts = [
        encoded(site, fresh_page.get_by_role("textbox", name=label).input_value())
        for label in ("First text", "Second text")
    ]
    a, b = (true_attention(site, ids)[9, 4] for ids in texts)
    cells = numbers(fresh_page, "difference")
    assert {"·large/·small"} == {cell["query_token"] for cell in cells if cell["query"] == "13"}
    for cell in cells:
        place = int(cell["query"]), int(cell["key"])
        assert float(cell["weight_a"]) == pytest.approx(a[place].item(), abs=PAGE_ERROR)
        assert float(cell["weight_b"]) == pytest.approx(b[place].item(), abs=PAGE_ERROR)


def test_the_second_text_may_have_tokens_of_its_own(fresh_page):
    open_tab(fresh_page)
    fresh_page.get_by_label("Text to look at").select_option("a text of my own")
    fresh_page.get_by_label("compare with a second text").check()
    fresh_page.get_by_role("textbox", name="Second text").fill("The very big cat sat here")
    fresh_page.get_by_role("textbox", name="First text").fill("The cat sat here")
    fresh_page.get_by_role("button", name="Read").click()
    second = fresh_page.get_by_role("listbox", name="Tokens of the second text").get_by_role("option")
    expect(second).to_have_text(["The", "·very", "·big", "·cat", "·sat", "·here"])
    expect(query(fresh_page)).to_have_text("·here")

    second.nth(4).click(modifiers=["Shift"])
    expect(row(fresh_page).locator(".pg-key-token")).to_have_text("·sat")
    second.nth(1).click(modifiers=["Shift"])
    expect(row(fresh_page).locator(".pg-key-token")).to_have_text("·sat")

    chosen(fresh_page, "Map of").select_option("rollout")
    expect(fresh_page.get_by_text("B: rollout over all layers")).to_be_visible()
    rolled = [float(cell["weight"]) for cell in numbers(fresh_page, "second map") if cell["query"] == "5"]
    for key in range(1, 6):
        weight = "<0.001" if rolled[key] < 0.0005 else f"{rolled[key]:.3f}"
        expect(second.nth(key)).to_have_attribute("title", re.compile(f"^weight {weight}"))

    held = []
    fresh_page.route("**/attention/rows/5", lambda route: held.append(route))  # the first text has four tokens
    row(fresh_page).get_by_role("option").nth(2).click()
    expect(fresh_page.get_by_text("All heads after “·sat” (3)")).to_be_visible()
    row(fresh_page).get_by_role("option").nth(0).click()
    expect(fresh_page.get_by_text("All heads after “The” (1)")).to_be_visible()
    with fresh_page.expect_event("requestfinished"):
        held[0].fulfill(body="spoilt!")
    fresh_page.evaluate("new Promise((resolve) => setTimeout(resolve, 100))")
    expect(tab(fresh_page).get_by_role("alert")).to_be_hidden()


def test_a_map_that_cannot_be_had_leaves_no_other_to_export(page):
    look_at(page, BOOK)
    expect(row(page)).to_contain_text("·book")
    expect(drawn(page)).to_be_visible()
    page.route("**/attention/maps/**", lambda route: route.fulfill(body="spoilt!"))
    chosen(page, "Head").select_option("5")
    expect(drawn(page)).to_be_hidden()
    page.unroute("**/attention/maps/**")
    page.get_by_role("button", name="Export the map", exact=True).click()
    page.get_by_role("menuitem", name="Numbers (CSV)").filter(visible=True).click()
    expect(tab(page).get_by_text("There is no map to export.")).to_be_visible()
    chosen(page, "Head").select_option("4")
    expect(drawn(page)).to_be_visible()


def test_a_head_is_switched_off_and_the_answer_goes_with_the_question(page):
    open_tab(page)
    look_at(page, BOOK)
    off = page.get_by_role("region", name="Switch a head off")
    table = page.get_by_role("region", name="The next token without the head").get_by_role("table")
    tab(page).get_by_label("Head", exact=True).select_option("mean")
    expect(off.get_by_role("button", name="Choose one head to switch it off")).to_be_disabled()
    tab(page).get_by_label("Head", exact=True).select_option("1")
    off.get_by_role("button", name=re.compile("Switch this head off: layer .*, head 1, after “.”")).click()
    expect(off.get_by_text(re.compile(r"The most probable next token .* KL divergence \S+ bits"))).to_be_visible()
    assert 11 <= table.get_by_role("row").count() <= 21, "a header and the ten most probable of both"
    assert "" not in table.locator("th").all_inner_texts()
    tab(page).get_by_label("Head", exact=True).select_option("2")
    expect(table).to_be_hidden()


def test_bertviz_is_fetched_when_opened_and_can_reach_nothing(page):
    open_tab(page)
    with requested(page, "/bertviz/") as asked:
        look_at(page, BOOK)
        expect(page.get_by_text("All heads after “.” (9)")).to_be_visible()
    assert asked == []
    page.get_by_text("as BertViz draws it").click()
    frame = page.get_by_title("BertViz head view of layer")
    expect(frame).to_have_attribute("sandbox", "allow-scripts")
    expect(frame.content_frame.get_by_text("teacher").first).to_be_visible()
    tab(page).get_by_label("Layer", exact=True).select_option("3")
    expect(page.get_by_title("BertViz head view of layer 3")).to_be_visible()
    page.evaluate("document.body.classList.add('dark')")
    expect(page.get_by_title("BertViz head view of layer 3")).to_have_css("filter", re.compile("invert"))
    expect(tab(page).get_by_label("Layer", exact=True)).to_have_css("color-scheme", "dark")
    page.evaluate("document.body.classList.remove('dark')")


@pytest.mark.parametrize("menu", ["map", "heads"])
def test_pictures_are_taken_away(page, menu):
    open_tab(page)
    look_at(page, "Is <b>2</b> < 3 & so?")
    expect(row(page)).to_contain_text("·<·3·&·so?")
    expect(drawn(page)).to_be_visible()
    assert downloaded(page, menu, "Picture (PNG)").startswith(b"\x89PNG")
    assert downloaded(page, menu, "Picture (SVG)").lstrip().startswith(b"<svg")


def test_hostile_tokens_are_text_in_every_picture(page):
    open_tab(page)
    look_at(page, HOSTILE)
    expect(row(page)).to_contain_text("onerror=alert(1)>·${alert(2)}·{{alert(3)}}·<b>bold</b>·&·&amp;")
    expect(drawn(page)).to_be_visible()
    assert tab(page).locator(".pg-text-tokens :is(img, b), .pg-map :is(img, a)").count() == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The text is empty"),
        ("word " * 5000, r"The text has 5,0\d\d tokens, and a text to look at has at most 512"),
    ],
)
def test_a_text_that_cannot_be_read_is_answered_in_a_sentence(page, text, sentence):
    open_tab(page)
    look_at(page, text)
    expect(tab(page).get_by_role("alert")).to_contain_text(re.compile(sentence))
    expect(row(page)).to_be_hidden()
    assert page.get_by_role("textbox", name="First text").input_value() == text, "nothing typed is lost"
    look_at(page, BOOK)
    expect(row(page)).to_contain_text("·book")
    expect(tab(page).get_by_role("alert")).to_be_hidden()


def test_one_token_and_special_tokens_are_texts_too(page):
    open_tab(page)
    look_at(page, "Hi")
    expect(row(page)).to_have_text("Hi")
    expect(drawn(page)).to_be_visible()
    page.get_by_label("Mark heads by").select_option("self")
    expect(page.get_by_text("The measures need a text of at least two tokens")).to_be_visible()
    look_at(page, "<|im_start|>user")
    expect(row(page).get_by_role("option")).to_have_text(["<|im_start|>", "user"])


def test_where_no_token_occurs_twice_there_is_no_induction(page):
    open_tab(page)
    look_at(page, "One two three")
    expect(row(page)).to_have_text("One·two·three")
    page.get_by_label("Mark heads by").select_option("induction")
    expect(page.get_by_text("No token of this text occurs twice")).to_be_visible()


def test_an_earlier_texts_map_never_stands_beside_a_newer_text(fresh_page):
    open_tab(fresh_page)
    held = []
    fresh_page.route("**/attention/maps/**", lambda route: held.append((route, route.fetch())))
    look_at(fresh_page, "The students read the book.")
    expect(row(fresh_page)).to_contain_text("·read")
    expect(fresh_page.get_by_text("The server is computing the map …").first).to_be_visible()
    expect(drawn(fresh_page)).to_be_hidden()
    look_at(fresh_page, "Hi there")
    expect(row(fresh_page)).to_have_text("Hi·there")
    expect(fresh_page.get_by_text("All heads after “·there” (2)")).to_be_visible()
    for route, response in reversed(held):  # the newer text's map comes before the earlier one's
        route.fulfill(response=response)
    fresh_page.unroute("**/attention/maps/**")
    expect(drawn(fresh_page)).to_be_visible()
    assert len(numbers(fresh_page, "map")) == 3, "of two tokens"


def test_a_text_that_grows_on_the_other_tab_is_followed(fresh_page):
    open_tab(fresh_page)
    follow_decode(fresh_page)
    open_view(fresh_page, "Decode")
    generate(fresh_page, "Red is", 5)
    open_tab(fresh_page)
    expect(row(fresh_page)).to_contain_text("Red·is")
    expect(row(fresh_page).get_by_role("option")).to_have_count(7)
    expect(drawn(fresh_page)).to_be_visible()
