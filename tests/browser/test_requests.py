"""Tests that the page opens what a program asked of `/v1`: its text, its settings and its prompt."""

import pytest
from openai import OpenAI
from playwright.sync_api import Page, expect

from tests.browser.dress import size
from tests.browser.serving import build, serving, watched
from tests.browser.visitor import tokens

pytestmark = [pytest.mark.browser, pytest.mark.model]


def opened(page: Page, button: str) -> None:
    fold = page.locator("#pg-requests")
    fold.get_by_text("Recent requests").click()
    fold.get_by_role("button", name=button).click()
    expect(fold).not_to_have_attribute("open", "")


def test_a_programs_texts_open_on_the_decode_tab(profile, site):
    name = site.engine.model.name
    with (
        serving(build(site.engine, "--api-history", "3")) as url,
        OpenAI(base_url=f"{url}/v1", api_key="none") as client,
        watched(profile) as (page, errors),
    ):
        page.goto(url)
        expect(tokens(page)).to_have_count(40)
        page.get_by_text("Recent requests").click()
        expect(page.locator("#pg-requests")).to_contain_text("None yet.")
        answer = client.completions.create(model=name, prompt="Once upon a time", max_tokens=5, temperature=0.5, n=2)
        expect(page.locator("#pg-requests q")).to_have_text("Once upon a time")  # the open list follows
        size(page, "phone")
        expect(page.locator("#pg-requests q")).to_be_in_viewport(ratio=1)
        size(page, "laptop")
        page.get_by_text("Recent requests").click()
        asked = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Say hi"}]
        client.chat.completions.create(model=name, messages=asked, max_tokens=4, temperature=0)

        opened(page, "Open choice 1: Once upon a time")
        expect(page.locator(".pg-strip-prompt")).to_have_text("Once·upon·a·time")
        expect(tokens(page)).to_have_count(5)
        shown = "".join(tokens(page).all_inner_texts()).replace("·", " ").replace("⏎", "\n")
        assert shown.strip() == answer.choices[1].text.strip()
        expect(page.get_by_label("Prompt", exact=True)).to_have_value("Once upon a time")
        expect(page.get_by_label("number input for Temperature")).to_have_value("0.5")

        opened(page, "Open: Say hi")
        expect(page.locator(".pg-strip-prompt")).to_contain_text("Be·brief.")
        expect(page.get_by_label("Prompt", exact=True)).to_have_value("Say hi")
        expect(page.get_by_label("Chat template")).to_be_checked()
        expect(page.get_by_label("Greedy", exact=True)).to_be_checked()
        assert errors == []


def test_a_page_without_a_history_has_no_list(page):
    expect(page.locator("#pg-server")).to_be_visible()
    expect(page.locator("#pg-requests")).to_have_count(0)
