"""Tests the tab Beams in Chromium, on the default model."""

import re
import threading
from itertools import count

import pytest
from playwright.sync_api import Page, expect

from playground.web.panels.beams import Session
from tests import fakes
from tests.browser.views import mount
from tests.browser.visitor import assert_found_by_search, bars, ending, open_view, selected, set_number, text, tokens

pytestmark = [pytest.mark.browser, pytest.mark.model]


@pytest.fixture
def beams(page):
    open_view(page, "Beams")
    return page.locator("#pg-beams")


@pytest.fixture(scope="module")
def searched(shared_page):
    """A search with 2 beams and 5 tokens, for all tests that look at its result."""
    open_view(shared_page, "Beams")
    beams = shared_page.locator("#pg-beams")
    search(beams, 2, 5)
    expect(beams.get_by_role("rowheader", name="◆ winner")).to_be_visible()
    return beams


@pytest.fixture
def found(shared_page, searched):
    """The result of that search, on the tab in view."""
    open_view(shared_page, "Beams")
    return searched


def search(beams: Page, count: int, new_tokens: int) -> None:
    beams.get_by_label("Beams", exact=True).fill(str(count))
    beams.get_by_label("New tokens").fill(str(new_tokens))
    beams.get_by_role("button", name="Search", exact=True).click()


def what_follows(beams: Page):
    """Returns the bars of single tokens. The last bar is the rest."""
    return beams.locator(".pg-node .pg-bar[data-kind=token]")


def numbers(bar) -> tuple[str, str]:
    return bar.locator(".pg-now").inner_text(), bar.locator(".pg-note").inner_text()


def test_a_node_has_the_models_whole_distribution(beams, page, site):
    """The prompt shows its distribution with the taken tokens; a dropped text shows one that needs another forward."""
    search(beams, 2, 4)
    expect(beams.get_by_role("rowheader", name="◆ winner")).to_be_visible()
    beams.get_by_label("show dropped candidates").check()
    beams.locator(".pg-beam-tree .scatterlayer .point").first.click(force=True)
    expect(beams.locator(".pg-node-text")).to_have_text("the prompt")
    expect(
        beams.get_by_text(re.compile("^Of the 4 best continuations of all beams.* 2 kept, 2 dropped"))
    ).to_be_visible()
    model, ids = site.engine.model, site.engine.model.tokenizer.encode("At night the sky is full of")
    assert_bars_are(what_follows(beams), next_probabilities(site, ids), model)
    notes = what_follows(beams).locator(".pg-note")
    for place, note in enumerate(["kept", "kept", "dropped", "dropped", ""]):
        expect(notes.nth(place)).to_have_text(note)
    expect(beams.locator(".pg-node .pg-bar.pg-drawn")).to_have_count(2)

    dropped = what_follows(beams).nth(2)
    word = dropped.locator(".pg-label").inner_text()
    dropped.click()
    expect(beams.locator(".pg-node-text")).to_have_text(word)
    expect(beams.get_by_text(re.compile("dropped this text and did not continue it"))).to_be_visible()
    child = model.vocabulary.index(word)
    assert_bars_are(what_follows(beams), next_probabilities(site, (*ids, child)), model)

    page.get_by_label("Prompt", exact=True).fill("one two one two one")
    beams.get_by_label("No-repeat n-gram").fill("2")
    winner = beams.get_by_role("row", name=re.compile("winner")).locator(".pg-found-cell .pg-link")
    before = winner.inner_text()
    search(beams, 2, 4)
    expect(winner).not_to_have_text(before)
    expect(beams.get_by_role("button", name="Search", exact=True)).to_be_enabled()
    beams.locator(".pg-beam-tree .scatterlayer .point").first.click(force=True)
    expect(beams.locator(".pg-node-text")).to_have_text("the prompt")
    ids = model.tokenizer.encode("one two one two one")
    assert_bars_are(what_follows(beams), next_probabilities(site, ids), model)
    ruled_out = what_follows(beams).filter(has_text="repeats an n-gram")
    expect(ruled_out.locator(".pg-label")).to_have_text("·two")


def next_probabilities(site, ids):
    return site.ask(lambda model: fakes.full_forward(model.hf, ids)[0][-1]).double().softmax(-1)


def assert_bars_are(bars, probabilities, model) -> None:
    best = probabilities.topk(11)
    expect(bars.locator(".pg-label")).to_have_text([model.vocabulary[token_id] for token_id in best.indices.tolist()])
    shown = [float(numbers(bar)[0].removesuffix(" %")) / 100 for bar in bars.all()]
    assert shown == pytest.approx(best.values.tolist(), rel=6e-3)  # three digits


def test_a_nodes_text_opens_in_decode_and_goes_on_from_there(beams, page):
    search(beams, 3, 6)
    expect(beams.get_by_role("rowheader", name="◆ winner")).to_be_visible()
    expect(beams.get_by_text("6 of 6", exact=True)).to_be_visible()  # the tree is drawn
    for _ in range(2):
        beams.get_by_role("slider", name="Steps shown").press("ArrowLeft")
    beams.get_by_role("button", name=re.compile("Beam ending in")).nth(1).click()
    node = beams.locator(".pg-node")
    written = node.locator(".pg-node-text .pg-token").all_inner_texts()
    assert len(written) == 4
    node.get_by_role("button", name="Open in Decode").click()
    expect(tokens(page)).to_have_text(written)
    expect(selected(page)).to_have_text(written[3])
    expect(ending(page)).to_have_text("stopped")
    assert_found_by_search(page, 3)

    set_number(page, "Max new tokens", "6")
    bars(page).nth(5).click()
    expect(tokens(page)).to_have_count(6)
    expect(ending(page)).to_have_text("ended at the limit of new tokens")
    for place in range(3):
        expect(tokens(page).nth(place)).to_have_text(written[place])
    tokens(page).nth(5).click()
    expect(page.locator("#pg-decode .pg-said")).to_contain_text("Generated with Greedy.")
    tokens(page).nth(1).click()
    expect(page.locator("#pg-decode .pg-bars-title")).to_contain_text("Step 2:")
    assert_found_by_search(page, 3)


def test_what_was_found_has_a_link(found, shared_page, site, another):
    page = shared_page
    winner = found.get_by_role("row", name=re.compile("winner"))
    expect(winner).to_be_visible()
    found_text = winner.locator(".pg-token").inner_text()
    winner.get_by_role("button", name="Open in Decode").click()
    expect(tokens(page)).to_have_count(5)
    expect(text(page)).to_have_text(found_text)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Link copied.")).to_be_visible()
    other = another(page.evaluate("navigator.clipboard.readText()"))
    expect(tokens(other)).to_have_count(5)
    expect(ending(other)).to_have_text("ended at the limit of new tokens")
    expect(text(other)).to_have_text(found_text)
    assert_found_by_search(other, 2)
    expect(other.get_by_role("radio", name="Sample")).to_be_checked()


def test_what_was_found_is_saved_as_that(found, shared_page):
    page = shared_page
    winner = found.get_by_role("row", name=re.compile("winner"))
    found_text = winner.locator(".pg-token").inner_text()
    winner.get_by_role("button", name="Open in Decode").click()
    expect(text(page)).to_have_text(found_text)
    written = tokens(page).all_inner_texts()
    decode = page.locator("#pg-decode")
    decode.get_by_role("button", name="Export", exact=True).click()
    with page.expect_download() as download:
        decode.get_by_role("menuitem", name="Trace, whole (JSON)").click()
    expect(decode.get_by_role("menu")).to_be_hidden()
    page.get_by_label("Trace file").set_input_files(download.value.path())
    expect(decode.locator(".pg-said")).to_contain_text(
        re.compile("comes from a file of .* Generated with Beam search, 2 beams")
    )
    expect(tokens(page)).to_have_text(written)
    expect(decode.locator(".pg-bars .pg-legend")).to_contain_text("found by beam search")


def test_greedys_text_opens_as_greedys(found, shared_page):
    page = shared_page
    greedy = found.get_by_role("row", name=re.compile("^greedy"))
    found_text = greedy.locator(".pg-token").inner_text()
    greedy.get_by_role("button", name="Open in Decode").click()
    expect(page.locator("#pg-decode .pg-said")).to_contain_text("Generated with Greedy.")
    expect(text(page)).to_have_text(found_text)


def test_a_search_grows_a_tree_and_names_its_winner(beams):
    search(beams, 3, 6)
    found = beams.get_by_role("table", name=re.compile("The texts found"))
    expect(found.get_by_role("rowheader", name="◆ winner")).to_be_visible()
    expect(found.get_by_role("rowheader", name="greedy")).to_be_visible()
    expect(found.get_by_role("rowheader", name="sampled")).to_be_visible()
    expect(beams.get_by_role("status").first).to_have_text(re.compile("winner"))
    winner = found.get_by_role("row", name=re.compile("winner")).locator(".pg-found-cell .pg-link").inner_text()
    expect(beams.locator(".pg-node-text")).to_have_text(winner)
    expect(beams.locator(".pg-beam-tree .main-svg").first).to_be_visible()


def test_the_line_under_the_tree_follows_the_steps_and_describes_the_tree(found):
    caption = found.locator(".pg-caption")
    slider = found.get_by_role("slider", name="Steps shown")
    slider.press("End")
    expect(caption).to_contain_text("At step 5 the search looks at the 4 best ways to go on and keeps 2 of them")
    expect(caption).to_contain_text("The winner, the orange line, is ")
    assert found.locator(".pg-beam-tree .pg-chart").get_attribute("aria-describedby") == caption.get_attribute("id")
    slider.press("Home")
    expect(caption).to_contain_text("At step 1 the search looks at the 4 best ways to go on")
    slider.press("End")


def test_steps_and_beams_are_chosen_by_key(found):
    slider = found.get_by_role("slider", name="Steps shown")
    expect(found.get_by_text("5 of 5", exact=True)).to_be_visible()  # the tree is drawn
    slider.press("Home")
    expect(found.get_by_text("1 of 5", exact=True)).to_be_visible()
    expect(found.get_by_text("Beams after step 1:")).to_be_visible()
    beam = found.get_by_role("button", name=re.compile("Beam ending in")).nth(1)
    chosen = beam.inner_text()
    beam.press("Enter")
    expect(found.locator(".pg-node-text")).to_have_text(chosen)
    expect(what_follows(found)).to_have_count(11)
    expect(beam).to_be_focused()
    found.get_by_label("show dropped candidates").press("Space")
    dropped = found.get_by_role("button", name=re.compile("Dropped text ending in"))
    expect(dropped).to_have_count(2)
    chosen = dropped.first.inner_text()
    dropped.first.press("Enter")
    expect(found.locator(".pg-node-text")).to_have_text(chosen)


def test_a_node_of_the_tree_is_chosen_by_click(found):
    point = found.locator(".pg-beam-tree .scatterlayer .point").first
    point.click(force=True)
    expect(found.locator(".pg-node-text")).to_have_text("the prompt")


def test_the_whole_tree_says_what_it_proves(found):
    beams = found
    beams.get_by_role("combobox", name="Tokens").select_option("2")
    beams.get_by_role("button", name="Search the whole tree").click()
    expect(beams.get_by_text("nothing else can be more probable")).to_be_visible()
    expect(beams.get_by_role("table", name=re.compile("most probable sequences of 2 tokens"))).to_be_visible()


def test_the_search_of_the_whole_tree_can_be_stopped(found, site, monkeypatch):
    """A stop that is requested during a search ends it; the model pauses after two forwards until then."""
    beams = found
    extend, pieces, stopped = site.engine.model.extend, count(), threading.Event()

    def held(*rows):
        assert next(pieces) < 2 or stopped.wait(timeout=60), "nobody pressed Stop"
        return extend(*rows)

    def noticed(session: Session, name: str, value) -> None:
        object.__setattr__(session, name, value)
        if name == "stopped" and value:
            stopped.set()

    monkeypatch.setattr(site.engine.model, "extend", held)
    monkeypatch.setattr(Session, "__setattr__", noticed, raising=False)
    beams.get_by_role("combobox", name="Tokens").select_option("4")
    beams.get_by_role("button", name="Search the whole tree").click()
    expect(beams.get_by_text(re.compile(r"Searching: \d+ of up to 512 beginnings"))).to_be_visible()
    beams.get_by_role("button", name="Stop", exact=True).click()
    expect(beams.get_by_text("search was stopped before")).to_be_visible()
    expect(beams.get_by_role("button", name="Search the whole tree")).to_be_enabled()


NODES = {
    "parent": [None, 0, 0],
    "depth": [0, 1, 1],
    "token_id": [None, 300, 301],
    "log_prob": [0, -1, -2],
    "cumulative": [0, -1, -2],
    "fate": ["kept", "kept", "kept"],
}
TREE = {
    "kind": "tree",
    "search": "a",
    "state": "running",
    "prompt_ids": [302],
    "source_ids": [],
    "settings": {"num_beams": 2, "length_penalty": 1, "no_repeat_ngram_size": 0},
    "nodes": NODES,
    "next": {},
    "hypotheses": [],
    "paths": [],
    "advice": [],
}
SEQUENCE = {"token_ids": [301], "probability": 0.5}
WHOLE = {
    "kind": "whole",
    "state": "running",
    "horizon": 1,
    "expanded": 1,
    "budget": 9,
    "sequences": [SEQUENCE | {"proven": True}],
    "greedy": SEQUENCE,
    "advice": [],
}


OPENING = {"kind": "opening", "most_beams": 8, "most_tokens": 8}


@pytest.fixture
def bare_beams(bare_page):
    return mount(bare_page, "beams/tab.js", "pg-beams", OPENING, [])


def test_what_was_drawn_before_the_vocabulary_gets_its_words(bare_page, site):
    held = []
    bare_page.route("**/vocabulary.json", lambda route: held.append(route))
    beams = mount(bare_page, "beams/tab.js", "pg-beams", OPENING, [])
    for message in (TREE, WHOLE):
        bare_page.evaluate("message => receive(message)", message)
    expect(beams.locator(".pg-beam-whole .pg-token")).to_have_text("#301")
    expect(beams.locator(".pg-node-beams").get_by_role("button")).to_have_text(["#300", "#301"])
    held[0].continue_()
    words = [site.engine.model.vocabulary[token_id] for token_id in (300, 301)]
    expect(beams.locator(".pg-node-beams").get_by_role("button")).to_have_text(words)
    expect(beams.locator(".pg-beam-whole .pg-token")).to_have_text(words[1])


def test_the_line_of_steps_says_what_the_tree_shows_and_not_what_is_still_to_be_drawn(bare_page, bare_beams):
    held = []
    bare_page.route("**/playground/plotly.js", lambda route: held.append(route))
    bare_page.evaluate("message => receive(message)", TREE)
    expect(bare_beams.locator(".pg-node-beams").get_by_role("button")).to_have_count(2)
    expect(bare_beams.get_by_text("1 of 1", exact=True)).to_have_count(0)
    expect(bare_beams.locator(".main-svg")).to_have_count(0)
    held[0].continue_()
    expect(bare_beams.get_by_text("1 of 1", exact=True)).to_be_visible()
    assert bare_beams.locator(".main-svg").count() > 0


def test_a_tree_that_is_wider_than_its_place_says_so_and_is_scrolled_by_key(bare_page, bare_beams):
    steps = 12
    nodes = {
        "parent": [None, *range(steps)],
        "depth": [*range(steps + 1)],
        "token_id": [None, *range(300, 300 + steps)],
        "log_prob": [0, *[-1] * steps],
        "cumulative": [*range(0, -steps - 1, -1)],
        "fate": ["kept"] * (steps + 1),
    }
    bare_page.evaluate("message => receive(message)", TREE | {"nodes": nodes})
    tree = bare_beams.get_by_role("region", name="The search as a tree")
    expect(bare_beams.get_by_text("12 of 12", exact=True)).to_be_visible()
    expect(tree).to_have_count(0)
    bare_page.evaluate("document.querySelector('#pg-beams').style.width = '620px'")
    expect(bare_beams.get_by_text("Scroll sideways to see the rest")).to_be_visible()
    tree.focus()
    expect(tree).to_be_focused()
    tree.press("ArrowRight")
    bare_page.wait_for_function("document.querySelector('.pg-beam-tree').scrollLeft > 0")


def test_the_words_come_when_the_server_answers_again(bare_page, seats, site):
    bare_page.route("**/vocabulary.json", lambda route: route.fulfill(status=503, json={"detail": "Not now."}))
    beams = mount(bare_page, "beams/tab.js", "pg-beams", OPENING, [])
    expect(beams.get_by_role("alert")).to_have_text("Not now.")
    bare_page.unroute_all()
    seats["bare"].forgive()
    bare_page.evaluate("message => receive(message)", WHOLE)
    expect(beams.locator(".pg-beam-whole .pg-token")).to_have_text(site.engine.model.vocabulary[301])
    expect(beams.get_by_role("alert")).to_have_count(0)


def test_a_search_that_an_error_ends_went_no_further(bare_page, bare_beams):
    beams = bare_beams
    bare_page.evaluate("message => receive(message)", TREE)
    beams.locator(".pg-node-beams").get_by_role("button").first.click()
    expect(beams.get_by_text("The search has not reached the next step yet.")).to_be_visible()
    bare_page.evaluate("message => receive(message)", WHOLE)
    expect(beams.get_by_text("Searching:")).to_be_visible()
    bare_page.evaluate("receive({ kind: 'error', error: 'Lost.' })")
    expect(beams.get_by_text("The search ended at this step.")).to_be_visible()
    expect(beams.get_by_text("Searching:")).to_have_count(0)
    expect(beams.get_by_role("alert")).to_have_text("Lost.")


def test_too_wide_a_search_is_refused_and_the_tree_stays(found, shared_page):
    beams, prompt = found, shared_page.get_by_label("Prompt", exact=True)
    before = prompt.input_value()
    search(beams, 9, 3)
    expect(beams.get_by_role("alert")).to_have_text(re.compile("at most 8 beams"))
    expect(beams.get_by_role("rowheader", name="◆ winner")).to_be_visible()
    prompt.fill("word " * 3000)
    search(beams, 2, 3)
    expect(beams.get_by_role("alert")).to_have_text(re.compile("takes at most 2,048"))
    expect(beams.get_by_role("rowheader", name="◆ winner")).to_be_visible()
    prompt.fill(before)
