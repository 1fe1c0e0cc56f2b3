"""Tests that an open page loses nothing when its server ends and starts again."""

import re

import pytest
from playwright.sync_api import TimeoutError, expect

from tests.browser.restart.words import (
    AWAY,
    BACK,
    alerts,
    assert_every_step_can_be_looked_at,
    line,
    prompt,
    restart,
    settled,
    texts,
    written,
)
from tests.browser.visitor import bars, ending, generate, given, headline, open_view, set_number, tokens

pytestmark = pytest.mark.browser

PAUSE_MS = 1000
CUT = "The connection to the server was lost before this was finished. Try it again."


def test_a_page_outlives_its_server(page, server):
    page.evaluate("window.isTheSamePage = true")
    text = written(page, "Two and two", 8)
    restart(page, server)
    assert_every_step_can_be_looked_at(page, text)
    texts(page).first.click()
    assert_every_step_can_be_looked_at(page, tokens(page).all_inner_texts())
    written(page, "The end", 3)
    assert page.evaluate("window.isTheSamePage")


def test_what_was_under_way_ends_and_step_goes_on_with_it(page, server):
    server.model.hold()
    generate(page, "One two", 8)
    expect(page.locator(".pg-strip-prompt")).to_have_text("One·two")
    server.model.allow(3)
    expect(tokens(page).nth(1)).to_be_visible()
    restart(page, server)
    count = tokens(page).count()
    expect(alerts(page)).to_have_text(CUT)
    expect(ending(page)).to_have_text("stopped")
    page.get_by_role("button", name="Step", exact=True).click()
    expect(tokens(page)).to_have_count(count + 1)
    expect(texts(page)).to_have_count(2)
    expect(alerts(page)).to_have_count(0)


def test_a_pane_of_inside_reads_its_text_again_and_keeps_the_token(page, server):
    open_view(page, "Layers")
    row, cells = (
        page.get_by_role("listbox", name="Tokens of the text"),
        page.locator("#pg-layers .pg-cell-bars .pg-bar"),
    )
    expect(cells.first).to_be_visible()
    row.get_by_role("option").nth(2).click()
    chosen = row.get_by_role("option", selected=True)
    token = chosen.inner_text()
    restart(page, server)
    expect(chosen).to_have_text(token)
    open_view(page, "To a word")
    expect(page.locator("#pg-word .pg-word-table tbody tr").first).to_be_visible()
    expect(chosen).to_have_text(token)
    expect(page.locator("#pg-word").get_by_role("alert").filter(has_text=re.compile("."))).to_have_count(0)


def test_families_read_the_sentence_once_the_server_answers_again(page, server):
    open_view(page, "Families")
    view = page.locator("#pg-families")
    server.end()
    expect(line(page)).to_contain_text("The page connects again by itself")
    view.get_by_role("button", name="Run").click()
    expect(view.get_by_role("status").last).to_contain_text("The server does not answer")
    server.start()
    expect(line(page)).to_have_text(BACK)
    expect(view.locator(".pg-family-text")).to_be_visible()
    expect(view.get_by_text("does not answer")).to_have_count(0)


def test_a_grid_that_was_under_way_can_be_run_again(page, server):
    open_view(page, "Settings")
    tab = page.locator("#pg-compare")
    run, stop = (tab.get_by_role("button", name=name, exact=True) for name in ("Run", "Stop"))
    server.model.hold()
    with page.expect_response("**/queue/join*"):  # before that the server has not begun, and the page says so
        run.click()
    expect(stop).to_be_enabled()
    restart(page, server)
    expect(tab.get_by_role("alert")).to_have_text(CUT)
    expect(stop).to_be_disabled()
    run.click()
    expect(tab.get_by_role("alert").filter(has_text=CUT)).to_have_count(0)


def test_a_text_that_the_new_server_never_saw_is_forked(page, server):
    text = written(page, "Three four", 6)
    restart(page, server)
    tokens(page).nth(2).click()
    expect(headline(page)).to_have_text(text[2])
    bars(page).nth(5).click()
    expect(texts(page).last).to_contain_text("step 3")
    expect(ending(page)).to_be_visible()
    assert tokens(page).all_inner_texts()[:2] == text[:2]
    expect(alerts(page)).to_have_count(0)


def test_while_the_server_is_away_the_page_says_so_and_keeps_what_it_shows(page, server):
    text = written(page, "Five six", 8)
    expect(given(page)).not_to_have_count(0)
    server.end()
    expect(line(page)).to_have_text(AWAY)
    given(page).first.click()  # the page does not have its distribution
    expect(alerts(page)).to_contain_text("The server does not answer")
    page.get_by_role("button", name="Generate").click()
    expect(line(page)).to_have_text(re.compile("so nothing was started. The page connects again by itself"))
    page.get_by_role("button", name="Start over").click()
    expect(alerts(page)).to_contain_text("cannot be loaded again")
    assert tokens(page).all_inner_texts() == text
    server.start()
    expect(line(page)).to_have_text(BACK)
    assert_every_step_can_be_looked_at(page, text)
    expect(page.get_by_text("Connection Lost")).to_have_count(0)


def test_a_server_with_other_limits_gets_a_page_of_its_own_with_all_that_was_kept(page, server):
    text = written(page, "Seven eight", 9)
    page.evaluate("window.isTheSamePage = true")
    server.end()
    expect(line(page)).to_have_text(AWAY)
    server.options = ["--max-new-tokens", "9"]
    set_number(page, "Max new tokens", "400")
    held = []
    page.route(server.url + "/", lambda route: held.append(route))
    with page.expect_request(server.url + "/"):
        server.start()
    server.options = []
    with pytest.raises(TimeoutError), page.expect_request("**/app_id", timeout=3 * PAUSE_MS):
        pass  # another attempt would begin the loading again
    held[0].continue_()
    page.wait_for_function("!window.isTheSamePage")
    settled(page)
    expect(prompt(page)).to_have_value("Seven eight")
    expect(page.get_by_role("spinbutton", name="Max new tokens")).to_have_value("9")
    assert_every_step_can_be_looked_at(page, text)
