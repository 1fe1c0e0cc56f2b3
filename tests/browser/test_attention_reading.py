"""Tests how the Attention tab opens, and that its pictures can be read by keyboard and by a screen reader."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.attention import drawn, encoded, look_at, open_tab, query, row, tab, true_attention, widths
from tests.browser.visitor import requested

pytestmark = [pytest.mark.browser, pytest.mark.model]

BOOK = "The teacher taught the students with the book."
MOST_BYTES = 400_000
"""The most data that the tab may ask for when it opens."""
LISTEN = """
    window.told = [];
    const tell = (node) => {
        const regions = "#pg-attention :is([role=status], [role=alert], [aria-live])";
        const region = (node instanceof Element ? node : node.parentElement)?.closest(regions);
        if (region?.textContent) window.told.push(region.textContent);
    };
    new MutationObserver((changes) => changes.forEach(({ target }) => tell(target)))
        .observe(document.body, { childList: true, characterData: true, subtree: true });
"""


@pytest.fixture
def page(shared_page):
    """The tab with a short text, on a page that the tests share."""
    shared_page.set_viewport_size({"width": 1440, "height": 900})
    open_tab(shared_page)
    look_at(shared_page, BOOK)
    expect(row(shared_page)).to_contain_text("·book")
    expect(drawn(shared_page)).to_be_visible()
    expect(shared_page.get_by_text("All heads after “.” (9)")).to_be_visible()
    return shared_page


def map_grid(page: Page):
    return page.get_by_role("grid", name="Attention map of the text")


def announced(page: Page):
    return tab(page).locator("p.pg-spoken[role=status]")


def test_the_tab_opens_on_a_telling_head_of_a_short_sentence(fresh_page, site):
    fresh_page.set_viewport_size({"width": 1024, "height": 768})
    weights = true_attention(site, encoded(site, BOOK))
    means = weights.diagonal(-1, dim1=2, dim2=3).mean(-1)
    layer, head = divmod(int(means.argmax()), means.shape[1])
    fresh_page.evaluate(LISTEN)
    with requested(fresh_page, "/attention", "response") as data, requested(fresh_page, "plotly") as scripts:
        open_tab(fresh_page)
        expect(row(fresh_page)).to_have_text("The·teacher·taught·the·students·with·the·book.")
        expect(query(fresh_page)).to_have_attribute("data-index", "6")
        expect(tab(fresh_page).get_by_text(f"Layer {layer}, head {head}: where each token looks")).to_be_visible()
        expect(tab(fresh_page).get_by_text("every token looks at the token just before it")).to_be_visible()
        expect(announced(fresh_page)).to_contain_text(f"The text has 9 tokens. Layer {layer}, head {head} is shown.")
    told = fresh_page.evaluate("window.told")
    assert 1 <= len(told) <= 2, told
    answers = [answer for answer in data if "/assets/" not in answer.url]
    assert len(answers) >= 4, "facts, measures, rows and a map"
    assert sum(len(answer.body()) for answer in answers) < MOST_BYTES
    assert scripts == []

    for part in (drawn(fresh_page), tab(fresh_page).locator(".pg-grid-area"), off(fresh_page)):
        expect(part).to_be_in_viewport(ratio=1)


def off(page: Page):
    return page.get_by_role("region", name="Switch a head off").get_by_role("button")


def test_a_preset_chooses_the_token_that_it_speaks_of(page, site):
    page.get_by_label("Text to look at").select_option("Brackets in code")
    expect(query(page)).to_have_text("))")
    expect(row(page).locator(".pg-key-token")).to_have_text("·(")
    weights = true_attention(site, encoded(site, page.get_by_role("textbox", name="First text").input_value()))
    place, keys = (
        int(query(page).get_attribute("data-index")),
        [index for index, chip in enumerate(row(page).get_by_role("option").all_inner_texts()) if chip == "·("],
    )
    best = weights[:, :, place, keys].amax(-1)
    layer, head = divmod(int(best.argmax()), best.shape[1])
    expect(tab(page).get_by_label("Layer", exact=True)).to_have_value(str(layer))
    expect(tab(page).get_by_label("Head", exact=True)).to_have_value(str(head))


def test_the_map_is_walked_with_the_arrow_keys(page):
    cell = map_grid(page).get_by_role("gridcell")
    expect(cell).to_have_count(1)
    expect(map_grid(page)).to_have_attribute("aria-rowcount", "9")
    cell.focus()
    page.keyboard.press("ArrowUp")
    expect(query(page)).to_have_text("·book")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(page.locator(":focus")).to_have_accessible_name(re.compile(r"^“·book” \(8\) → “·teacher” \(2\): weight \S"))
    expect(row(page).locator(".pg-key-token")).to_have_text("·teacher")
    expect(map_grid(page).get_by_role("row")).to_have_attribute("aria-rowindex", "8")
    expect(cell).to_have_attribute("aria-colindex", "2")
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")  # a token does not look at a later one
    expect(page.locator(":focus")).to_have_accessible_name(re.compile(r"^“·book” \(8\) → “·book” \(8\)"))
    expect(page.get_by_text("All heads after “·book” (8)")).to_be_visible()
    assert page.locator("#pg-attention :focus").count() == 1


def test_the_focus_stays_on_the_tab_when_what_has_it_goes_away(page):
    map_grid(page).get_by_role("gridcell").focus()
    page.route("**/attention/maps/**", lambda route: route.fulfill(body="spoilt!"))
    page.evaluate("""async () => {
        const { choose } = await import(new URL("playground/assets/attention/choice.js", document.baseURI));
        choose({ head: 6 });
    }""")
    expect(drawn(page)).to_be_hidden()
    expect(page.locator("#pg-attention :focus")).to_have_count(1)
    page.unroute("**/attention/maps/**")
    tab(page).get_by_label("Head", exact=True).select_option("7")
    expect(drawn(page)).to_be_visible()
    tab(page).locator(".pg-text-tokens").first.focus()
    page.evaluate("""() => {
        const list = document.querySelector("[aria-label='Text to look at']");
        list.value = "Random words, twice";
        list.dispatchEvent(new Event("change"));
    }""")
    expect(row(page).get_by_role("option")).to_have_count(24)
    expect(page.locator("#pg-attention :focus")).to_have_count(1)


def test_each_picture_has_a_table(page):
    row(page).get_by_role("option").nth(2).click()
    expect(page.get_by_text("All heads after “·taught” (3)")).to_be_visible()
    weights, headers = {}, []
    for name in ("The chosen token's weights as a table", "The map as a table", "All heads as a table"):
        page.get_by_text(name).click()
        table = page.get_by_role("table", name=name)
        expect(table.get_by_role("row").nth(1)).to_be_visible()
        headers += table.locator("th").all_inner_texts()
        weights[name] = table.get_by_role("row").all_inner_texts()
        expect(page.get_by_role("region", name=f"{name}")).to_have_attribute("tabindex", "0")
        page.get_by_text(name).first.click()
    assert "" not in headers
    assert [len(lines) for lines in weights.values()] == [1 + 3, 1 + 9, 1 + 30]
    last = weights["The chosen token's weights as a table"][3].split("\t")[2]
    assert weights["The map as a table"][3].split("\t")[3] == last, "“taught” looks at itself"


def test_the_shades_stay_in_forced_colours(page):
    chip = row(page).get_by_role("option").nth(7)
    colour = "element => getComputedStyle(element).backgroundColor"
    before = chip.evaluate(colour)
    page.emulate_media(forced_colors="active")
    assert chip.evaluate(colour) == before
    page.emulate_media(forced_colors="none")


def test_nothing_is_cut_on_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 844})
    expect(drawn(page)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    cut = (
        tab(page)
        .locator(".pg-picture-head, p, label, .pg-button")
        .evaluate_all(
            "elements => elements.filter(({ clientWidth: seen, scrollWidth: whole }) => seen > 1 && whole > seen + 1)"
            ".map((element) => element.textContent)"
        )
    )
    assert cut == []
    assert min(widths(row(page).get_by_role("option"))) >= 24


def test_the_line_under_the_map_says_where_a_token_looks_and_describes_the_map(page):
    caption = tab(page).locator(".pg-caption")
    expect(caption).to_contain_text("‘.’ (9) looks most at ")
    assert map_grid(page).get_attribute("aria-describedby") == caption.get_attribute("id")
    row(page).get_by_role("option").nth(3).click()
    expect(caption).to_contain_text("‘ the’ (4) looks most at ")
