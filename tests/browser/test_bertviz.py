"""Tests BertViz's view in its sandbox: it draws, sends no requests, and shows every token as text."""

from html import escape

import numpy as np
import pytest
from playwright.sync_api import expect

from playground.decoding.settings import Settings
from playground.traces.trace import Trace
from playground.web.messages.bertviz_page import bertviz_page

pytestmark = [pytest.mark.browser, pytest.mark.model]

HOSTILE = ["</script><script>alert(1)</script>", "<img src=x onerror=alert(2)>", "${alert(3)}", "{{alert(4)}}", "<!--"]


def add_frame(page, attributes: str):
    """Adds a sandboxed frame with these attributes to the page and returns its content."""
    page.evaluate(
        "attributes => document.body.insertAdjacentHTML('afterbegin',"
        " `<iframe title='BertViz' sandbox='allow-scripts' style='position: fixed; right: 0; width: 500px;"
        " height: 400px; z-index: 99' ${attributes}></iframe>`)",
        attributes,
    )
    return page.frame_locator("iframe[title=BertViz]")


def words(frame, side: str):
    return frame.locator(f"#{side} text")


def test_a_layer_of_a_text_is_drawn_by_the_server_alone(page, site):
    """The fixture `page` fails on a request to another origin."""
    ids = site.engine.model.tokenizer.encode("The teacher taught <b>the</b> students.")
    trace_id = site.engine.store.open(Trace(site.engine.model.name, ids, Settings(), stop_reason="stopped"))
    frame = add_frame(page, f"src='{site.url}/playground/traces/{trace_id}/attention/bertviz/3?head=2'")
    expected = [site.engine.model.vocabulary[token_id] for token_id in ids]
    for side in ("left", "right"):
        expect(words(frame, side)).to_have_text(expected)
    expect(frame.locator("line[left-token-index='0']")).to_have_count(9 * len(ids))
    visible = frame.locator(".headAttention").nth(2).locator("line").first
    expect(visible).to_have_attribute("stroke-opacity", "1")  # the first token can only attend to itself
    expect(frame.locator(".headAttention").nth(1).locator("line").first).to_have_attribute("stroke-opacity", "0")
    words(frame, "left").nth(1).hover()
    expect(frame.locator("line[visibility=visible]")).to_have_count(9 * len(ids))


def test_hostile_tokens_are_shown_as_text(page):
    """The fixture `page` fails on a dialog or an error."""
    count = len(HOSTILE)
    html = bertviz_page(np.tril(np.full((2, count, count), 0.5, np.float32)), HOSTILE, 0, None, 64)
    frame = add_frame(page, f'srcdoc="{escape(html)}"')
    expect(words(frame, "left")).to_have_text(HOSTILE)
    expect(words(frame, "right")).to_have_text(HOSTILE)
    expect(frame.locator("img")).to_have_count(0)


def test_the_view_can_connect_to_nobody(chromium, site):
    """The view cannot even connect to its own server when it is opened in its own tab."""
    ids = site.engine.model.tokenizer.encode("A b c")
    trace_id = site.engine.store.open(Trace(site.engine.model.name, ids, Settings(), stop_reason="stopped"))
    page = chromium.new_page()
    page.goto(f"{site.url}/playground/traces/{trace_id}/attention/bertviz/0")
    expect(words(page, "left")).to_have_count(len(ids))
    blocked = page.evaluate("""() => new Promise((done) => {
        document.addEventListener("securitypolicyviolation", (event) => done(event.effectiveDirective));
        const image = new Image();
        image.onload = () => done("reached");
        image.src = "/playground/vocabulary.json";
    })""")
    assert blocked == "img-src"
    assert page.evaluate("window.origin") == "null", "it has no origin, so no cookie and no storage"
    page.close()
