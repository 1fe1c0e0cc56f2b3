"""Tests the page to take home as a reader has it: opened from a file, without a server, a model or a network.

What it shares with the playground is tested there, on both pages: `test_step_view.py`, `test_curve_and_draw.py`,
`test_chain.py`.
"""

import csv
import io
import re

import pytest
from playwright.sync_api import expect

from playground.sharing.page import page as page_of
from tests.browser.dress import dress, size
from tests.browser.example import expect_drawn
from tests.browser.taken_home import take_home
from tests.browser.test_axe import LOOKED_AT, UNFOLD, found_by_axe
from tests.browser.test_takeaway import open_file, take
from tests.browser.visitor import bars, selected, set_number, strip, tokens
from tests.saved_trace import told
from tests.test_take_home import HOSTILE, packed, trace_of

pytestmark = [pytest.mark.browser, pytest.mark.model]

NEEDS_MODEL = "This page holds only what was recorded, and this needs a model."


def test_a_text_is_saved_as_a_page_and_read_without_a_network(example, reader, tmp_path):
    saved = take(example, "Page, light (HTML)")
    assert saved.suggested_filename == "text-light.html"
    saved.save_as(tmp_path / "text.html")
    assert (tmp_path / "text.html").stat().st_size < 5_000_000
    home = reader.visit((tmp_path / "text.html").as_uri())
    expect_drawn(home)
    assert tokens(home).all_inner_texts() == tokens(example).all_inner_texts()
    assert re.fullmatch(r"“At night the sky is full of” · SmolLM2-135M-Instruct · Decoding playground", home.title())
    expect(home.get_by_role("heading", level=1)).to_contain_text("SmolLM2-135M-Instruct")
    for label, value in {"Temperature": "0.8", "Top-k": "40", "Top-p": "0.9"}.items():
        expect(home.get_by_role("spinbutton", name=label)).to_have_value(value)
    now = [bar.locator(".pg-now").inner_text() for bar in bars(example).all()[:5]]
    assert [bar.locator(".pg-now").inner_text() for bar in bars(home).all()[:5]] == now
    home.get_by_label("Colour by").select_option("attention")
    expect(home.locator(".pg-weight-said")).to_contain_text("light file, which has no attention")


def test_on_a_static_host_the_page_asks_for_nothing_but_itself(chromium, home_page):
    """The policy is out of force here, so that what the modules ask for would be heard."""
    address, asked = "http://school.test/lessons/text.html", []
    context = chromium.new_context(bypass_csp=True)
    home = context.new_page()

    def answer(route) -> None:
        asked.append(route.request.url)
        route.fulfill(body=home_page.read_text("utf-8"), content_type="text/html; charset=utf-8")

    home.route("**", answer)
    home.goto(address)
    expect_drawn(home)
    home.get_by_label("Colour by").select_option("attention")
    tokens(home).nth(3).dispatch_event("click")
    expect(home.locator("#pg-decode .pg-bars-title")).to_contain_text("Step 4:")
    for preset in home.locator("#pg-presets button").all():
        preset.dispatch_event("click")  # what is asked for counts here, and not whether something moves meanwhile
    for part in (
        bars(home).nth(1),
        home.get_by_role("button", name="Example from the course"),
        home.get_by_text("▶ Play"),
    ):
        part.dispatch_event("click")
    expect(bars(home).first).to_be_visible()
    context.close()
    assert asked == [address]


def test_what_needs_a_model_is_left_out_or_says_so(taken_home):
    for name in ("Generate", "Step", "Continue", "Write it again", "Copy link", "Open file"):
        expect(taken_home.get_by_role("button", name=name, exact=True)).to_have_count(0)
    expect(taken_home.get_by_label("Prompt", exact=True)).to_have_count(0)
    expect(taken_home.get_by_text("Paste settings")).to_have_count(0)
    bars(taken_home).nth(2).click()
    expect(taken_home.get_by_role("alert")).to_contain_text(NEEDS_MODEL)
    taken_home.get_by_role("button", name="Close the message").click()
    taken_home.get_by_text("No model runs here").click()
    expect(taken_home.locator("code").first).to_have_text("make setup")
    taken_home.get_by_text("No model runs here").click()


def test_attention_that_was_recorded_colours_the_strip(taken_home, example):
    said = []
    for page in (example, taken_home):
        page.get_by_label("Colour by").select_option("attention")
        tokens(page).nth(5).click()
        decode = page.locator("#pg-decode")
        expect(decode.locator(".pg-bars-title")).to_contain_text("Step 6:")
        expect(strip(page).locator("[data-heat]")).to_have_count(12)  # seven of the prompt, five of the text
        said.append(decode.locator(".pg-weight-said").inner_text())
        decode.get_by_label("Head", exact=True).select_option("3")
        expect(decode.locator(".pg-weight-said")).to_contain_text("head 3")
        decode.get_by_label("Head", exact=True).select_option("mean")
        page.get_by_label("Colour by").select_option("probability")
    assert said[0] == said[1]


def test_a_preset_whose_stage_reads_words_works_without_the_tokenizer(taken_home):
    taken_home.get_by_role("button", name="XTC + DRY").click()
    expect(taken_home.locator(".pg-differing")).to_contain_text("DRY")
    expect(taken_home.locator(".pg-chain")).not_to_contain_text(NEEDS_MODEL)


def test_what_is_in_view_is_saved_from_the_page_too(taken_home):
    table = take(taken_home, "Candidates (CSV)").path().read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert len(rows) == 49_152
    assert take(taken_home, "Picture (PNG)").path().read_bytes().startswith(b"\x89PNG")
    file = take(taken_home, "Trace file (JSON)").path().read_bytes()
    assert (told(file)["kind"], len(told(file)["steps"])) == ("full", 40)


def test_the_page_is_dark_as_the_system_is_and_as_the_reader_chooses(reader, home_page):
    home = reader.visit(home_page.as_uri())
    expect_drawn(home)
    button = home.get_by_role("button", name="Dark")
    expect(button).to_have_attribute("aria-pressed", "false")
    home.emulate_media(color_scheme="dark")
    expect(home.locator("body")).to_have_class("dark")
    button.click()
    expect(home.locator("body")).not_to_have_class("dark")
    home.emulate_media(color_scheme="light")
    home.emulate_media(color_scheme="dark")
    expect(button).to_have_attribute("aria-pressed", "false")


def test_nothing_of_a_hostile_text_runs_and_all_of_it_is_shown(reader, tmp_path):
    words = [HOSTILE[number % len(HOSTILE)] for number in range(60)]
    (tmp_path / "text.html").write_text(page_of(packed(trace_of(3, 60), words)), "utf-8")
    home = reader.visit((tmp_path / "text.html").as_uri())
    expect_drawn(home)
    expect(tokens(home)).to_have_count(3)
    expect(tokens(home).first).to_contain_text(HOSTILE[5])
    assert home.locator("body img, body iframe").count() == 0


def test_the_page_speaks_the_language_of_the_one_that_saved_it(reader, site, tmp_path):
    home = reader.visit(take_home(site.url, "light", tmp_path / "text.html", "fr").as_uri())
    expect_drawn(home)
    expect(home.locator("html")).to_have_attribute("lang", "fr")
    title = home.locator("#pg-decode .pg-bars-title")
    expect(home.get_by_role("button", name="Rejouer").or_(title)).not_to_have_count(0)
    expect(home.locator("#pg-decode .pg-bars-title")).to_contain_text("entropie")


def test_a_file_that_was_opened_is_not_saved_as_a_page(page, home_page, tmp_path):
    open_file(page, packed(trace_of(3, 60), [f"w{number}" for number in range(60)]))
    expect(tokens(page)).to_have_count(3)
    page.get_by_role("button", name="Export", exact=True).click()
    page.get_by_role("menuitem", name="Page, light (HTML)").click()
    expect(page.get_by_role("alert")).to_contain_text("The playground that wrote it can save it as a page")


def test_a_damaged_page_says_so(reader, home_page, tmp_path):
    """The modules are as they were, so the policy lets them run; the first script is another one, and does not run."""
    whole = home_page.read_text("utf-8")
    (tmp_path / "text.html").write_text(whole.replace("globalThis.playgroundRecorded", "globalThis.edited", 1), "utf-8")
    home = reader.visit((tmp_path / "text.html").as_uri())
    expect(home.get_by_text("This page cannot be shown.")).to_be_visible()
    assert any("Content Security Policy" in fault for fault in reader.faults())
    reader.forgive()


@pytest.mark.parametrize("window", ["laptop", "projector", "phone"])
def test_nothing_is_wider_than_the_window_and_the_bars_follow_a_slider_in_view(taken_home, window):
    size(taken_home, window)
    try:
        assert taken_home.evaluate("document.documentElement.scrollWidth <= innerWidth")
        before = bars(taken_home).first.inner_text()
        set_number(taken_home, "Temperature", "1.5")
        expect(bars(taken_home).first).not_to_have_text(before, use_inner_text=True)
        wide = "(all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.id)"
        assert taken_home.locator(".sidebar .block").evaluate_all(wide) == []
    finally:
        size(taken_home, "laptop")


def test_the_sheet_on_a_phone_opens_and_closes(taken_home):
    size(taken_home, "phone")
    try:
        handle = taken_home.get_by_role("button", name="Settings of the step in view")
        slider = taken_home.get_by_role("slider", name="range slider for Temperature")
        expect(slider).to_be_visible()
        handle.click()
        expect(slider).to_be_hidden()
        handle.click()
        expect(slider).to_be_visible()
    finally:
        size(taken_home, "laptop")


def test_axe_finds_nothing(taken_home):
    taken_home.evaluate(UNFOLD)
    found = found_by_axe(taken_home)
    size(taken_home, "laptop")
    dress(taken_home)
    assert found == {name: [] for name, *_ in LOOKED_AT}
    expect(selected(taken_home)).to_be_visible()
