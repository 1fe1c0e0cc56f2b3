"""Tests charts: Plotly is fetched from this server for the first one, and draws in the page's colours."""

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import requested

pytestmark = [pytest.mark.browser, pytest.mark.model]

DRAW = """async () => {
    const { Chart, plain } = await import(new URL("playground/assets/common/plotly.js", document.baseURI));
    const root = document.createElement("div");
    root.className = "pg-root";
    root.style.cssText = "position: fixed; inset: 0 0 auto auto; width: 400px; z-index: 2000";
    const chart = window.chart = new Chart("Two points");
    chart.element.style.height = "120px";
    root.append(chart.element);
    document.body.append(root);
    const data = [{ x: [1, 2], y: [0, 3], mode: "lines+markers", line: { color: "--pg-accent" } }];
    chart.on("plotly_click", ({ points }) => { window.clicked = points[0].x; });
    await chart.show(data, { xaxis: { title: { text: plain("<b>step</b> & more") } } });
}"""


@pytest.fixture
def page(bare_page):
    return bare_page


def fonts_and_line(page) -> tuple[str, str]:
    line = page.get_by_role("img", name="Two points").locator(".lines path").first
    title = page.get_by_role("img", name="Two points").locator(".xtitle")
    expect(line).to_be_visible()
    return (
        title.evaluate("element => getComputedStyle(element).fill"),
        line.evaluate("element => element.style.stroke"),
    )


def test_a_chart_is_fetched_when_shown_and_drawn_in_the_colours_in_force(page):
    assert page.evaluate("window.Plotly") is None
    with requested(page) as asked:
        page.evaluate(DRAW)
        expect(page.locator(".xtitle")).to_have_text("<b>step</b> & more")
    assert fonts_and_line(page) == ("rgb(27, 36, 48)", "rgb(180, 66, 10)")
    page.evaluate("document.body.classList.add('dark')")
    expect(page.locator(".xtitle")).to_have_css("fill", "rgb(231, 235, 241)")
    assert fonts_and_line(page)[1] == "rgb(255, 156, 87)"
    page.evaluate("chart.show([], {})")
    expect(page.locator(".lines path")).to_have_count(0)
    assert sum(url.endswith("/plotly.js") and "assets" not in url for url in (request.url for request in asked)) == 1


def test_a_chart_fits_its_place_and_answers_a_click(page):
    page.evaluate(DRAW)
    drawing = page.locator(".pg-chart svg").first
    expect(drawing).to_have_attribute("width", "400")
    page.evaluate("chart.element.style.width = '300px'")
    expect(drawing).to_have_attribute("width", "300")
    box = page.locator(".pg-chart .points path").last.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".hovertext")).to_be_visible()
    page.mouse.down()
    page.mouse.up()
    page.wait_for_function("window.clicked === 2")
