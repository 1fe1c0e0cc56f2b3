"""Tests the guards as a visitor meets them: login, rate limit, content-security policy, server's numbers."""

import re

import pytest
from playwright.sync_api import expect

from playground.web.guards.rates import Buckets
from tests.browser.serving import build, serving, watched
from tests.browser.visitor import ending, generate, open_view, strip, tokens
from tests.reverse_proxy import reverse_proxy

pytestmark = [pytest.mark.browser, pytest.mark.model]

VIOLATIONS = {
    "img-src": "new Image().src = 'http://192.0.2.1/x.png'",
    "connect-src": "fetch('http://192.0.2.1/x').catch(() => 0)",
    "script-src": "document.head.append(Object.assign(document.createElement('script'), {src: 'http://192.0.2.1/x.js'}))",
    "frame-src": "document.body.append(Object.assign(document.createElement('iframe'), {src: 'http://192.0.2.1/'}))",
    "style-src": "document.head.append(Object.assign(document.createElement('link'), "
    "{rel: 'stylesheet', href: 'http://192.0.2.1/x.css'}))",
    "font-src": "new FontFace('x', 'url(http://192.0.2.1/x)').load().catch(() => 0)",
}
"""Actions that no page of this server may do, by the directive that forbids them. 192.0.2.1 is never in use."""


def test_a_request_to_another_origin_is_an_error_of_the_console(profile, site):
    """The fixture `page` fails on console errors, so it also fails on a violation of the policy."""
    with watched(profile) as (page, errors):
        page.goto(site.url)
        expect(tokens(page)).to_have_count(40)
        assert errors == []
        for directive, deed in VIOLATIONS.items():
            with page.expect_console_message(lambda message: "Content Security Policy" in message.text):
                page.evaluate(deed)
            assert any(directive in error for error in errors), directive
            errors.clear()


def test_nobody_but_who_logged_in_sees_the_page(profile, site):
    with (
        serving(build(site.engine, "--auth", "class:secret")) as url,
        watched(profile) as (page, errors),
    ):
        page.goto(url)
        page.get_by_label("username").fill("class")
        page.get_by_label("password").fill("secret")
        assert errors == [], "the login page loads all that it asks for"
        assert page.evaluate("document.querySelector('gradio-app').getAnimations()") == [], "it waits for no picture"
        page.get_by_role("button", name="Login").click()
        expect(tokens(page)).to_have_count(40)
        generate(page, "Once upon a time", 5)
        expect(page.locator(".pg-strip-prompt")).to_have_text("Once·upon·a·time")
        expect(ending(page)).to_be_visible()
        assert errors == []


def test_over_the_limit_the_page_says_so_and_goes_on_later(profile, site, monkeypatch):
    sentence = "Your address sends too many requests."
    with watched(profile) as (page, _):
        page.goto(site.url)
        expect(tokens(page)).to_have_count(40)
        with monkeypatch.context() as limited:
            limited.setattr(Buckets, "take", lambda buckets, key, rate: 7.0)
            generate(page, "Once upon a time", 5)
            expect(page.get_by_test_id("toast-body").filter(has_text=sentence)).to_be_visible()
            strip(page).press("ArrowRight")  # a notice may lie over a token
            expect(page.locator("#pg-decode").get_by_text(sentence)).to_be_visible()
            open_view(page, "Prompts")
            refused = page.get_by_role("alert").filter(has_text="The server did not accept this request.")
            expect(refused.first).to_be_visible()
        open_view(page, "Decode")
        page.get_by_role("button", name="Generate").click()
        expect(page.locator(".pg-strip-prompt")).to_have_text("Once·upon·a·time")
        expect(ending(page)).to_be_visible()


def test_the_servers_numbers_are_a_fold_beside_the_model(page):
    fold = page.locator("#pg-server")
    fold.get_by_text("Server").click()
    expect(fold).to_contain_text(re.compile(r"Open pages[1-9]\d*Texts\d+ running, \d+ waiting"))
    expect(fold).to_contain_text(re.compile(r"traces \d+ MB, caches \d+ MB"))
    expect(fold).to_contain_text("95 % within")


def test_the_page_works_below_a_path_of_a_reverse_proxy(profile, site):
    """The page works below a path that the proxy strips. `test_behind_a_proxy.py` also tests one that keeps it."""
    with (
        serving(build(site.engine, "--root-path", "/play")) as upstream,
        serving(reverse_proxy(upstream, "/play", strips=True)) as proxy,
        watched(profile) as (page, errors),
    ):
        page.goto(f"{proxy}/play/")
        expect(tokens(page)).to_have_count(40)
        generate(page, "Once upon a time", 6)
        expect(page.locator(".pg-strip-prompt")).to_have_text("Once·upon·a·time")
        expect(ending(page)).to_be_visible()
        page.get_by_role("button", name="Step", exact=True).click()
        tokens(page).nth(0).click()
        expect(page.locator(".pg-bars-title")).to_contain_text("Step 1:")
        open_view(page, "Attention")
        expect(page.locator("#pg-attention canvas").first).to_be_visible()
        expect(page.locator("#pg-server")).to_have_count(0)  # behind a proxy nobody may see the server's numbers
        # Chromium requests an icon from the proxy's root although the page names none there.
        assert [error for error in errors if f"{proxy}/favicon.ico" not in error] == []
