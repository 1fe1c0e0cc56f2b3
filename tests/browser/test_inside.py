"""Tests what the panes of "Inside the model" share: the Attention pane beside one that notes what it is told."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.panes import (
    expect_chosen,
    mount_pane,
    mount_test_pane,
    open_asked,
    refuse_asked,
    shown,
    style,
    tokens,
    view,
)

pytestmark = [pytest.mark.browser, pytest.mark.model]

BOOK = "The·teacher·taught·the·students·with·the·book."


@pytest.fixture
def panes(bare_page):
    """A page with the Attention pane and another one, none of them in view."""
    style(bare_page)
    mount_pane(bare_page, "attention/mount.js", "attention")
    mount_test_pane(bare_page, "noted")
    return bare_page


def bar(page: Page):
    return page.get_by_label("Text to look at")


def expect_shown(page: Page, *expected) -> None:
    """Expects that the noting pane has been told these changes and no others."""
    page.wait_for_function("(count) => window.panes.noted.shown.length >= count", arg=len(expected))
    assert shown(page, "noted") == list(expected)


def test_text_and_position_go_with_the_reader_from_pane_to_pane(panes, site):
    view(panes, "attention")
    open_asked(panes, site, "attention", 1)
    expect(tokens(panes)).to_have_text(BOOK)
    expect(panes.get_by_text("All heads after “·the” (7)")).to_be_visible()
    tokens(panes).get_by_role("option").nth(4).click()
    expect(panes.get_by_text("All heads after “·students” (5)")).to_be_visible()
    assert shown(panes, "noted") == [], "a pane out of view draws nothing"

    view(panes, "noted")
    expect_shown(panes, [BOOK, 4])
    expect_chosen(panes, "·students")
    expect(bar(panes)).to_have_value("The token before")
    expect(panes.locator("#pg-noted").get_by_label("Text to look at")).to_be_visible()
    expect(panes.get_by_text("every token looks at the token just before it")).to_be_hidden()
    for key in ("ArrowRight", "Shift+ArrowRight", "Home", "Home"):
        tokens(panes).press(key)
    expect_shown(panes, [BOOK, 4], [BOOK, 5], [BOOK, 6], [BOOK, 0])

    view(panes, "attention")
    expect(panes.get_by_text("All heads after “The” (1)")).to_be_visible()
    expect(panes.get_by_text("every token looks at the token just before it")).to_be_visible()
    view(panes, "noted")
    expect_chosen(panes, "The")
    assert len(shown(panes, "noted")) == 4, "nothing has changed since"


def test_the_pane_that_opens_first_reads_the_preset_and_the_attention_of_it_comes_later(panes, site):
    fetched = []
    panes.on("request", lambda request: fetched.append(request.url))
    view(panes, "noted")
    open_asked(panes, site, "noted", 1)
    expect_chosen(panes, "·the")
    expect_shown(panes, None, None, [BOOK, 6])
    assert not any("/attention" in url for url in fetched)
    tokens(panes).press("End")
    view(panes, "attention")
    expect(panes.get_by_text("All heads after “.” (9)")).to_be_visible()
    expect(panes.locator(".pg-map-plot:not(.pg-no-map)").first).to_be_visible()
    bar(panes).select_option("Brackets in code")
    open_asked(panes, site, "attention", 2)
    expect_chosen(panes, "))")
    expect(panes.locator(".pg-key-token")).to_have_text("·(")


def test_texts_of_ones_own_are_told_when_they_are_left_and_when_they_come(panes, site):
    view(panes, "noted")
    open_asked(panes, site, "noted", 1)
    expect_chosen(panes, "·the")
    before = len(shown(panes, "noted"))
    panes.locator("#pg-noted .pg-pane").focus()
    panes.evaluate("window.panes.noted.looking.open(['One <b>two</b>', 'One more'])")
    expect(bar(panes)).to_be_focused()
    expect(panes.get_by_role("textbox", name="Second text")).to_have_value("One more")
    expect(tokens(panes)).to_be_hidden()
    open_asked(panes, site, "noted", 2)
    expect(tokens(panes)).to_have_text("One·<b>two</b>")
    second = panes.get_by_role("listbox", name="Tokens of the second text")
    expect(second).to_have_text("One·more")
    second.get_by_role("option").first.click()
    expect_chosen(panes, "One")
    assert shown(panes, "noted")[before:] == [None, ["One·<b>two</b>", 7], ["One·<b>two</b>", 0]]
    expect(panes.get_by_role("status").filter(has_text="The text has 8 tokens.")).to_be_visible()

    panes.get_by_role("textbox", name="First text").press("Enter")
    refuse_asked(panes, "noted", 3, "The text is too long.")
    expect(panes.get_by_role("alert")).to_have_text("The text is too long.")
    view(panes, "attention")
    expect(panes.locator("#pg-attention").get_by_role("alert")).to_have_text("The text is too long.")


def test_the_bar_keeps_its_focus_and_the_row_its_chosen_token_in_sight(panes, site):
    panes.set_viewport_size({"width": 390, "height": 844})
    view(panes, "noted")
    open_asked(panes, site, "noted", 1)
    expect_chosen(panes, "·the")
    panes.evaluate("window.panes.noted.looking.open([`${'word '.repeat(120)}end`])")
    open_asked(panes, site, "noted", 2)
    expect_chosen(panes, "·end")
    view(panes, "attention")
    expect_chosen(panes, "·end")
    for name in ("noted", "attention"):
        panes.get_by_role("textbox", name="First text").focus()
        view(panes, name)
        expect(panes.locator(f"#pg-{name}").get_by_role("textbox", name="First text")).to_be_focused()
        chosen = tokens(panes).get_by_role("option", selected=True).bounding_box()
        row = tokens(panes).bounding_box()
        assert row["y"] <= chosen["y"]
        assert chosen["y"] + chosen["height"] <= row["y"] + row["height"]
    assert panes.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_theme_is_told_once_and_a_pane_out_of_view_is_told_later(panes, site):
    view(panes, "noted")
    open_asked(panes, site, "noted", 1)
    expect_chosen(panes, "·the")
    before = len(shown(panes, "noted"))
    panes.evaluate("document.body.classList.add('dark')")
    panes.evaluate("document.body.classList.add('other')")
    expect_shown(panes, *shown(panes, "noted")[:before], [BOOK, 6])
    view(panes, "none")
    panes.evaluate("document.body.classList.remove('dark')")
    panes.evaluate("window.panes.noted.looking.turn(2)")
    assert len(shown(panes, "noted")) == before + 1
    view(panes, "noted")
    expect_shown(panes, *shown(panes, "noted")[: before + 1], [BOOK, 2])


def test_the_step_in_view_on_the_decode_tab_is_the_position(panes, site):
    view(panes, "noted")
    open_asked(panes, site, "noted", 1)
    expect_chosen(panes, "·the")
    trace_id = panes.evaluate("window.panes.noted.looking.text.traceId")
    tell = """async ([traceId, index]) => {
        const { tellInView } = await import(new URL("playground/assets/common/views.js", document.baseURI));
        tellInView({ traceId, index });
    }"""
    before = len(shown(panes, "noted"))
    panes.evaluate(tell, [trace_id, -3])
    assert len(shown(panes, "noted")) == before, "the reader looks at a preset"
    bar(panes).select_option("the text on the Decode tab")
    expect(panes.get_by_role("textbox", name="First text")).to_be_hidden()
    expect_chosen(panes, "·with")
    view(panes, "none")
    panes.evaluate(tell, [trace_id, -6])
    view(panes, "noted")
    expect_chosen(panes, "·taught")
    assert shown(panes, "noted")[before:] == [[BOOK, 5], [BOOK, 2]]
