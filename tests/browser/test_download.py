"""Tests downloads: a file with its name, CSV that no spreadsheet runs, copied text at any address."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.model]

DOWNLOAD = 'import(new URL("playground/assets/common/download.js", document.baseURI))'
MENU = """import(new URL("playground/assets/common/export_menu.js", document.baseURI)).then(({ ExportMenu }) => {
    const menu = new ExportMenu([
        { label: "First", run: () => "First is done." },
        { label: "Second", run: async () => { throw new Error("Second cannot be done."); } },
    ], "Take");
    document.querySelector(".pg-root").prepend(menu.element);
})"""


@pytest.fixture
def page(bare_page):
    return bare_page


def test_a_file_is_saved_under_its_name(page):
    with page.expect_download() as download:
        page.evaluate(f"{DOWNLOAD}.then((module) => module.saveCsv([['·é', 1], ['b', 2.5]], 'numbers.csv'))")
    assert download.value.suggested_filename == "numbers.csv"
    assert download.value.path().read_bytes().decode("utf-8-sig") == "·é,1\r\nb,2.5\r\n"


@pytest.mark.parametrize("has_clipboard", [True, False])
def test_text_is_copied_with_and_without_the_clipboard_interface(page, site, has_clipboard):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
    page.set_content(f"{page.content()}<input>")
    page.locator("input").focus()
    read = "() => navigator.clipboard.readText()"
    if not has_clipboard:  # as on a plain-HTTP address
        page.evaluate("window.kept = navigator.clipboard")
        page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        read = "() => window.kept.readText()"
    assert page.evaluate(f"{DOWNLOAD}.then((module) => module.copyText('·two\\nlines'))") is True
    assert page.evaluate(read) == "·two\nlines"
    expect(page.locator("input")).to_be_focused()


def test_a_copy_that_did_not_work_is_told(page):
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.evaluate("document.execCommand = () => false")
    assert page.evaluate(f"{DOWNLOAD}.then((module) => module.copyText('text'))") is False


def test_the_menu_goes_by_keyboard_and_says_what_came_of_it(page):
    page.evaluate(MENU)
    button = page.get_by_role("button", name="Take")
    first, second = (page.get_by_role("menuitem", name=name) for name in ("First", "Second"))
    expect(first).to_be_hidden()
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(second).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(first).to_be_focused()
    page.keyboard.press("Escape")
    expect(first).to_be_hidden()
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").get_by_text("First is done.")).to_be_visible()
    button.click()
    second.click()
    expect(page.get_by_text("Second cannot be done.")).to_be_visible()
