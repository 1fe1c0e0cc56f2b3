"""Tests links to the Compare prompts tab: a link restores the whole tab, and a broken one changes nothing."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.prompts import (
    HOSTILE,
    answer_of,
    columns,
    expect_finished,
    open_tab,
    prompt_of,
    run,
    shares,
    write_input,
)
from tests.browser.visitor import open_view, set_number

pytestmark = [pytest.mark.browser, pytest.mark.model]

SIDEBAR = ("Temperature", "Top-k", "Top-p", "Max new tokens", "Seed")


def copied_link(page: Page) -> str:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#pg-prompts").get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("The link is copied.")).to_be_visible()
    return page.evaluate("navigator.clipboard.readText()")


def whole_tab(page: Page) -> dict:
    """Returns all that a link has to restore, and what follows from it."""
    tab = page.locator("#pg-prompts")
    choices = tab.get_by_label("Examples in this column").all()
    assert len(shares(page)) == len(choices)
    return {
        "sidebar": [page.get_by_role("spinbutton", name=name).input_value() for name in SIDEBAR],
        "further": page.locator(".pg-further-line").inner_text(),
        "strategy": page.locator(".sidebar").get_by_role("radio", checked=True).get_attribute("value"),
        "task": tab.get_by_role("combobox", name="Task").locator("option:checked").inner_text(),
        "fields": [field.input_value() for field in tab.locator("textarea, input[type=text]").all()],
        "form": tab.get_by_label("Format").input_value(),
        "columns": [choice.input_value() for choice in choices],
        "spelling": tab.get_by_label("Spelling of the label words", exact=True).input_value(),
        "calibrated": tab.get_by_label("calibrate").is_checked(),
        "labels": tab.locator(".pg-prompts-label-rows").all_inner_texts(),
        "caption": tab.locator(".pg-caption").inner_text(),
        "prompts": [prompt_of(page, number).locator(".pg-token").all_text_contents() for number in range(len(choices))],
        "answers": [answer_of(page, number).inner_text() for number in range(len(choices))],
    }


def test_a_link_restores_the_whole_tab_for_another_visitor(page, another):
    page.get_by_role("button", name="Creative").click()
    set_number(page, "Max new tokens", "3")
    open_tab(page)
    tab = page.locator("#pg-prompts")
    page.get_by_role("spinbutton", name="Seed").fill("11")
    write_input(page, HOSTILE)
    tab.get_by_label("Format").select_option("chat: alternating turns")
    tab.get_by_label("Spelling of the label words", exact=True).select_option("lower")
    tab.get_by_label("calibrate").check()
    page.get_by_role("button", name="Add a column").click()
    columns(page).nth(1).get_by_label("Examples in this column").select_option("2 shots")
    columns(page).nth(3).get_by_label("Examples in this column").select_option("free prompt")
    columns(page).nth(3).get_by_label("Free prompt").fill(f"Say it:\n{HOSTILE}")
    expect(prompt_of(page, 3)).to_contain_text("Say·it:")
    run(page)
    expect_finished(page)
    before = whole_tab(page)
    assert before["further"] == "Also in force: min-p 0.05. Change this in the chain of Decode."
    link = copied_link(page)
    assert "#prompts=" in link
    visitor = another(link, 390)
    expect(columns(visitor)).to_have_count(4)
    expect_finished(visitor)
    visitor.get_by_role("button", name="Settings of all columns").click()  # a phone's sheet is closed on this view
    assert whole_tab(visitor) == before


@pytest.mark.long
def test_a_link_holds_the_settings_of_the_texts_in_view(page, another):
    open_tab(page)
    page.get_by_role("button", name="Top-3 only").click()
    expect(columns(page).nth(0)).to_contain_text("Other settings chose")
    first = copied_link(page)
    write_input(page, "Fine.")  # clears the texts, so that the sidebar's values are used
    expect(prompt_of(page, 2)).to_contain_text("Fine.")
    second = copied_link(page)
    for link, top_k in ((first, "40"), (second, "3")):
        visitor = another(link)
        expect_finished(visitor)
        expect(visitor.get_by_role("spinbutton", name="Top-k")).to_have_value(top_k)
        expect(columns(visitor).nth(0)).to_contain_text("u = 0.734 drew")


def packed(page: Page, **changes) -> str:
    """Returns the fragment of the tab's link with some values changed."""
    page.evaluate("location.hash = ''")
    link = copied_link(page)
    return page.evaluate(
        """async ([link, changes]) => {
          const address = new URL("playground/assets/prompts/link.js", document.baseURI);
          const { linked, linkTo } = await import(address);
          const before = location.href;
          history.replaceState(null, "", link);
          const changed = await linkTo({ ...(await linked()), ...changes });
          history.replaceState(null, "", before);
          return new URL(changed).hash;
        }""",
        [link, changes],
    )


def test_a_link_that_cannot_be_followed_is_a_sentence_and_loses_nothing(page):
    set_number(page, "Max new tokens", "2")
    open_tab(page)
    write_input(page, "Hm, perhaps.")
    expect(prompt_of(page, 2)).to_contain_text("Hm,·perhaps.")
    run(page)
    expect_finished(page)
    before = whole_tab(page)
    other = packed(page, model="another/model")
    for fragment, sentence in (
        (other, "This link was made with the model 'another/model', and this page runs SmolLM2-135M-Instruct"),
        (packed(page, settings={"temperature": -1}), "temperature is -1, which is out of range"),
        ("#prompts=nonsense", "This link cannot be followed, because it is cut off or too long."),
    ):
        page.evaluate("(fragment) => { location.hash = fragment }", fragment)
        expect(page.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
        assert whole_tab(page) == before
    page.evaluate("(fragment) => { location.hash = fragment }", packed(page, form="turn"))
    expect(prompt_of(page, 2)).to_contain_text("<|im_start|>user")


@pytest.mark.long
def test_a_link_that_cannot_be_followed_opens_the_tab_as_it_is(page, site, another):
    open_tab(page)
    other = packed(page, model="another/model")
    visitor = another(f"{site.url}/{other}")
    expect_finished(visitor)
    expect(visitor.get_by_role("alert").filter(has_text="another/model")).to_be_visible()
    expect(prompt_of(visitor, 2)).to_contain_text("dull")
    open_view(visitor, "Decode")
    expect(visitor.get_by_role("alert").filter(has_text="link")).to_have_count(0)
