"""Tests the pane Tokens as a visitor uses it: chips, steps, a space at the end, languages, a file, the vocabulary."""

import csv
import io
import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.attention import downloaded
from tests.browser.panes import mount_pane, open_asked, style, view
from tests.browser.seats import SHARED
from tests.browser.visitor import open_view
from tests.test_inside_tokens import unigram, word_piece

pytestmark = [pytest.mark.browser, pytest.mark.model]

HOSTILE = "<img src=x onerror=alert(1)> ${alert(2)} שלום 🙂\n\nend"
BOOK = "The teacher taught the students with the book."


@pytest.fixture(scope="module")
def opened(shared_page):
    """The pane with the text that all panes look at first."""
    open_view(shared_page, "Tokens")
    expect(field(shared_page)).to_have_value(BOOK)
    return shared_page


@pytest.fixture
def page(opened):
    """The pane with a text that no test writes, on a page that the tests share."""
    open_view(opened, "Tokens")
    write(opened, "Nobody asks")
    expect(chips(opened)).to_have_count(2)
    return opened


def pane(page: Page):
    return page.locator("#pg-tokens")


def field(page: Page):
    return page.get_by_label("Text to take apart")


def write(page: Page, text: str) -> None:
    field(page).fill(text)


def chips(page: Page):
    return page.get_by_role("listbox", name="Tokens of the text").get_by_role("option")


def texts(page: Page) -> list[str]:
    return chips(page).locator(".pg-piece-text").all_inner_texts()


def chosen(page: Page):
    return page.get_by_role("listbox", name="Tokens of the text").get_by_role("option", selected=True)


def fact(page: Page, name: str):
    return pane(page).locator(".pg-piece-facts > div").filter(has=page.get_by_text(name, exact=True)).locator("dd")


def boxes(page: Page) -> list[str]:
    return pane(page).locator(".pg-step-box text.pg-token").all_text_contents()


def step(page: Page):
    return page.get_by_role("slider", name="Steps shown")


def forgive(seats, status: int) -> None:
    """Forgets the errors of refused requests, of which the browser's console tells. Others stay."""
    seat = seats[SHARED]
    assert [fault for fault in seat.faults() if str(status) not in fault] == []
    seat.forgive()


def part(page: Page, title: str):
    return pane(page).locator("section").filter(has=page.get_by_role("heading", name=title, exact=True))


def test_a_text_becomes_chips_as_it_is_typed(page, site):
    for text in (HOSTILE, "The capital of France is", ""):
        field(page).fill("")
        field(page).press_sequentially(text)
        ids = list(site.engine.model.tokenizer.encode(text)) if text else []
        expect(chips(page)).to_have_count(len(ids))
        shown = [site.engine.model.vocabulary[token_id] for token_id in ids]
        expect(chips(page).locator(".pg-piece-text")).to_have_text(shown)
        assert chips(page).locator(".pg-piece-id").all_inner_texts() == [str(one) for one in ids]
    expect(pane(page).locator("img")).to_have_count(0)


def test_hover_focus_and_keys_tell_one_token(page):
    write(page, "The cat 🙂 sat")
    expect(chips(page)).to_have_count(4)
    chips(page).nth(1).click()
    expect(fact(page, "bytes")).to_have_text("20 63 61 74")
    expect(fact(page, "characters")).to_have_text("3 to 7, counted from 0: “ cat”")
    expect(fact(page, "kind")).to_have_text("begins with a space, which is part of the token")
    chips(page).nth(3).hover()
    expect(fact(page, "token")).to_have_text("·sat (number 4)")
    expect(chosen(page)).to_contain_text("·cat")
    page.mouse.move(0, 0)
    expect(fact(page, "token")).to_have_text("·cat (number 2)")
    row = page.get_by_role("listbox", name="Tokens of the text")
    row.press("End")
    expect(fact(page, "token")).to_have_text("·sat (number 4)")
    row.press("ArrowLeft")
    expect(fact(page, "token")).to_have_text("·🙂 (number 3)")
    expect(fact(page, "characters")).to_have_text("7 to 9, counted from 0: “ 🙂”")
    write(page, "<|im_end|>")
    expect(fact(page, "kind")).to_have_text("a special token")
    expect(part(page, "How the tokeniser got there")).to_contain_text("it is not divided")


def test_merges_are_scrubbed_and_played_and_nothing_moves_before(page, site):
    write(page, "unbelievably")
    chips(page).first.click()
    last = int(step(page).get_attribute("max"))
    expect(step(page)).to_have_value(str(last))
    full = boxes(page)
    assert set(texts(page)) <= set(full)
    step(page).press("Home")
    assert boxes(page) == list("unbelievably")
    step(page).press("ArrowRight")
    merges = json.loads(site.ask(lambda model: model.tokenizer.hf.backend_tokenizer.to_str()))["model"]["merges"]
    [joined] = boxes(page)[len("unbelievably") :]
    said = pane(page).locator(".pg-steps-says").inner_text()
    rank = int(said.split("rank ")[1].rstrip(".").replace(",", ""))
    assert "".join(merges[rank]) == joined
    first, second = [pane(page).locator(".pg-step-piece rect").first.bounding_box() for _ in range(2)]
    assert first == second
    assert first["width"] > 24
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.get_by_role("button", name="Play again")).to_be_visible()
    expect(step(page)).to_have_value(str(last))
    assert boxes(page) == full
    expect(page.get_by_role("button", name="Play again")).to_be_focused()
    page.get_by_role("button", name="Back").click()
    expect(step(page)).to_have_value(str(last - 1))
    pane(page).get_by_text("The steps as a table", exact=True).click()
    expect(
        pane(page).get_by_role("row").filter(has=page.get_by_role("rowheader", name=str(rank), exact=True))
    ).to_have_count(0)
    expect(pane(page).locator("tr[aria-current=step] th")).to_have_text(str(last - 1))
    pane(page).get_by_text("The steps as a table", exact=True).click()


def test_pictures_and_numbers_are_exported(page):
    write(page, "unbelievably <b>")
    chips(page).first.click()
    picture = downloaded(page, "steps of a word", "Picture (SVG)").decode()
    assert all(f">{text}<" in picture for text in texts(page)[:2])
    rows = list(csv.reader(io.StringIO(downloaded(page, "text", "Numbers (CSV)").decode("utf-8-sig"))))
    assert rows[0] == ["token_id", "token", "bytes", "start", "end", "special"]
    assert [row[1] for row in rows[1:]] == texts(page)
    assert downloaded(page, "text", "Picture (PNG)").startswith(b"\x89PNG")


def test_a_space_at_the_end_is_warned_of_with_bars(page):
    write(page, "The capital of France is ")
    section = part(page, "The space at the end")
    expect(section.get_by_role("row")).not_to_have_count(0)
    paris = section.get_by_role("row").filter(has=page.get_by_role("rowheader", name="·Paris", exact=True))
    before, after = paris.locator(".pg-tokens-fill").evaluate_all(
        "bars => bars.map((bar) => bar.getBoundingClientRect().width)"
    )
    assert after > 10 * max(before, 1)
    expect(pane(page).get_by_text("The text ends in a space, which changes what comes next")).to_be_visible()
    write(page, "The capital of France is")
    expect(section).to_be_hidden()


def test_a_sentence_in_many_languages_can_be_taken_apart(page):
    table = pane(page).locator(".pg-languages")
    line = lambda name: table.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name, exact=True))  # noqa: E731
    bars = {name: line(name).locator(".pg-tokens-fill") for name in ("English", "German", "Thai")}
    widths = {name: bar.evaluate("bar => bar.getBoundingClientRect().width") for name, bar in bars.items()}
    assert widths["English"] < widths["German"] < widths["Thai"]
    page.get_by_role("button", name="Take apart: the sentence in German").click()
    expect(field(page)).to_have_value("Alle Menschen sind frei und gleich an Würde und Rechten geboren.")
    expect(chips(page)).to_have_count(24)


def test_the_steps_of_another_tokenisers_file_and_its_counts(page, seats, tmp_path):
    section = part(page, "Another tokeniser beside it")
    for make, title in ((word_piece, "WordPiece"), (unigram, "Unigram")):
        path = tmp_path / f"{title}.json"
        path.write_text(make().to_str())
        section.locator("input[type=file]").set_input_files(path)
        expect(section.get_by_role("status")).to_contain_text(f"{title}.json ({title}): ")
        assert section.get_by_role("listitem").count() > 2
        expect(pane(page).get_by_role("columnheader", name=f"tokens, {title}.json")).to_be_visible()
    write(page, "hat")
    expect(section.get_by_role("status")).to_contain_text("for 1 word and 3 characters")
    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    section.locator("input[type=file]").set_input_files(broken)
    expect(section.get_by_role("status")).to_contain_text("This file is no tokenizer.json")
    section.get_by_role("button", name="Take it away").click()
    expect(section.get_by_role("button", name="Choose a tokenizer.json …")).to_be_focused()
    expect(section.get_by_role("listitem")).to_have_count(0)
    forgive(seats, 400)


def test_the_vocabulary_is_searched_and_no_expression_hangs_the_page(page, site):
    section = part(page, "Search the vocabulary")
    kind, wanted = section.get_by_role("combobox"), section.get_by_role("searchbox")
    vocabulary = site.engine.model.vocabulary
    kind.select_option("begins with")
    wanted.fill(" Par")
    count = sum(text.startswith("·Par") for text in vocabulary)
    expect(section.get_by_role("status")).to_contain_text(f"{count} of 49,152 tokens are like this.")
    assert section.locator("tbody tr").count() == count
    kind.select_option("regular expression")
    wanted.fill("^ (Paris|London)$")
    expect(section.locator("tbody td.pg-token")).to_have_text(["·London", "·Paris"])
    wanted.fill("^(-+-+)+x$|(=+=+)+x")
    expect(section.get_by_role("status")).to_contain_text("This expression takes too long")
    wanted.fill("(")
    expect(section.get_by_role("status")).to_contain_text("This is no regular expression")
    kind.select_option("is no whole character")
    expect(section.locator("tbody td.pg-token").first).to_contain_text("‹")
    kind.select_option("contains")
    wanted.fill("")


def test_the_field_begins_with_the_shared_text_and_hands_its_own_to_the_other_panes(page):
    page.get_by_role("button", name="Take the text above").click()
    expect(field(page)).to_have_value(BOOK)
    expect(chips(page)).to_have_count(9)
    chips(page).nth(4).click()
    open_view(page, "Attention")
    expect(page.get_by_text("All heads after “·students” (5)")).to_be_visible()
    open_view(page, "Tokens")
    expect(chosen(page)).to_contain_text("·students")
    write(page, "A new text for all")
    page.get_by_role("button", name="Show in all panes").click()
    open_view(page, "Attention")
    expect(page.locator("#pg-attention").get_by_role("listbox", name="Tokens of the text")).to_have_text(
        "A·new·text·for·all"
    )
    open_view(page, "Tokens")
    expect(field(page)).to_have_value("A new text for all")


def test_what_is_typed_before_the_shared_text_comes_stays(bare_page, site):
    style(bare_page)
    pane = mount_pane(bare_page, "inside/tokens/mount.js", "tokens")
    view(bare_page, "tokens")
    write(bare_page, "My own words")
    pane.get_by_role("button", name="Take the text above").focus()
    open_asked(bare_page, site, "tokens", 1)
    expect(pane.get_by_role("button", name="Take the text above")).to_be_enabled()
    expect(field(bare_page)).to_have_value("My own words")
    pane.get_by_role("button", name="Take the text above").click()
    expect(field(bare_page)).to_have_value(BOOK)


def test_a_text_that_is_too_long_is_refused_and_stays(page, seats):
    write(page, "a " * 2001)
    expect(pane(page).get_by_role("alert").filter(has_text="at most 4,000 are taken apart")).to_be_visible()
    expect(field(page)).to_have_value("a " * 2001)
    forgive(seats, 413)


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_is_wider_than_the_page(page, width):
    page.set_viewport_size({"width": width, "height": 844})
    write(page, "x" * 60 + " " + HOSTILE)
    expect(chips(page).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1440, "height": 900})
