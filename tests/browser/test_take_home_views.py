"""Tests the views of the model in a page to take home: they show what the playground shows, without a server."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.attention import drawn, follow_decode, numbers, open_tab, query, row, tab
from tests.browser.dress import dress, size
from tests.browser.example import expect_drawn
from tests.browser.taken_home import Reader
from tests.browser.test_axe import LOOKED_AT, UNFOLD, found_by_axe
from tests.browser.test_takeaway import take
from tests.browser.visitor import open_view, selected, strip, tokens

pytestmark = [pytest.mark.browser, pytest.mark.model]

SAVED_MS = 120_000
"""The longest time for a page with layers, which the model reads at every token."""
NEEDS_MODEL = "This page holds only what was recorded, and this needs a model."
RECORDED = 0.00025 + 0.000016
"""The largest error of a weight in half precision, as the playground has those of one token, and of one of a map."""


@pytest.fixture(params=["playground", "taken home"])
def attention(request):
    """A page that shows the attention of the example's text at its first step."""
    if request.param == "taken home":
        home = request.getfixturevalue("taken_home")
        expect(drawn(home)).to_be_visible()
        return home
    page = request.getfixturevalue("page")
    expect_drawn(page)
    open_tab(page)
    follow_decode(page)
    return page


def weights(rows: list[dict[str, str]]) -> list[float]:
    return [float(one["weight"]) for one in rows]


@pytest.fixture(scope="module")
def said():
    """What each page has said to the tests of this file, by the name of the test, for the page after it to say too."""
    return {}


def test_the_map_the_heads_and_the_measures_are_those_of_the_playground(attention, said):
    pane = tab(attention)
    pane.get_by_label("Layer", exact=True).select_option("5")
    pane.get_by_label("Head", exact=True).select_option("3")
    pane.get_by_label("hide the first token").check()
    row(attention).get_by_role("option").nth(20).click()
    expect(pane.locator(".pg-bars-title").filter(has_text="Layer 5, head 3")).to_be_visible()
    expect(pane.get_by_text("All heads after")).to_be_visible()
    found = {"map": weights(numbers(attention, "map")), "caption": pane.locator(".pg-caption").first.inner_text()}
    heads = numbers(attention, "heads")
    found["heads"] = [float(value) for line in heads for name, value in line.items() if name not in ("layer", "head")]
    pane.get_by_label("Mark heads by").select_option("previous")
    best = pane.get_by_role("list", name="Strongest heads")
    expect(best.get_by_role("listitem")).to_have_count(5)
    found["best"] = best.inner_text()
    pane.get_by_label("Map of", exact=True).select_option("rollout")
    expect(pane.get_by_text("Rollout over all layers")).to_be_visible()
    found["rollout"] = weights(numbers(attention, "map"))
    pane.get_by_label("Map of", exact=True).select_option("one head")
    pane.get_by_label("Mark heads by").select_option("nothing")
    assert len(found["map"]) == 47 * 48 / 2
    first = said.setdefault("numbers", found)
    assert found["map"] == first["map"]
    assert found["rollout"] == first["rollout"]
    assert found["heads"] == pytest.approx(first["heads"], abs=RECORDED)
    assert (found["best"], found["caption"]) == (first["best"], first["caption"])


def test_the_pane_follows_the_step_in_view_and_its_own_choice(taken_home):
    tokens(taken_home).nth(3).click()
    expect(query(taken_home)).to_have_text("·stars")
    row(taken_home).get_by_role("option").first.click()
    expect(query(taken_home)).to_have_text("At")
    expect(tab(taken_home).locator(".pg-weight-said").first).to_contain_text("“At” (1) gives most to “At”")
    tokens(taken_home).first.click()


def test_what_needs_a_model_is_not_offered(taken_home):
    for name in ("Switch this head off", "Read"):
        expect(taken_home.get_by_role("button", name=name)).to_have_count(0)
    expect(taken_home.get_by_text("as BertViz draws it")).to_have_count(0)
    expect(taken_home.get_by_label("Text to look at")).to_have_count(0)


def test_a_light_page_has_attention_once_it_was_looked_at(page, reader, tmp_path):
    expect_drawn(page)
    page.get_by_role("button", name="Export", exact=True).click()
    light = page.get_by_role("menuitem", name="Page, light (HTML)")
    expect(light).to_contain_text("come with it once you have opened them")
    page.keyboard.press("Escape")
    page.get_by_label("Colour by").select_option("attention")
    page.locator("#pg-decode").get_by_label("Layer", exact=True).select_option("7")
    tokens(page).nth(4).click()
    said = page.locator("#pg-decode .pg-weight-said")
    expect(said).to_contain_text("Layer 7")
    page.get_by_role("button", name="Export", exact=True).click()
    expect(light).to_contain_text("inside the model: Attention")
    page.keyboard.press("Escape")
    take(page, "Page, light (HTML)").save_as(tmp_path / "text.html")
    assert (tmp_path / "text.html").stat().st_size < 5_000_000
    home = reader.visit((tmp_path / "text.html").as_uri())
    expect(selected(home)).to_have_text("·but")
    expect(tab(home).get_by_label("Layer", exact=True)).to_have_value("7")
    expect(tab(home).locator(".pg-map-plot").first).to_be_visible()
    home.get_by_label("Colour by").select_option("attention")
    expect(strip(home).locator("[data-heat]")).to_have_count(11)
    assert home.locator("#pg-decode .pg-weight-said").inner_text() == said.inner_text()


@pytest.fixture(scope="module")
def looked_at(seats, site, chromium, tmp_path_factory):
    """What the playground showed in Layers and Why of a step, and a reader's page that was saved there."""
    seat = seats["own"]
    page = seat.visit(site.url)
    expect_drawn(page)
    tokens(page).nth(4).click()
    open_view(page, "Layers")
    page.get_by_label("Text to look at").select_option("the text on the Decode tab")
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    page.locator("#pg-layers").get_by_label("Rather than this token").select_option(index=2)
    said = {"layers": layers_said(page)}
    open_view(page, "Why")
    page.locator("#pg-why").get_by_label("Parts").select_option("tokens")
    page.get_by_role("checkbox", name="Gradient × input").uncheck()
    said["why"] = why_said(page)
    open_view(page, "Decode")
    page.get_by_role("button", name="Export", exact=True).click()
    item = page.get_by_role("menuitem", name="Page, light (HTML)")
    expect(item).to_contain_text("inside the model: Layers, Why")
    file = tmp_path_factory.mktemp("looked") / "text.html"
    with page.expect_download(timeout=SAVED_MS) as download:
        item.click()
    download.value.save_as(file)
    assert seat.faults() == []
    seat.leave()
    assert file.stat().st_size < 5_000_000
    reader = Reader(chromium)
    home = reader.visit(file.as_uri())
    expect_drawn(home)
    yield home, said
    assert reader.faults() == []
    reader.leave()


def layers_said(page) -> list[str]:
    """Returns what Layers says of the token in view, of its final word, and of the parts of a difference of logits."""
    pane = page.locator("#pg-layers")
    expect(pane.locator(".pg-logit-terms-all")).not_to_have_class(re.compile("pg-waiting"))
    expect(pane.locator(".pg-logit-terms-sum")).to_contain_text("difference of the logits")
    cells = pane.get_by_role("grid", name="Logit lens").inner_text()
    return [cells, *(pane.locator(name).inner_text() for name in (".pg-caption >> nth=0", ".pg-logit-terms-sum"))]


def why_said(page) -> list[str]:
    """Returns what Why says, with the numbers of its bars."""
    pane = page.locator("#pg-why")
    expect(pane.locator(".pg-why-said")).not_to_have_text("")
    expect(pane.locator(".pg-why-sums").filter(visible=True)).to_contain_text("The")
    expect(pane.locator(".pg-why-progress").filter(visible=True)).to_have_count(0)
    expect(pane.get_by_role("button", name="Export the bars")).to_be_visible()
    pane.get_by_text("The numbers as a table").click()
    expect(pane.locator("table >> nth=0")).to_contain_text("(nats)")  # it is written when it is unfolded
    return [pane.locator(name).inner_text() for name in (".pg-why-said", "table >> nth=0")]


def test_layers_show_what_was_chosen_and_every_other_token(looked_at):
    home, said = looked_at
    expect(selected(home)).to_have_text("·but")
    home.locator("#pg-layers").get_by_label("Rather than this token").select_option(index=2)
    assert layers_said(home) == said["layers"]
    bars_of = home.locator("#pg-layers .pg-cell-bars")
    expect(bars_of).to_contain_text("the tokens whose probability was recorded")
    expect(bars_of).not_to_contain_text("#")
    home.locator("#pg-layers").get_by_role("listbox", name="Tokens of the text").get_by_role("option").nth(30).click()
    expect(bars_of).to_contain_text("after “'re”")
    expect(home.locator("#pg-layers .pg-who-wrote").get_by_role("alert")).to_contain_text(NEEDS_MODEL)
    home.get_by_role("button", name="Go to “,”").click()
    expect(bars_of).to_contain_text("after “,”")


def test_a_head_of_a_layer_is_not_shown_where_there_is_no_attention(looked_at):
    home, _ = looked_at
    home.get_by_role("tab", name="Layers").click()
    home.get_by_role("button", name="Go to “,”").click()
    expect(home.get_by_role("tab")).to_have_text(["Layers", "Why"])
    terms = home.get_by_role("grid", name="Terms of the logit").get_by_role("gridcell")
    terms.focus()
    home.keyboard.press("ArrowRight")
    home.keyboard.press("Enter")
    expect(home.locator(".pg-head-row").first).to_be_visible()
    expect(home.get_by_role("button", name="Show where head 0 looks, on Attention")).to_have_count(0)
    home.get_by_role("tab", name="Layers").press("ArrowRight")
    expect(home.get_by_role("tab", name="Why")).to_be_focused()
    expect(home.locator("#pg-why")).to_be_visible()
    expect(home.locator("#pg-layers")).to_be_hidden()


def test_why_has_its_answers_at_one_token_and_says_so_at_another(looked_at):
    home, said = looked_at
    home.get_by_role("tab", name="Why").click()
    home.get_by_role("button", name="Go to “,”").click()
    assert why_said(home) == said["why"]
    expect(home.get_by_role("checkbox", name="Gradient × input")).not_to_be_checked()
    expect(home.get_by_text("Patching").filter(visible=True)).to_have_count(0)
    row_of = home.locator("#pg-why").get_by_role("listbox", name="Tokens of the text")
    row_of.get_by_role("option").nth(2).click()
    expect(home.locator("#pg-why").get_by_role("alert")).to_contain_text(NEEDS_MODEL)
    home.get_by_role("button", name="Go to “,”").click()
    expect(home.locator("#pg-why .pg-why-said")).to_have_text(said["why"][0])


@pytest.mark.parametrize("window", ["laptop", "projector", "phone"])
def test_nothing_is_wider_than_the_window(taken_home, window):
    size(taken_home, window)
    try:
        expect(drawn(taken_home)).to_be_visible()
        assert taken_home.evaluate("document.documentElement.scrollWidth <= innerWidth")
    finally:
        size(taken_home, "laptop")


def test_axe_finds_nothing(taken_home):
    expect(drawn(taken_home)).to_be_visible()
    taken_home.evaluate(UNFOLD)
    found = found_by_axe(taken_home)
    size(taken_home, "laptop")
    dress(taken_home)
    assert found == {name: [] for name, *_ in LOOKED_AT}
    expect(taken_home.get_by_role("tab", name=re.compile("Attention"))).to_have_attribute("aria-selected", "true")
