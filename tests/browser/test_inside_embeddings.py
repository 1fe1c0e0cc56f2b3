"""Tests the Embeddings pane: points that are seen and chosen, plain names, sums, and a word in its sentences."""

import base64
import io
import json
import threading
import time

import pytest
import torch
from PIL import Image
from playwright.sync_api import Page, expect

from playground.inside import contexts
from tests import fakes
from tests.browser.panes import mount_pane, open_asked, style, tokens, view
from tests.browser.seats import IDLE

pytestmark = [pytest.mark.browser, pytest.mark.model]

ACCENT = (180, 66, 10)
HOSTILE = '<b>bold</b><img src=x onerror="window.attacked = 1">&amp;'
LONG = "ارنب" + "x" * 200
NO_WEBGL = """() => {
    const { getContext } = HTMLCanvasElement.prototype;
    HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
        return kind.includes("webgl") ? null : getContext.call(this, kind, ...more);
    };
}"""

TITLES = """async () => {
    const chart = document.querySelector(".pg-space .js-plotly-plot");
    const scene = structuredClone(chart.layout.scene);
    const axes = [scene.xaxis, scene.yaxis, scene.zaxis];
    for (const [place, { title }] of axes.entries()) title.font.color = ["#ff0000", "#00ff00", "#0000ff"][place];
    const marker = { color: "#888888", size: 1 };
    const data = chart.data.map(({ x, y, z, type }) => ({ x, y, z, type, mode: "markers", marker }));
    const { clientWidth: width, clientHeight: height } = chart;
    const layout = { ...chart.layout, scene, width, height, paper_bgcolor: "#ffffff" };
    return Plotly.toImage({ data, layout }, { format: "png", width, height });
}"""
"""A script that returns the picture in space as it stands, with the titles of the axes in red, green and blue."""


@pytest.fixture
def pane(bare_page, site):
    """A bare page with the pane, whose first answers are there."""
    return opened(bare_page, site)


def opened(page: Page, site) -> Page:
    page.set_viewport_size({"width": 1280, "height": 900})
    style(page)
    mount_pane(page, "inside/embeddings/mount.js", "embeddings")
    view(page, "embeddings")
    open_asked(page, site, "embeddings", 1)
    expect(page.locator(".pg-space-room[data-drawn]")).to_be_visible()
    return page


def forgive_refusals(seats) -> None:
    """The browser writes an error for each answer that is a refusal, and the test has caused nothing else."""
    faults = seats["bare"].faults()
    assert faults
    assert all("Failed to load resource" in fault for fault in faults)
    seats["bare"].forgive()


def points(page: Page):
    return page.get_by_role("listbox", name="Points: choose two words").get_by_role("option")


def chosen(page: Page) -> list[str]:
    return points(page).and_(page.locator("[aria-selected=true]")).locator(".pg-token").all_inner_texts()


def angle(page: Page):
    return page.locator(".pg-space-beside .pg-embeddings-said")


def discs(picture: bytes, size: int) -> list[tuple[int, int]]:
    """Returns where a square of `size` pixels has the accent colour: inside of the marks of chosen points."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    pixels, (width, height) = image.load(), image.size
    near = {
        (x, y)
        for x in range(width)
        for y in range(height)
        if sum(abs(one - other) for one, other in zip(pixels[x, y], ACCENT, strict=True)) < 24
    }
    steps = [(dx, dy) for dx in range(size) for dy in range(size)]
    return [(x, y) for x, y in near if all((x + dx, y + dy) in near for dx, dy in steps)]


def test_words_are_points_of_which_two_make_an_angle(pane):
    expect(points(pane)).to_have_count(20)
    assert chosen(pane) == ["·cat", "·dog"]
    expect(angle(pane)).to_have_text("“·cat” and “·dog”: the angle is 54.3°, and its cosine is 0.583.")
    expect(pane.get_by_role("img", name="The vectors of “·cat” and “·dog” in the plane of both")).to_be_visible()
    expect(pane.locator(".pg-angle-degrees")).to_have_text("54.3°")
    expect(pane.get_by_text("= 44.6 % of their variance")).to_be_visible()

    points(pane).first.focus()
    for key in ("Enter", "ArrowDown", "ArrowDown", " "):
        pane.keyboard.press(key)
    assert chosen(pane) == ["·dog", "·horse"]
    expect(angle(pane)).to_contain_text("“·dog” and “·horse”")
    expect(pane.get_by_role("heading", name="The 12 tokens nearest to “·horse”")).to_be_visible()
    pane.keyboard.press("ArrowUp")
    pane.keyboard.press("Enter")
    expect(angle(pane)).to_contain_text("“·horse” is chosen. Choose a second word")
    expect(pane.locator(".pg-angle")).to_be_hidden()
    expect(points(pane).nth(1)).to_be_focused()


def is_elsewhere(turned: list, spots: list) -> bool:
    return bool(turned) and min(abs(a - b) + abs(c - d) for a, c in turned for b, d in spots) > 5


def test_the_picture_in_space_is_drawn_is_clicked_and_leaves_the_page(pane):
    room = pane.locator(".pg-space-room")
    points(pane).first.click()  # now only the dog is chosen
    expect(angle(pane)).to_contain_text("“·dog” is chosen")
    pane.wait_for_function("document.querySelector('.pg-space-room').dataset.drawn >= 2")
    spots = discs(room.screenshot(), 6)
    assert spots, "the mark of the chosen word is seen"
    box = room.bounding_box()
    x, y = (sum(spot[axis] for spot in spots) / len(spots) + 3 for axis in (0, 1))
    pane.mouse.move(box["x"] + x, box["y"] + y)
    expect(room.locator(".hovertext")).to_contain_text("·dog: animals")
    pane.mouse.down()
    pane.mouse.up()
    expect(angle(pane)).to_contain_text("Choose two words")

    points(pane).nth(1).click()
    expect(angle(pane)).to_contain_text("“·dog” is chosen")
    pane.get_by_role("button", name="Turn left").click()
    deadline = time.monotonic() + 30
    while not is_elsewhere(discs(room.screenshot(), 6), spots):
        assert time.monotonic() < deadline, "the mark is still in view, and somewhere else"
        pane.evaluate(IDLE)
    pane.locator(".pg-space").get_by_role("button", name="Export").click()
    with pane.expect_download() as download:
        pane.locator(".pg-space").get_by_role("menuitem", name="Picture (PNG)").click()
    assert discs(download.value.path().read_bytes(), 6), "the export has what WebGL has drawn"
    expect(room.locator("img")).to_have_count(0)


def test_the_picture_in_space_rests_while_it_is_hidden_and_comes_back_as_it_was_turned(pane):
    room = pane.locator(".pg-space-room")
    camera = "JSON.stringify(document.querySelector('.pg-space .pg-chart').layout.scene.camera)"
    opening = pane.evaluate(camera)
    box = room.bounding_box()
    pane.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    pane.mouse.down()
    pane.mouse.move(box["x"] + box["width"] / 2 + 80, box["y"] + box["height"] / 2, steps=5)
    pane.mouse.up()
    pane.wait_for_function(f"{camera} !== {opening!r}")
    turned = pane.evaluate(camera)
    room.evaluate("(room) => { room.style.display = 'none'; }")
    expect(room.locator("canvas")).to_have_count(0)
    room.evaluate("(room) => { room.style.display = ''; }")
    expect(room.locator("canvas").first).to_be_visible()
    assert pane.evaluate(camera) == turned
    pane.get_by_role("button", name="Turn left").click()
    pane.wait_for_function(f"{camera} !== {turned!r}")


def titles(url: str) -> tuple[list[int], list[int]]:
    """Returns the pixels of each axis's title, and those of them that lie on the picture's edge."""
    with Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))) as image:
        pixels = image.convert("RGB")
    wide, high = pixels.size
    colours = torch.frombuffer(bytearray(pixels.tobytes()), dtype=torch.uint8).reshape(high, wide, 3).int()
    strongest, axis = colours.max(-1)
    is_title = strongest - colours.amin(-1) > 90
    is_edge = torch.ones_like(is_title)
    is_edge[2:-2, 2:-2] = False
    ours = [is_title & (axis == number) for number in range(3)]
    return [int(one.sum()) for one in ours], [int((one & is_edge).sum()) for one in ours]


@pytest.mark.parametrize("size", [(1024, 768), (390, 844)])
def test_the_titles_of_the_axes_are_whole_from_each_side(pane, size):
    pane.set_viewport_size({"width": size[0], "height": size[1]})
    first = "document.querySelector('.pg-space .js-plotly-plot').layout.scene.xaxis.title.text"
    pane.wait_for_function(f"(isShort) => {first}.startsWith('1') === isShort", arg=size[0] == 390)
    for _ in range(6):
        drawn = pane.locator(".pg-space-room").get_attribute("data-drawn")
        seen, on_edge = titles(pane.evaluate(TITLES))
        assert min(seen) > 60, "each title is in the picture"
        assert on_edge == [0, 0, 0], "no title is cut"
        pane.get_by_role("button", name="Turn left").click()
        expect(pane.locator(".pg-space-room")).not_to_have_attribute("data-drawn", str(drawn))


def test_names_are_plain_text_in_both_pictures(bare_page, site):
    def spoiled(route):
        told = route.fetch().json()
        told["tokens"][told["tokens"].index("·cat")] = HOSTILE
        told["tokens"][told["tokens"].index("·dog")] = LONG
        route.fulfill(body=json.dumps(told), content_type="application/json")

    bare_page.route("**/vocabulary.json", spoiled)
    pane = opened(bare_page, site)
    assert chosen(pane) == [HOSTILE, LONG]
    expect(angle(pane)).to_contain_text(f"“{HOSTILE}” and “{LONG}”")
    expect(pane.locator(".pg-angle-name").first).to_have_text(HOSTILE[:19] + "…")
    assert pane.evaluate("window.Plotly !== undefined")
    pane.get_by_label("Axes").select_option("plane")
    expect(pane.locator(".pg-space-room .annotation-text").first).to_have_text(HOSTILE[:19] + "…")
    assert pane.locator("#pg-embeddings img").count() == 0
    assert pane.evaluate("window.attacked") is None
    assert pane.evaluate("document.documentElement.scrollWidth <= innerWidth"), "a long name does not widen the page"


def test_without_webgl_the_picture_has_two_axes(bare_page, site):
    bare_page.evaluate(NO_WEBGL)
    pane = opened(bare_page, site)
    expect(pane.get_by_text("This browser has no WebGL")).to_be_visible()
    expect(pane.get_by_label("Axes")).to_be_hidden()
    expect(pane.get_by_role("button", name="Turn left")).to_be_hidden()
    expect(pane.locator(".pg-space-room .annotation-text")).to_have_count(20)
    boxes = [name.bounding_box() for name in pane.locator(".pg-space-room .annotation-text").all()]
    for place, one in enumerate(boxes):
        for other in boxes[:place]:
            across = min(one["x"] + one["width"], other["x"] + other["width"]) - max(one["x"], other["x"])
            down = min(one["y"] + one["height"], other["y"] + other["height"]) - max(one["y"], other["y"])
            assert across < 3 or down < 3, "no name lies over another"


def test_own_words_are_shown_and_refused_in_sentences(pane, seats):
    field = pane.get_by_label("Words", exact=True)
    field.fill("mine: Paris rhinoceros Rome\nyours: #42")
    pane.get_by_label("Neighbours of each word").select_option("1")
    expect(pane.get_by_text("“rhinoceros” is")).to_contain_text("because only a single token has a vector")
    expect(points(pane)).to_have_count(6)
    expect(pane.get_by_label("Set of words")).to_have_value("my own words")
    expect(pane.get_by_role("heading", name="3 words and 3 of their neighbours in the embedding")).to_be_visible()
    assert chosen(pane) == [], "the words that were chosen are not there"
    for words, sentence in [
        ("Paris", "The picture needs at least two different words"),
        ("Paris #99999", "is 99999, which is out of range. Give one from 0 to 49,151."),
        (" ".join(f"#{token_id}" for token_id in range(61)), "words has 61 values. Give at most 60."),
    ]:
        field.fill(words)
        field.press("Enter")
        expect(pane.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
        expect(points(pane).first).to_be_hidden()
    pane.get_by_label("Set of words").select_option("royalty")
    expect(points(pane)).to_have_count(40)
    assert chosen(pane) == ["·king", "·queen"]
    forgive_refusals(seats)


def test_a_sum_has_its_ranks_with_and_without_its_own_words(pane, seats):
    rows = pane.get_by_role("table", name="Tokens nearest to king − man + woman").locator("tbody tr")
    expect(rows).to_have_count(10)
    cells = [row.locator("td").all_inner_texts()[:2] for row in rows.all()[:3]]
    assert cells == [["1", "·queen"], ["2", "·king word of the sum"], ["3", "·Queen"]]
    expect(pane.get_by_text("“·man” has rank 49,152")).to_be_visible()
    pane.get_by_label("leave out the words of the sum").check()
    assert [row.locator("td").all_inner_texts()[:2] for row in rows.all()[:2]] == [["1", "·queen"], ["2 (3)", "·Queen"]]
    rows.first.get_by_role("button").click()
    expect(pane.get_by_role("heading", name="The 12 tokens nearest to “·queen”")).to_be_visible()
    pane.get_by_label("Word to add").fill("hippopotamus")
    pane.get_by_label("Word to add").press("Enter")
    expect(pane.get_by_role("alert").filter(has_text="'hippopotamus' is")).to_contain_text("Choose another word.")
    expect(rows.first).to_be_hidden()
    forgive_refusals(seats)


def test_the_nearest_tokens_follow_the_chosen_token_of_the_text(pane):
    heading = pane.get_by_role("heading", name="The 12 tokens nearest")
    expect(heading).to_contain_text("“·cat”")
    tokens(pane).get_by_role("option", name="·teacher").click()
    expect(heading).to_contain_text("“·teacher”")
    table = pane.get_by_role("table", name="Nearest to ·teacher")
    expect(table.locator("tbody tr").first).to_contain_text("·teachers")
    table.get_by_role("button", name="·teachers", exact=True).press("Enter")
    expect(heading).to_contain_text("“·teachers”")
    assert pane.evaluate("document.activeElement.className.includes('pg-bar-token')"), "the focus stays in the list"
    pane.get_by_role("button", name="The chosen token of the text").click()
    expect(heading).to_contain_text("“·teacher”")


def test_a_word_is_compared_in_its_sentences_layer_by_layer(pane):
    heading = pane.locator(".pg-contexts-picture h4")
    expect(heading).to_contain_text("“·bank” of A with “·bank” of B, and with “·bank” of C")
    expect(pane.locator(".pg-contexts-picture .lines path.js-line")).to_have_count(3)
    pane.get_by_text("The cosines as a table").click()
    lines = pane.get_by_role("table", name="The cosines as a table").locator("tbody tr")
    expect(lines).to_have_count(31)
    assert lines.first.inner_text().split()[:3] == ["0", "1.000", "1.000"]
    same, other = (float(cell) for cell in lines.nth(8).inner_text().split()[1:3])
    assert same < other - 0.1
    row = pane.get_by_role("listbox", name="Tokens of text B")
    row.focus()
    row.press("ArrowRight")
    expect(heading).to_contain_text("with “·in” of B")
    assert lines.first.inner_text().split()[1] != "1.000"
    pane.get_by_role("button", name="Put the text above into A").click()
    expect(heading).to_contain_text("“·the” of A with “·in” of B")
    pane.get_by_role("textbox", name="Text A").fill("")
    for label in ("Text B", "Text C"):
        pane.get_by_role("textbox", name=label).fill("")
    pane.get_by_role("button", name="Compare").click()
    expect(pane.get_by_role("alert").filter(has_text="Write two sentences, or three.")).to_be_visible()


def test_a_long_comparison_tells_its_progress_and_stops(pane, seats, monkeypatch):
    expect(pane.locator(".pg-contexts-picture h4")).to_contain_text("“·bank”")
    goes_on, read = threading.Event(), contexts.Reading.go_on

    def held(self, model):
        assert goes_on.wait(fakes.PATIENCE_SECONDS)
        yield from read(self, model)

    monkeypatch.setattr(contexts.Reading, "go_on", held)
    pane.get_by_role("textbox", name="Text A").fill("One text. " * 100)
    pane.get_by_role("button", name="Compare").click()
    expect(pane.get_by_text("Reading the texts: part 1 of 5 …")).to_be_visible()
    pane.get_by_role("button", name="Stop").click()
    goes_on.set()
    expect(pane.get_by_role("alert").filter(has_text="Stopped. Press Compare")).to_be_visible()
    expect(pane.get_by_role("button", name="Stop")).to_be_hidden()
    assert pane.evaluate("document.activeElement !== document.body"), "the focus stays in the pane"
    pane.get_by_role("textbox", name="Text A").fill("word " * 600)
    pane.get_by_role("button", name="Compare").click()
    expect(pane.get_by_role("alert").filter(has_text="in texts of at most 512. Shorten it by")).to_be_visible()
    forgive_refusals(seats)
