"""Tests the pane Layers in Chromium on the default model: the lens, a cell's bars, the lines, who wrote the logit."""

import asyncio
import csv
import io
import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Page, expect

from playground.web.inside import layers as api
from tests.browser.panes import mount_pane, open_asked, style, view

pytestmark = [pytest.mark.browser, pytest.mark.model]

FRANCE = "The capital of France is"
HOSTILE = "<img src=x onerror=alert(1)> שלום\n" + "a" * 90
GRID = re.compile(r"/inside/lens\?")


@pytest.fixture
def page(bare_page, site):
    """A bare page with the pane."""
    style(bare_page)
    mount_pane(bare_page, "inside/layers/mount.js", "layers")
    view(bare_page, "layers")
    open_asked(bare_page, site, "layers", 1)
    return bare_page


def ask(site, question) -> dict:
    """Returns what the API answers, on another thread, because Playwright's loop runs on this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, question(site.engine)).result()


def read(page: Page, site, text: str, number: int = 2) -> None:
    """Opens a text of one's own, and waits until its whole lens is drawn."""
    page.get_by_label("First text").fill(text)
    page.get_by_role("button", name="Read", exact=True).click()
    open_asked(page, site, "layers", number)


def expect_whole(page: Page) -> None:
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    expect(page.get_by_role("button", name="Go on")).to_be_hidden()
    expect(page.locator(".pg-logit-terms-sum")).to_contain_text("remainder")
    expect(page.locator(".pg-logit-terms-all")).not_to_have_class(re.compile("pg-waiting"))


def cell(page: Page):
    """Returns the current cell of the lens, which says itself."""
    return page.get_by_role("grid", name="Logit lens").get_by_role("gridcell")


def taken(page: Page, name: str, item: str) -> bytes:
    """Returns the file that an item of an Export menu saves."""
    page.get_by_role("button", name=f"Export the {name}").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=item).click()
    return download.value.path().read_bytes()


def test_the_lens_says_what_each_layer_would_write(page, site):
    read(page, site, FRANCE)
    expect_whole(page)
    told = ask(site, lambda engine: api.lens(engine, FRANCE, -1, 3))["layers"]
    rows = list(csv.DictReader(io.StringIO(taken(page, "logit lens", "Numbers").decode("utf-8-sig"))))
    last = [row for row in rows if row["position"] == "4"]
    assert len(rows) == 5 * 31
    assert [int(row["top_token_id"]) for row in last] == [layer["top"][0]["token_id"] for layer in told]
    assert [int(row["rank_of_final"]) for row in last] == [layer["rank_of_final"] for layer in told]
    assert [float(row["kl_nats"]) for row in last] == pytest.approx(
        [layer["kl_nats"] for layer in told], abs=1e-4, rel=1e-4
    )
    expect(page.locator(".pg-lens-cell").last).to_have_text("·Paris")
    expect(page.locator(".pg-lens-cell").last).to_have_class(re.compile("pg-lens-final"))
    expect(cell(page)).to_have_accessible_name(re.compile(r"after all 30 layers, after “·is” \(5\): “·Paris” 77\.3 %"))

    # the colours follow the choice
    page.get_by_label("Colour by").select_option("rank")
    assert page.locator(".pg-lens-cell").last.get_attribute("data-heat") == "7"
    expect(page.locator(".pg-lens-legend").first).to_contain_text("rank of the final word")
    page.get_by_label("Layers shown").select_option("all")
    expect(page.locator(".pg-lens-layer")).to_have_count(31)


def test_the_arrow_keys_move_the_cell_and_its_bars(page, site):
    read(page, site, FRANCE)
    expect_whole(page)
    title = page.locator(".pg-cell-bars .pg-bars-title")
    expect(title).to_contain_text("After all 30 layers, after “·is”: entropy")
    cell(page).focus()
    page.keyboard.press("ArrowUp")
    expect(title).to_contain_text("After all 30 layers, after “·France”")
    page.keyboard.press("Home")
    expect(title).to_contain_text("At the embedding, after “·France”")
    told = ask(site, lambda engine: api.lens(engine, FRANCE, -2, 9))["layers"][0]["top"]
    bars = page.locator(".pg-cell-bars .pg-bar[data-id]")
    expect(bars.first).to_have_attribute("data-id", str(told[0]["token_id"]))
    shown = [int(bar.get_attribute("data-id")) for bar in bars.all()]
    assert shown[:8] == [one["token_id"] for one in told][:8]
    expect(cell(page)).to_be_focused()

    # a click chooses a cell too, and a click on the lines a layer
    box = page.locator(".pg-lens-area").bounding_box()
    page.mouse.click(box["x"] + box["width"] - 4, box["y"] + box["height"] - 4)
    expect(title).to_contain_text("After all 30 layers, after “·is”")
    lines = page.get_by_role("img", name="Ranks of the final token")
    lines.click(position={"x": 84, "y": 60})
    expect(title).to_contain_text("At the embedding, after “·is”")


def test_the_parts_of_a_logit_are_a_sum(page, site):
    read(page, site, FRANCE)
    expect_whole(page)
    ids = [one["token_id"] for one in ask(site, lambda engine: api.lens(engine, FRANCE, -1, 2))["layers"][-1]["top"]]
    alone = ask(site, lambda engine: api.contributions(engine, FRANCE, -1, ids[0], None))
    total = page.locator(".pg-logit-terms-sum")
    expect(total).to_contain_text(f"“·Paris”: logit +{alone['logit']:.2f} = embedding −0.06")
    page.get_by_label("Rather than this token").select_option(str(ids[1]))
    both = ask(site, lambda engine: api.contributions(engine, FRANCE, -1, *ids))
    expect(total).to_contain_text(f"“·Paris” rather than “·the”: difference of the logits +{both['logit']:.2f} =")
    expect(page.locator(".pg-logit-terms-most")).to_contain_text("Most for it: the feed-forward of layer 28")

    # the bars are as long as they say
    bars = page.locator("rect.pg-logit-terms-attention")
    heights = bars.evaluate_all("(bars) => bars.map((bar) => bar.height.baseVal.value)")
    tallest = max(both["attention"], key=abs)
    scale = max(heights) / abs(tallest)
    assert heights == pytest.approx([abs(value) * scale for value in both["attention"]], abs=0.1)

    # heads of a layer, by keyboard
    grid = page.get_by_role("grid", name="Terms of the logit")
    grid.get_by_role("gridcell").focus()
    for _ in range(24):
        page.keyboard.press("ArrowRight")
    expect(grid.get_by_role("gridcell")).to_have_accessible_name(re.compile(r"the attention of layer 23: \+3\.65"))
    page.keyboard.press("Enter")
    heads = page.get_by_role("listitem")
    expect(heads).to_have_count(9)
    for head, value in enumerate(both["heads"][23]):
        expect(heads.nth(head)).to_contain_text(f"{value:+.2f}".replace("-", "−"))
    expect(grid.get_by_role("gridcell")).to_be_focused()
    rows = list(csv.DictReader(io.StringIO(taken(page, "parts of the logit", "Numbers").decode("utf-8-sig"))))
    parts = [float(row["value"]) for row in rows if row["part"] not in ("head", "logit")]
    assert sum(parts) == pytest.approx(both["logit"], abs=1e-4)


def test_a_bar_of_a_cell_shares_out_its_tokens_logit(page, site):
    read(page, site, FRANCE)
    expect_whole(page)
    page.locator(".pg-cell-bars .pg-bar[data-id]").nth(2).click()
    expect(page.locator(".pg-logit-terms-sum")).to_contain_text("“·London”: logit")
    expect(page.get_by_label("Token whose logit is shared out")).to_have_value(re.compile(r"\d+"))
    page.get_by_label("Another token").fill("zebra")
    page.get_by_role("button", name="Choose ·zebra", exact=True).click()
    expect(page.locator(".pg-logit-terms-sum")).to_contain_text("“·zebra”: logit")


def test_hostile_text_is_text_and_all_rows_are_in_the_picture(page, site):
    text = HOSTILE + " the cat sat on the mat" * 4
    read(page, site, text)
    expect_whole(page)
    tokens = len(site.engine.model.tokenizer.encode(text))
    expect(page.locator(".pg-lens-label")).to_have_count(tokens)
    assert page.locator("#pg-layers img").count() == 0
    picture = taken(page, "logit lens", "Picture (SVG)").decode()
    assert picture.count(">·mat<") >= 4
    boxes = page.locator(".pg-lens-box").evaluate("({ clientHeight, scrollHeight }) => [clientHeight, scrollHeight]")
    assert boxes[0] < boxes[1], "on the page the rows scroll"
    page.get_by_text("The logit lens as a table").click()
    expect(page.get_by_role("table", name="The logit lens as a table").get_by_role("row")).to_have_count(tokens + 1)


def test_the_lens_can_be_stopped_and_goes_on(page, site):
    head = {"tokens": 5, "layers": 31, "top": 3, "after": ""}
    page.route(GRID, lambda route: route.fulfill(body=json.dumps(head) + "\n"))
    read(page, site, FRANCE)
    go_on = page.get_by_role("button", name="Go on")
    expect(go_on).to_be_visible()
    page.unroute(GRID)
    page.route(GRID, lambda route: None)  # never answered
    go_on.click()
    page.get_by_role("button", name="Stop").click()
    expect(go_on).to_be_focused()
    page.unroute(GRID)
    go_on.click()
    expect_whole(page)
    expect(page.locator(".pg-lens-cell").last).to_have_text("·Paris")


def test_a_model_that_cannot_be_read_says_so(page, site, seats):
    refusal = {"detail": "This view needs to know where Odd-1B has its blocks."}
    page.route(re.compile("/inside/"), lambda route: route.fulfill(status=422, json=refusal))
    read(page, site, FRANCE)
    expect(page.locator(".pg-layers > .pg-notice")).to_have_text(refusal["detail"])
    expect(page.locator(".pg-lens")).to_be_hidden()
    seats["bare"].forgive()  # the browser itself notes the status
