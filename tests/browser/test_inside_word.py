"""Tests the pane To a word in Chromium on the default model: the table, a line's products, the neurons."""

import csv
import io
import math
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.panes import mount_pane, open_asked, style, tokens, view

pytestmark = [pytest.mark.browser, pytest.mark.model]

FRANCE = "The capital of France is"
HOSTILE = "<img src=x onerror=alert(1)> שלום\n" + "a" * 90
SETTINGS = {"strategy": "sample", "temperature": 0.8, "top_k": 4}
TELL = "(settings) => document.dispatchEvent(new CustomEvent('playground:settings', { detail: settings }))"

SPOIL = """async ([id, text]) => {
    const { lookingOnPage } = await import(new URL("playground/assets/inside/looking.js", document.baseURI));
    const words = [...lookingOnPage().vocabulary];
    words[id] = text;
    lookingOnPage().vocabulary = words;
}"""
"""Gives a token of the vocabulary another text."""
SMALL = """() => [...document.querySelectorAll("#pg-word button, #pg-word select")]
    .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 24)
    .map((one) => one.textContent)"""
"""Returns what is too small to be pressed."""


@pytest.fixture
def page(bare_page, site):
    """A bare page with the pane, on the first preset after its token “·the”."""
    style(bare_page)
    mount_pane(bare_page, "inside/word/mount.js", "word")
    view(bare_page, "word")
    open_asked(bare_page, site, "word", 1)
    expect_read(bare_page)
    return bare_page


def expect_read(page: Page) -> None:
    """Waits until the table, the products and the neurons of the position are there."""
    expect(page.get_by_role("list", name="Neurons, the most important first")).to_be_visible()
    expect(page.locator(".pg-word-pushes li")).to_have_count(16)
    expect(page.locator(".pg-waiting")).to_have_count(0)
    expect(page.locator(".pg-word-steps li").first).to_contain_text("others")


def read(page: Page, site, text: str, number: int = 2) -> None:
    page.get_by_label("First text").fill(text)
    page.get_by_role("button", name="Read", exact=True).click()
    open_asked(page, site, "word", number)
    expect(tokens(page).get_by_role("option", selected=True)).to_be_visible()  # the text has come, and the rest waits
    expect_read(page)


def table(page: Page) -> Locator:
    return page.get_by_role("table", name="From logits to probabilities")


def line(page: Page, token: str) -> Locator:
    """Returns the line of a token."""
    return table(page).locator("tbody > tr").filter(has=page.locator(f".pg-word-name:text-is('{token}')"))


def number(text: str) -> float:
    """Reads a number as a person does: “−0.2652”, “5.36 %”, “2.06 · 10⁻⁹”."""
    plain = text.replace("−", "-").replace(",", "").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    digits, _, power = plain.partition(" · 10")
    share = 100 if digits.endswith("%") else 1
    return float(digits.removesuffix("%")) * 10 ** float(power or 0) / share


def last_number(element: Locator) -> float:
    return number(element.inner_text().split("\n")[-1])


def taken(page: Page, menu: str, item: str) -> bytes:
    page.get_by_role("button", name=menu).click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=item, exact=True).click()
    return download.value.path().read_bytes()


def test_each_line_can_be_followed_with_a_calculator(page):
    page.evaluate(TELL, SETTINGS)
    expect(table(page)).to_contain_text("temperature 0.8, top-k 4")
    heads = table(page).locator("thead tr").last.locator("th")
    largest, total, kept = (last_number(heads.nth(column)) for column in (3, 5, 8))
    lines = table(page).locator("tbody > tr").all()
    assert len(lines) == 11, "ten tokens and the one that follows in the text"
    expect(lines[-1]).to_contain_text("·book next in the text")
    rows = [[cell.inner_text() for cell in one.locator("> td").all()] for one in lines]
    best = number(rows[0][1])
    assert best == largest
    for row in rows:
        logit, below, weight, share, scaled, scaled_weight = map(number, row[1:7])
        assert below == pytest.approx(logit - largest, abs=2e-4)
        assert weight == pytest.approx(math.exp(below), rel=2e-4, abs=1e-6)
        assert share == pytest.approx(weight / total, rel=6e-3)
        assert scaled == pytest.approx((logit - best) / 0.8, abs=3e-4)
        assert scaled_weight == pytest.approx(math.exp(scaled), rel=3e-4, abs=1e-6)
        is_kept = row in rows[:4]
        if is_kept:
            assert number(row[7]) == pytest.approx(scaled_weight / kept, rel=6e-3)
        else:
            assert row[7] == "0 % (top-k)"
    assert kept == pytest.approx(sum(number(row[6]) for row in rows[:4]), abs=1e-5)
    others = table(page).locator("tfoot tr").first.locator("td").all_inner_texts()
    assert number(others[2]) + sum(number(row[3]) for row in rows) == pytest.approx(total, abs=1e-3)
    assert table(page).locator("tfoot tr").last.locator("td").nth(2).inner_text() == heads.nth(5).inner_text()[-7:]


def test_a_longer_bar_is_a_larger_probability(page):
    page.evaluate(TELL, SETTINGS)
    expect(table(page)).to_contain_text("top-k 4")
    fills = table(page).locator("tbody > tr > td .pg-word-fill")
    widths = [box["width"] for box in (one.bounding_box() for one in fills.all())]
    shares = [
        number(text)
        for text in table(page).locator(".pg-word-share > span:last-child").all_inner_texts()[:22]
        if "(" not in text
    ]
    own, cut = widths[::2], widths[1::2]
    assert own == sorted(own, reverse=True)
    assert cut[4:] == [0] * 7
    assert max(widths) == pytest.approx(cut[0])
    assert own[0] / cut[0] == pytest.approx(shares[0] / shares[1], rel=0.02)


def test_a_line_unfolds_into_products_that_add_up_to_its_logit(page):
    first = line(page, "·most").get_by_role("button")
    first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    goal = line(page, "·goal")
    expect(goal.get_by_role("button")).to_be_focused()
    expect(goal.get_by_role("button")).to_have_attribute("aria-expanded", "true")
    products = page.get_by_role("table", name="Products of h and w for ·goal")
    rows = products.locator("tbody tr")
    expect(rows).to_have_count(8 + 1 + 2)
    for row in rows.all()[:8]:
        h, w, product = (number(text) for text in row.locator("td").all_inner_texts()[:3])
        assert product == pytest.approx(h * w, abs=3e-4)
    values = [number(row.locator("td").nth(2).inner_text()) for row in rows.all()[:9]]
    logit = number(goal.locator("> td").nth(1).inner_text())
    assert sum(values) == pytest.approx(logit, abs=1e-3)
    assert last_number(rows.last.locator("td").first) == logit
    summed = re.compile(r"= (\S+\d)\.$")
    first_step = page.locator(".pg-word-steps li").first
    expect(first_step).to_have_text(summed)
    found = summed.search(first_step.inner_text())
    assert found is not None
    assert number(found[1]) == pytest.approx(logit, abs=1e-3)  # the recorded logit may be rounded otherwise
    page.get_by_role("button", name="Show more products").click()
    expect(rows).to_have_count(32 + 1 + 2)
    goal.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(products).to_be_hidden()
    expect(goal.get_by_role("button")).to_be_focused()


def test_any_token_gets_a_line(page, site):
    read(page, site, FRANCE)
    expect(page.get_by_role("heading", name="From logits to probabilities: the token after “·is”")).to_be_visible()
    page.get_by_role("searchbox", name="Another token").fill("zebra")
    page.get_by_role("button", name="Choose ·zebra", exact=True).click()
    expect(page.locator(".pg-word-chosen")).to_contain_text("zebra")
    expect(page.get_by_role("heading", name="“·zebra” with a calculator")).to_be_visible()
    expect_read(page)
    expect(page.get_by_role("heading", name="Neurons that wrote most for “·zebra”")).to_be_visible()
    tokens(page).press("ArrowLeft")
    expect(page.get_by_role("heading", name=re.compile("the token after “·France”"))).to_be_visible()
    expect_read(page)
    expect(line(page, "·zebra")).to_be_visible()
    expect(line(page, "·is")).to_contain_text("next in the text")


def test_neurons_are_ranked_and_show_what_they_push(page, site):
    read(page, site, FRANCE)
    neurons = page.get_by_role("list", name="Neurons, the most important first").get_by_role("button")
    expect(neurons).to_have_count(10)
    values = [number(text.split("\n")[-1].replace("+", "")) for text in neurons.all_inner_texts()]
    assert values == sorted(values, reverse=True)
    widths = [one.bounding_box()["width"] for one in neurons.locator(".pg-word-fill").all()]
    assert widths[3] / widths[0] == pytest.approx(values[3] / values[0], rel=0.05)
    neurons.first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(neurons.nth(1)).to_be_focused()
    expect(neurons.nth(1)).to_have_attribute("aria-pressed", "true")
    name = neurons.nth(1).inner_text().split("\n")[0]
    pushed = page.locator(".pg-word-pushed")
    expect(pushed.get_by_role("heading", name=name.replace("layer", "Layer"))).to_be_visible()
    expect(page.locator(".pg-waiting")).to_have_count(0)
    factors = re.search(r": (\S+) × (\S+) = \+(\S+)\.$", pushed.locator("p").first.inner_text()).groups()
    assert number(factors[0]) * number(factors[1]) == pytest.approx(number(factors[2]), abs=0.006)
    assert number(factors[2]) == values[1]
    page.get_by_label("Rather than this token").select_option("the average token")
    expect(page.get_by_role("heading", name=re.compile("rather than the average token"))).to_be_visible()
    expect(page.locator(".pg-waiting")).to_have_count(0)
    page.get_by_label("Neurons that wrote").select_option("against it")
    expect(neurons.first).to_contain_text("−")
    expect(page.locator(".pg-waiting")).to_have_count(0)


def test_what_is_taken_away_is_what_is_seen(page):
    rows = list(csv.DictReader(io.StringIO(taken(page, "Export the table", "Numbers (CSV)").decode("utf-8-sig"))))
    assert len(rows) == 11
    assert [rows[0]["token"], float(rows[0]["exp"])] == ["·most", 1]
    assert f"{float(rows[1]['logit']):.4f}" == line(page, "·goal").locator("> td").nth(1).inner_text()
    told = taken(page, "Export the table", "Products of the chosen token (CSV)").decode("utf-8-sig")
    products = list(csv.DictReader(io.StringIO(told)))
    parts = {row["dimension"]: float(row["product"]) for row in products}
    assert sum(value for name, value in parts.items() if name not in ("total", "logit")) == pytest.approx(
        parts["logit"], abs=1e-3
    )
    picture = taken(page, "Export the table", "Picture (SVG)").decode()
    assert "No stage of the chain changes anything" in picture
    assert "·goal" in picture
    assert taken(page, "Export the neurons", "Picture (PNG)").startswith(b"\x89PNG")
    neurons = list(csv.DictReader(io.StringIO(taken(page, "Export the neurons", "Numbers (CSV)").decode("utf-8-sig"))))
    assert len(neurons) == 10 + 10 + 16


def test_hostile_text_is_text_and_fits_a_phone(page, site):
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate(SPOIL, [site.engine.model.tokenizer.encode(" most")[0], HOSTILE])
    read(page, site, HOSTILE, number=2)
    page.get_by_role("searchbox", name="Another token").fill("onerror=alert")
    page.get_by_role("button", name=f"Choose {HOSTILE}").click()
    expect_read(page)
    page.locator(".pg-word-chosen .pg-word-fold").click()
    expect(page.locator(".pg-word-products")).to_contain_text(HOSTILE)
    expect(page.locator(".pg-word-products-table tbody tr")).to_have_count(11)
    assert page.locator("#pg-word img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    room = page.get_by_role("region", name="The table from logits to probabilities")
    room.evaluate("(element) => (element.scrollLeft = 300)")
    name, place = page.locator(".pg-word-chosen th").bounding_box(), room.bounding_box()
    assert name["x"] == pytest.approx(place["x"], abs=1), "the token stays in view"
    assert page.evaluate(SMALL) == []


def test_what_fails_is_said_and_asked_for_again(page, site):
    page.route("**/inside/word/*/row", lambda route: route.fulfill(body="spoilt!"))
    tokens(page).press("ArrowLeft")
    notice = page.locator(".pg-word > .pg-notice")
    expect(notice).to_contain_text("multiple of 4")
    expect(table(page)).to_be_hidden()
    page.unroute("**/inside/word/*/row")
    page.evaluate("document.dispatchEvent(new CustomEvent('playground:connection', { detail: { isAway: false } }))")
    open_asked(page, site, "word", 2)
    expect(page.get_by_role("heading", name=re.compile("the token after “·with”"))).to_be_visible()
    expect_read(page)
    expect(notice).to_be_hidden()


def test_a_model_without_known_neurons_says_so_below_its_table(page):
    def without(route):
        facts = route.fetch().json() | {"neurons": None, "reason": "The neurons of this model cannot be told apart."}
        route.fulfill(json=facts)

    page.route(re.compile(r"/inside/word/\d+$"), without)
    tokens(page).press("ArrowLeft")
    expect(page.get_by_text("The neurons of this model cannot be told apart.")).to_be_visible()
    expect(line(page, "·a")).to_be_visible()
    expect(page.get_by_label("Rather than this token")).to_be_hidden()
