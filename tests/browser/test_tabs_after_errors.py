"""Tests that an error in one part of a tab leaves the other parts as they are."""

import asyncio
import threading

import pytest
from playwright.sync_api import expect

from playground.errors import PlaygroundError
from playground.web.panels import beams, opened
from tests.browser.attention import look_at, row, tab
from tests.browser.visitor import open_view, selected, set_number

pytestmark = [pytest.mark.browser, pytest.mark.model]

NOTHING_KEPT = """for (const kind of ["localStorage", "sessionStorage"])
    Object.defineProperty(window, kind, { get() { throw new Error("blocked"); } });"""
"""A script without which a second Decode tab takes up the texts of the first, if those are kept already."""
SPOILT_THEN_WHOLE = """async () => {
    const { mount } = await import(new URL("playground/assets/decode/mount.js", document.baseURI));
    const element = document.createElement("div");
    element.id = "another";
    document.body.prepend(element);
    const settings = { strategy: "greedy" };
    const header = { model: "m", settings, prompt_ids: [0], vocabulary_size: 2, stage_notes: [] };
    const chances = { probability: 1, raw_probability: 0.5, rank: 1, entropy_bits: 1, draw: null, kept: 1 };
    const rest = { waiting: null, first_token_seconds: null, tokens_per_second: null, error: null };
    const message = (trace_id, words) => ({
        trace_id, first: 0, header: { ...header, words }, steps: [{ index: 0, token_id: 1, ...chances }],
        stop_reason: "length", ...rest,
    });
    const nothing = () => {};
    const props = { value: null };
    let tell;
    mount(element, props, { fork: nothing, look: nothing, forget: nothing, link: nothing }, (_, told) => (tell = told));
    const failed = new Promise((resolve) => addEventListener("unhandledrejection", resolve, { once: true }));
    let asked = 0;
    const spoiltOnce = { get 0() { if (asked++) return "a"; throw new Error("spoilt"); }, 1: "spoilt" };
    props.value = message("spoilt", spoiltOnce);
    tell();
    await failed;
    props.value = message("whole", ["a", "b"]);
    tell();
}"""


def test_a_message_that_cannot_be_shown_does_not_keep_the_next_ones_from_being_read(chromium, site):
    page = chromium.new_page()
    page.add_init_script(NOTHING_KEPT)
    page.goto(site.url)
    expect(selected(page)).to_be_visible()
    page.evaluate(SPOILT_THEN_WHOLE)
    another = page.locator("#another").get_by_role("listbox", name="Tokens", exact=True)
    expect(another.get_by_role("option")).to_have_text(["b"])
    page.close()


def test_the_attention_tab_begins_again_when_the_server_answers_again(chromium, site):
    page = chromium.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.route("**/attention.json", lambda route: route.abort())
    page.goto(site.url)
    expect(selected(page)).to_be_visible()
    open_view(page, "Attention")
    alert = tab(page).get_by_role("alert")
    expect(alert).to_have_text("The server does not answer. Check that it is still running.")
    with page.expect_event("requestfailed"):  # the answer makes the tab ask once more
        look_at(page, "Nobody asks")
    expect(alert).to_have_text("The server does not answer. Check that it is still running.")
    assert faults == []
    page.get_by_label("Text to look at").select_option("the text on the Decode tab")
    page.unroute("**/attention.json")
    page.evaluate("document.dispatchEvent(new CustomEvent('playground:connection', { detail: { isAway: false } }))")
    expect(row(page)).to_be_visible()
    expect(alert).to_be_hidden()
    page.close()


def test_a_view_whose_part_the_server_no_longer_has_says_so_and_loads_the_page_again(chromium, site):
    page = chromium.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(site.url)
    expect(selected(page)).to_be_visible()
    page.route("**/prompts.js", lambda route: route.fulfill(status=404, json={"detail": "another version"}))
    open_view(page, "Prompts")
    view = page.locator("#pg-view-compare-prompts")
    expect(view.get_by_role("alert")).to_have_text("This server has a newer version of the page. Load the page again.")
    page.unroute("**/prompts.js")
    view.get_by_role("button", name="Load the page again").click()
    expect(view.get_by_role("button", name="Run", exact=True)).to_be_visible()
    expect(view.get_by_role("alert").filter(visible=True)).to_have_count(0)
    assert faults == []
    page.close()


def test_a_text_that_is_refused_leaves_the_search_that_is_running(page, monkeypatch):
    ended = threading.Event()
    search = beams.search

    async def held(engine, ids, settings, source):
        async for tree in search(engine, ids, settings, source):
            yield tree
            while not ended.is_set():
                await asyncio.sleep(0.01)

    def refused(*_):
        raise PlaygroundError("This text is refused.")

    monkeypatch.setattr(beams, "search", held)
    monkeypatch.setattr(opened, "found", refused)
    open_view(page, "Beams")
    tab = page.locator("#pg-beams")
    run, stop = (tab.get_by_role("button", name=name, exact=True) for name in ("Search", "Stop"))
    tab.get_by_label("New tokens").fill("3")
    run.click()
    tab.locator(".pg-node-beams").get_by_role("button").first.click()
    tab.get_by_role("button", name="Open in Decode").first.click()
    expect(page.get_by_role("alert").filter(has_text="This text is refused.")).to_be_visible()
    expect(tab.get_by_role("button", name="Open in Decode").first).to_be_enabled()
    expect(run).to_be_disabled()
    expect(stop).to_be_enabled()
    ended.set()
    expect(run).to_be_enabled()


RUNS = {"Beams": {"beams": "Search"}, "Prompts": {"prompts": "Run", "evaluation": "Evaluate"}}


@pytest.mark.parametrize("name", RUNS)
def test_a_run_that_the_server_does_not_take_can_be_asked_for_again(chromium, site, name):
    page = chromium.new_page()  # of its own, because the browser reports the refusal as an error of the page
    page.goto(site.url)
    set_number(page, "Max new tokens", "2")
    open_view(page, name)
    for view, button in RUNS[name].items():
        panel = page.locator(f"#pg-{view}")
        run = panel.get_by_role("button", name=button, exact=True)
        if view == "beams":
            panel.get_by_label("New tokens").fill("2")
        if view == "evaluation":
            panel.get_by_text("Does it help?").click()
        expect(run).to_be_enabled()  # the opening example has ended
        page.route("**/queue/join*", lambda route: route.fulfill(status=429, json={"detail": "Wait a moment."}))
        run.click()
        expect(panel.get_by_text("Wait a moment.")).to_be_visible()
        expect(run).to_be_enabled()
        page.unroute("**/queue/join*")
        run.click()
        expect(panel.get_by_text("Wait a moment.")).to_have_count(0)
        if view == "evaluation":  # it would take long
            page.locator("#pg-prompts").get_by_role("button", name="Stop", exact=True).click()
        expect(run).to_be_enabled()
    page.close()
