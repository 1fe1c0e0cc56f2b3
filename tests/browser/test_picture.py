"""Tests pictures of elements: boxes, text and charts in the page's colours, and no script."""

import base64
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import plotly
import pytest

pytestmark = [pytest.mark.browser, pytest.mark.model]

PICTURE = 'import(new URL("playground/assets/common/picture.js", document.baseURI))'
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<img src=x onerror=alert(1)>${7*7}{{7*7}}&amp;\u0001"

PIXEL = """async ([selector, x, y]) => {
    const { toPng } = await MODULE;
    const picture = await createImageBitmap(await toPng(document.querySelector(selector)));
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    const paint = canvas.getContext("2d");
    paint.drawImage(picture, 0, 0);
    return [picture.width, picture.height, ...paint.getImageData(2 * (x + 12), 2 * (y + 12), 1, 1).data];
}""".replace("MODULE", PICTURE)


@pytest.fixture
def page(bare_page):
    """A page with our styles only, which most tests of this file use."""
    return bare_page


def to_svg(page, selector: str) -> ElementTree.Element:
    """Returns the picture, parsed as XML."""
    text = page.evaluate(f"(selector) => {PICTURE}.then((m) => m.toSvg(document.querySelector(selector)))", selector)
    return ElementTree.fromstring(text)


def show(page, markup: str) -> None:
    """Shows a sample of 200 × 100 pixels on the page."""
    page.evaluate(
        """(markup) => {
            const sample = document.createElement("div");
            sample.id = "sample";
            sample.style.cssText = "position: relative; width: 200px; height: 100px; background: rgb(0, 128, 0)";
            sample.innerHTML = markup;
            document.body.prepend(sample);
        }""",
        markup,
    )


def texts(picture: ElementTree.Element) -> list[str]:
    return ["".join(text.itertext()) for text in picture.iter(f"{SVG}text")]


def pixel(page, x: int, y: int) -> list[int]:
    return page.evaluate(PIXEL, ["#sample", x, y])[2:5]


def test_the_step_view_holds_what_the_page_shows(example):
    written = " ".join(" ".join(texts(to_svg(example, ".pg-step"))).split())  # each word that explains itself is apart
    for said in [".pg-headline-token", ".pg-bars-title", ".pg-drawn .pg-now", ".pg-axis .pg-raw"]:
        assert example.locator(said).inner_text() in written
    assert "◆" in written, "what ::before says is there too"


def test_taking_a_picture_leaves_the_page_as_it_was(example):
    before = example.locator("#pg-decode .pg-root").evaluate("(root) => root.outerHTML")
    to_svg(example, "#pg-decode .pg-root")
    assert example.locator("#pg-decode .pg-root").evaluate("(root) => root.outerHTML") == before
    assert example.locator("[data-picture-before], [data-picture-after]").count() == 0


def test_hostile_text_stays_text(page):
    show(page, "<span></span>")
    page.evaluate("(text) => { document.querySelector('#sample span').textContent = text }", HOSTILE)
    picture = to_svg(page, "#sample")
    assert "".join(texts(picture)).replace(" ", "") == HOSTILE.replace(" ", "").replace("\u0001", "\ufffd")
    assert {element.tag.removeprefix(SVG) for element in picture.iter()} <= {"svg", "defs", "rect", "text", "g"}


def test_lines_of_text_stand_where_the_browser_set_them(page):
    show(page, '<p style="margin: 0; width: 60px; font: 16px/20px monospace">one two three four</p>')
    lines = to_svg(page, "#sample").findall(f".//{SVG}text")
    assert [line.text.strip() for line in lines] == ["one", "two", "three", "four"]
    assert [float(b.get("y")) - float(a.get("y")) for a, b in pairwise(lines)] == [20, 20, 20]


def test_text_that_is_cut_ends_in_an_ellipsis(page):
    style = "width: 60px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap"
    show(page, f'<p style="{style}">a word much too long for it</p>')
    [text] = texts(to_svg(page, "#sample"))
    assert text.endswith("…")
    assert text.startswith("a w")


def test_what_is_not_seen_is_not_drawn(page):
    hidden = ["display: none", "visibility: hidden", "position: absolute; width: 1px; height: 1px; overflow: hidden"]
    show(page, "".join(f'<p style="{style}">unseen</p>' for style in hidden) + "<p data-picture=skip>unseen</p>seen")
    assert texts(to_svg(page, "#sample")) == ["seen"]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("", [0, 128, 0]),
        ('<div style="width: 100px; height: 50px; background: rgb(9, 8, 7)"></div>', [9, 8, 7]),
        ('<div style="width: 20px; height: 50px; border-right: 40px solid rgb(1, 2, 3)"></div>', [1, 2, 3]),
        ('<div style="width: 0; border: 40px solid transparent; border-top: 50px solid rgb(9, 8, 7)"></div>',
         [9, 8, 7]),
        ('<div style="width: 0; border: 40px solid transparent; border-left: 20px solid rgb(9, 8, 7)"></div>',
         [0, 128, 0]),
        ('<svg width="100" height="50"><rect width="100" height="50" style="fill: rgb(4, 5, 6)"/></svg>', [4, 5, 6]),
        ('<div style="height: 50px; overflow: hidden"><div style="width: 400px; height: 400px; '
         'background: rgb(20, 30, 40)"></div></div>', [20, 30, 40]),
        ('<div style="width: 100px; height: 50px; background: '
         'repeating-linear-gradient(to right, rgb(9, 9, 99) 0 30px, transparent 30px 60px)"></div>', [0, 128, 0]),
        ('<div style="width: 100px; height: 50px; background: '
         'repeating-linear-gradient(to right, transparent 0 30px, rgb(9, 9, 99) 30px 60px)"></div>', [9, 9, 99]),
    ],
)  # fmt: skip
def test_a_pixel_of_the_picture_is_that_of_the_page(page, markup, expected):
    show(page, markup)
    assert page.evaluate(PIXEL, ["#sample", 5, 5])[:2] == [448, 248], "twice 200 x 100 and a margin of 12"
    assert pixel(page, 40, 20) == expected
    assert pixel(page, 40, 80) == [0, 128, 0], "nothing hangs over"


def test_a_canvas_is_drawn(page):
    show(page, '<canvas width="50" height="50"></canvas>')
    page.evaluate(
        """() => {
            const paint = document.querySelector("#sample canvas").getContext("2d");
            paint.fillStyle = "rgb(10, 20, 30)";
            paint.fillRect(0, 0, 50, 50);
        }"""
    )
    assert pixel(page, 40, 20) == [10, 20, 30]


def test_a_chart_brings_its_style_and_what_it_refers_to_and_runs_nothing(page):
    show(
        page,
        """<style>#sample .shape { fill: url(#far); stroke: rgb(1, 2, 3) }</style>
        <svg width="0" height="0"><linearGradient id="far"><stop stop-color="rgb(5, 6, 7)"/></linearGradient></svg>
        <svg id="chart" width="100" height="50" onload="alert(1)"><script>1</script>
        <rect class="shape" width="100" height="50" onclick="alert(1)"/></svg>""",
    )
    picture = to_svg(page, "#chart")
    assert picture.find(".//*[@id='far']") is not None
    assert "rgb(1, 2, 3)" in picture.find(f".//{SVG}svg/{SVG}rect").get("style")
    assert not [element for element in picture.iter() if element.tag == f"{SVG}script"]
    assert not [name for element in picture.iter() for name in element.attrib if name.startswith("on")]


def test_a_plotly_heat_map_is_drawn(page):
    page.add_script_tag(content=(Path(plotly.__file__).parent / "package_data" / "plotly.min.js").read_text())
    show(page, '<div id="plot"></div>')
    page.evaluate(
        """() => Plotly.newPlot("plot", {
            data: [{ type: "heatmap", z: [[1, 1], [1, 1]], colorscale: [[0, "rgb(7, 8, 9)"], [1, "rgb(7, 8, 9)"]],
                colorbar: { thickness: 20, outlinewidth: 0, ypad: 0, len: 1 } }],
            layout: { width: 200, height: 100, margin: { l: 30, r: 60, t: 20, b: 20 }, title: { text: "Heat" } },
        })"""
    )
    assert pixel(page, 80, 40) == [7, 8, 9]
    picture = to_svg(page, "#plot")
    assert "Heat" in "".join(texts(picture))
    scale = next(shape for shape in picture.iter(f"{SVG}rect") if "url(" in shape.get("style", ""))
    gradient = re.search(r'fill: url\("#(.+?)"\)', scale.get("style"))[1]
    assert picture.find(f".//{SVG}linearGradient[@id='{gradient}']") is not None


def test_the_background_is_the_pages_own_in_the_dark_too(example):
    light = to_svg(example, ".pg-step").find(f"{SVG}rect").get("fill")
    example.evaluate("document.body.classList.add('dark')")
    dark = to_svg(example, ".pg-step").find(f"{SVG}rect").get("fill")
    example.evaluate("document.body.classList.remove('dark')")
    assert sum(map(int, re.findall(r"\d+", light))) > 600 > 150 > sum(map(int, re.findall(r"\d+", dark)))


def test_the_png_is_a_png(example):
    png = example.evaluate(
        f"""async () => {{
            const blob = await {PICTURE}.then((module) => module.toPng(document.querySelector(".pg-step")));
            return btoa(String.fromCharCode(...new Uint8Array(await blob.arrayBuffer()).subarray(0, 8)));
        }}"""
    )
    assert base64.b64decode(png) == b"\x89PNG\r\n\x1a\n"
