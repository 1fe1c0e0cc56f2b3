"""The event stream of a visit lasts as long as the visit."""

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import ending, generate, selected

pytestmark = [pytest.mark.browser, pytest.mark.model]


def test_one_event_stream_lasts_for_the_whole_visit(profile, site):
    page = profile.new_page()
    opened, closed = [], []
    page.on("request", lambda request: opened.append(request) if "queue/data" in request.url else None)
    for outcome in ("requestfinished", "requestfailed"):
        page.on(outcome, lambda request: closed.append(request) if "queue/data" in request.url else None)
    page.goto(site.url)
    expect(selected(page)).to_be_visible()
    for prompt in ("Once upon a time", "The sky"):
        generate(page, prompt, 2)
        expect(page.locator(".pg-strip-prompt")).to_have_text(prompt.replace(" ", "·"))
        expect(ending(page)).to_be_visible()
    assert (len(opened), closed) == (1, [])
    page.close()
