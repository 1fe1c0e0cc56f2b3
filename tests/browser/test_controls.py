"""Tests the look of the page's controls: contrast, focus, forced colours, what is cut, and the sheet of a phone."""

import itertools
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.seats import IDLE, VIEWPORT
from tests.browser.visitor import bars, open_view, set_number

pytestmark = [pytest.mark.browser, pytest.mark.model]

PHONE = {"width": 390, "height": 844}
CONTRAST = """(element) => {
    const channels = (colour) => {
        const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = (colour) => {
        const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        const [r, g, b] = channels(colour).map((c) => linear(c / 255));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const groundOf = (one) => {
        for (; one; one = one.parentElement) {
            const { backgroundColor } = getComputedStyle(one);
            if (channels(backgroundColor)[3] === 255) return backgroundColor;
        }
        return getComputedStyle(document.documentElement).backgroundColor;
    };
    const ratio = (one, other) => {
        const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
        return (high + 0.05) / (low + 0.05);
    };
    const style = getComputedStyle(element);
    const around = groundOf(element.parentElement);
    return {
        text: ratio(style.color, groundOf(element)),
        border: ratio(style.borderBottomColor, around),
    };
}"""
"""A script that returns the contrast of an element's text to its ground, and of its border to what is around it."""

CUT = """(one) => {
    const { overflowX, overflowY, textOverflow } = getComputedStyle(one);
    const isWide = one.scrollWidth > one.clientWidth && (overflowX === "hidden" || textOverflow === "ellipsis");
    return isWide || (one.scrollHeight > one.clientHeight + 1 && overflowY === "hidden");
}"""
"""A script that returns whether a part of an element's text can be neither seen nor scrolled to."""


@pytest.fixture
def page(shared_page):
    """A page that the tests of this file share. Each begins on Decode, in the light, in a window of the usual size."""
    shared_page.emulate_media(forced_colors="none")
    dark(shared_page, False)
    shared_page.set_viewport_size(VIEWPORT)
    open_view(shared_page, "Decode")
    return shared_page


def dark(page: Page, is_dark: bool) -> None:
    page.evaluate("(isDark) => document.body.classList.toggle('dark', isDark)", is_dark)


def handle(page: Page):
    return page.locator(".pg-sheet-handle")


def top(page: Page, selector: str) -> float:
    return page.locator(selector).first.evaluate("(element) => element.getBoundingClientRect().top")


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_text_and_edges_have_enough_contrast(page, is_dark):
    dark(page, is_dark)
    texts = {
        "Generate": page.get_by_role("button", name="Generate"),
        "Step": page.get_by_role("button", name="Step", exact=True),
        "a slider's end": page.locator(".sidebar .min_value").first,
        "the open tab": page.get_by_role("tab", selected=True),
        "another tab": page.get_by_role("tab", name="Compare"),
    }
    for name, element in texts.items():
        page.wait_for_function(f"(element) => ({CONTRAST})(element).text >= 4.5", arg=element.element_handle()), name
    edges = {
        "Step": page.get_by_role("button", name="Step", exact=True),
        "a button of ours": page.locator("#pg-decode .pg-button:enabled").first,
        "the prompt": page.get_by_label("Prompt", exact=True),
        "a box to tick": page.locator(".sidebar").get_by_label("Chat template"),
    }
    for name, element in edges.items():
        page.wait_for_function(f"(element) => ({CONTRAST})(element).border >= 3", arg=element.element_handle()), name


def test_boxes_to_tick_are_dark_in_the_dark(page):
    dark(page, True)
    for name in ("Prompts", "Settings"):
        open_view(page, name)
        box = page.locator("#pg-views").get_by_role("checkbox").first
        looks = box.evaluate("(box) => [getComputedStyle(box).colorScheme, getComputedStyle(box).appearance]")
        assert looks == ["dark", "auto"]


def test_whatever_has_the_focus_is_outlined(page):
    sidebar = page.locator(".sidebar")
    for control in (
        sidebar.locator("input[type=range]").first,
        sidebar.get_by_role("radio").first,
        sidebar.get_by_role("checkbox").first,
        sidebar.get_by_role("button", name="Generate"),
        page.locator(".pg-chain [aria-pressed=true]").first,
        page.get_by_role("tab", selected=True),
    ):
        control.focus()
        page.keyboard.press("Shift")  # from now on the browser shows the focus
        expect(control).to_have_css("outline", re.compile("solid 2px"))
        expect(control).to_have_css("outline-offset", re.compile("^[12]px"))  # beside a border of the same colour


def test_no_stray_dot_is_in_the_footer(page):
    footer = page.locator("footer")
    expect(footer.get_by_role("button", name="API")).to_be_visible()
    assert footer.locator(".divider").evaluate_all("(all) => all.filter((one) => one.checkVisibility()).length") == 0


@pytest.mark.parametrize("width", [1440, 1024])
def test_the_chat_template_moves_nothing(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    fold = page.get_by_role("button", name="The prompt as the model reads it")
    read = page.get_by_role("group", name="As the model reads it", exact=True)
    places = ("#pg-buttons", "#pg-reading-row", "#pg-templated", "#pg-presets", "#pg-control-temperature")
    before = [top(page, place) for place in places]
    for is_on, first in [(True, "<|im_start|>"), (False, "At·night")]:
        page.locator(".sidebar").get_by_label("Chat template").set_checked(is_on)
        expect(page.get_by_role("region", name="Conversation")).to_be_visible(visible=is_on)
        assert [top(page, place) for place in places] == before
        fold.click()
        expect(read).to_have_text(re.compile("^" + re.escape(first)))
        fold.click()
        expect(read).to_be_hidden()
        assert [top(page, place) for place in places] == before


def test_many_turns_take_no_more_room_than_three(page):
    chat = page.locator(".sidebar").get_by_label("Chat template")
    chat.check()
    add = page.get_by_role("button", name="Add a turn")
    tops = []
    for place in range(1, 9):
        add.click()
        expect(page.get_by_label(f"Text of turn {place}", exact=True)).to_be_in_viewport()
        tops.append(top(page, "#pg-buttons"))
    assert len(set(tops[3:])) == 1
    for _ in range(8):
        page.get_by_role("button", name="Remove turn 1", exact=True).click()
    chat.uncheck()


def test_on_a_phone_the_chat_template_moves_no_slider(page):
    page.set_viewport_size(PHONE)
    chat = page.locator(".sidebar").get_by_label("Chat template")
    chat.scroll_into_view_if_needed()
    places = ("#pg-buttons", "#pg-control-temperature", "#pg-reading-row")
    before = [top(page, place) for place in places]
    chat.check()
    expect(page.get_by_role("region", name="Conversation")).to_be_visible()
    assert [top(page, place) for place in places] == before
    chat.uncheck()


def test_nothing_of_the_lines_above_is_cut(page):
    """The model's line at every width; that the bars differ from the text, and how to use them."""
    set_number(page, "Temperature", "1.7")
    set_number(page, "Top-k", "7")
    for width in (1440, 1024, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for selector in ("#pg-model p", ".pg-settings", ".pg-said", ".pg-differing", ".pg-status", ".pg-speed"):
            assert not page.locator(selector).first.evaluate(CUT), (selector, width)
    page.set_viewport_size(VIEWPORT)
    page.get_by_role("button", name="Balanced", exact=True).click()


def test_the_sheet_of_a_phone_opens_and_closes(page):
    page.set_viewport_size(PHONE)
    expect(handle(page)).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("slider", name="Temperature")).to_be_in_viewport(ratio=1)
    handle(page).click()
    expect(handle(page)).to_have_attribute("aria-expanded", "false")
    expect(handle(page)).to_be_focused()
    expect(page.get_by_role("slider", name="Temperature")).to_be_hidden()
    assert top(page, ".sidebar") > PHONE["height"] - 60
    handle(page).press("Enter")
    expect(page.get_by_role("slider", name="Temperature")).to_be_in_viewport(ratio=1)
    expect(bars(page).nth(2)).to_be_in_viewport(ratio=1)


def test_tab_visits_the_sheet_of_a_phone_and_the_sidebar_from_top_to_bottom(page):
    places = """() => [...document.querySelectorAll(".sidebar-content :is(button, input, textarea)")]
        .filter((one) => one.checkVisibility() && one.tabIndex === 0)
        .filter((one) => !one.closest(".pg-sheet-handle, .tab-like-container"))
        .map((one) => [one.getBoundingClientRect().top, one.ariaLabel ?? one.textContent.trim()])"""
    for size in (PHONE, VIEWPORT, PHONE):
        page.set_viewport_size(size)
        page.evaluate(IDLE)
        stops = page.evaluate(places)
        assert len(stops) > 15
        for (above, first), (below, second) in itertools.pairwise(stops):
            assert below > above - 12, f"{second} stands above {first} at {size}"  # some stand beside each other
    preset = page.get_by_role("button", name="Balanced", exact=True)
    preset.focus()
    assert top(page, "#pg-presets") > top(page, "#pg-control-temperature")
    page.set_viewport_size(VIEWPORT)
    page.evaluate(IDLE)
    expect(preset).to_be_focused()
    assert top(page, "#pg-presets") < top(page, "#pg-control-temperature")


def test_the_sheet_of_a_phone_is_closed_or_absent_where_little_or_nothing_is_read(page):
    page.set_viewport_size(PHONE)
    for name in ("Prompts", "Beams"):
        open_view(page, name)
        expect(handle(page)).to_have_attribute("aria-expanded", "false")
        assert top(page, ".sidebar") > PHONE["height"] - 60
    for name in ("Settings", "Attention"):
        open_view(page, name)
        expect(handle(page)).to_be_hidden()


def test_forced_colours_keep_what_a_ground_tells(page):
    page.emulate_media(forced_colors="active")
    grounds = page.evaluate(
        """() => {
            const ground = (selector) => getComputedStyle(document.querySelector(selector)).backgroundColor;
            return {
                page: getComputedStyle(document.documentElement).backgroundColor,
                bar: ground("#pg-decode .pg-bar[data-kind=token] .pg-fill"),
                shade: ground("#pg-decode .pg-shade[data-shade='7']"),
                token: ground("#pg-decode .pg-strip [data-shade='7']"),
                line: getComputedStyle(document.querySelector(".pg-tab[aria-selected=true]")).borderBottomColor,
                noLine: getComputedStyle(document.querySelector(".pg-tab[aria-selected=false]")).borderBottomColor,
            };
        }"""
    )
    expect(page.locator(".sidebar").get_by_role("radio").first).to_have_css("appearance", "auto")
    assert len({grounds["page"], grounds["bar"], grounds["shade"]}) == 3
    assert grounds["token"] == grounds["shade"]
    assert grounds["line"] not in (grounds["page"], grounds["noLine"])
    expect(page.locator("#pg-generate")).to_have_css("background-color", grounds["bar"])  # Gradio fades it in
    assert grounds["noLine"] == "rgba(0, 0, 0, 0)"
