"""Tests the tab of an encoder-only model as a person uses it: blanks, scores, labels, and what other views say."""

import re

import pytest
import torch
from playwright.sync_api import Page, expect

from playground.engine.request import Limits
from playground.engine.starting import Bounds, start_engines
from playground.models.offer import offer
from tests import encoders, fakes
from tests.browser.conftest import served_together
from tests.browser.seats import IDLE
from tests.browser.test_axe import found_by_axe
from tests.browser.visitor import bars, open_view, set_number

pytestmark = pytest.mark.browser

LABELS = {"id2label": {0: "O", 1: "PER", 2: "LOC"}, "label2id": {"O": 0, "PER": 1, "LOC": 2}}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A server with a Llama that writes, a BERT that fills blanks, and two that give labels."""
    folder = tmp_path_factory.mktemp("models")
    fakes.tiny("llama").save_pretrained(folder / "llama")
    fakes.byte_level_tokenizer().save_pretrained(folder / "llama")
    names = [
        str(folder / "llama"),
        encoders.folder(folder / "bert", "bert"),
        encoders.folder(folder / "mood", "distilbert", "text-classification", num_labels=3),
        encoders.folder(folder / "tagger", "bert", "token-classification", **LABELS),
    ]
    bounds = Bounds(Limits(), 10_000_000, 10_000_000)
    with served_together(start_engines([offer(name, "cpu") for name in names], bounds)) as site:
        yield site


@pytest.fixture
def page(chromium, site):
    """A visitor with the BERT chosen. The test fails on an error in the console."""
    faults = []
    with chromium.new_page(viewport={"width": 1440, "height": 900}) as page:
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(site.url)
        expect(bars(page)).not_to_have_count(0)
        choose(page, "bert")
        expect(cells(page)).not_to_have_count(0)
        yield page
    assert [fault for fault in faults if "413" not in fault] == [], "only a text that is too long is refused"


def choose(page: Page, name: str) -> None:
    page.get_by_label("Model", exact=True).select_option(name)
    expect(page.locator(".pg-picker .pg-detail")).to_contain_text("heads")


def view(page: Page):
    return page.locator("#pg-fill")


def cells(page: Page):
    return view(page).get_by_role("listbox", name="Tokens").get_by_role("option")


def rows_of_tokens(page: Page) -> list[list[str]]:
    """Returns what stands in and out at each token."""
    return [one.split("\n") for one in cells(page).all_inner_texts()]


def write(page: Page, text: str) -> None:
    view(page).get_by_role("textbox", name="Text with a blank").fill(text)


def best_bar(page: Page):
    return view(page).locator(".pg-bar[data-kind=token]").first


def read(page: Page, text: str) -> None:
    """Writes a text and waits until its tokens are there, and the bars of its first blank if it has one."""
    write(page, text)
    tokens = encoders.tokenizer().tokenize(text.replace("___", "[MASK]"), add_special_tokens=True)
    shown = [token if token in encoders.SPECIAL else f"·{token}".replace("·##", "") for token in tokens]
    expect(cells(page).locator(".pg-token")).to_have_text(shown)
    if "___" in text:
        expect(view(page).locator(".pg-step:not(.pg-waiting)")).to_be_visible()


def test_fill_stands_in_the_place_of_decode_and_follows_the_model(page):
    rows = page.get_by_role("tablist", name="Views").get_by_role("tab")
    assert rows.all_inner_texts()[0] == "Fill"
    assert "tab=fill" in page.url
    expect(page.get_by_role("button", name="Generate")).to_be_hidden()
    expect(page.get_by_label("Prompt", exact=True)).to_be_hidden()
    expect(page.get_by_role("spinbutton", name="Temperature")).to_be_visible()
    expect(page.get_by_label("Seed", exact=True)).to_be_hidden()
    expect(view(page)).to_contain_text("so it has no next word to write")
    expect(page.locator(".toast-body")).to_have_count(0)  # Gradio's own notice of a refused event
    choose(page, "llama")
    expect(page.get_by_role("tab", name="Decode", exact=True)).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("button", name="Generate")).to_be_visible()


@pytest.mark.parametrize("name", ["Prompts", "Settings", "Models", "Beams", "To a word"])
def test_a_view_that_needs_a_model_that_writes_says_so_and_leads_on(page, name):
    open_view(page, name)
    said = page.get_by_role("status").filter(has_text="bert writes none: it fills blanks")
    expect(said).to_be_visible()
    expect(page.locator("#pg-views")).to_be_hidden()
    page.get_by_role("button", name="Open Fill").click()
    expect(view(page)).to_be_visible()
    open_view(page, name)
    page.get_by_role("button", name="Choose llama").click()
    expect(said).to_be_hidden()
    expect(page.locator("#pg-views")).to_be_visible()


def test_the_bars_of_a_blank_are_the_model_s_and_follow_the_sliders_without_the_server(page, site):
    read(page, "the capital of ___ is paris.")
    for label, value in (("Temperature", "1"), ("Top-k", "0"), ("Top-p", "1")):
        set_number(page, label, value)
    expect(view(page).get_by_text("18 tokens kept")).to_be_visible()
    model, tokenizer = encoders.tiny("bert"), encoders.tokenizer()
    ids = tokenizer("the capital of [MASK] is paris.")["input_ids"]
    with torch.inference_mode():
        shares = model(torch.tensor([ids])).logits[0, ids.index(tokenizer.mask_token_id)].softmax(-1)
    best = float(shares.max())
    expect(best_bar(page).locator(".pg-now")).to_have_text(f"{100 * best:.3g} %")
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/encoder/" in request.url else None)
    set_number(page, "Top-k", "3")
    expect(view(page).get_by_text("3 tokens kept")).to_be_visible()
    assert asked == []


def test_a_bias_moves_the_words_of_a_blank_and_stages_that_read_the_text_before_are_missing(page):
    read(page, "the cat is ___ of france")
    view(page).get_by_role("button", name="+ stage").click()
    stages = view(page).get_by_role("group", name="Add a stage")
    expect(stages).to_contain_text("Stages that read the text before a token are missing here")
    names = [item.split(" ")[0] for item in stages.get_by_role("button").all_inner_texts()]
    assert "Logit" in names
    assert not {"Banned", "Repetition", "Constraint", "Watermark"} & set(names)
    stages.get_by_role("searchbox").fill("logit bias")
    stages.get_by_role("searchbox").press("Enter")
    field = view(page).get_by_role("group", name="logit bias", exact=True).get_by_label("value")
    field.fill(" red = 80")
    field.press("Tab")
    expect(best_bar(page)).to_contain_text("red")
    expect(best_bar(page).locator(".pg-now")).to_have_text("100 %")


def test_the_explanation_of_a_stage_has_no_example_because_examples_are_texts(page):
    read(page, "the ___")
    view(page).get_by_role("button", name="Explain top-k").click()
    expect(view(page).get_by_role("group", name="About top-k")).to_be_visible()
    expect(view(page).get_by_role("button", name="Try it")).to_have_count(0)


def test_a_word_is_put_in_and_taken_out_and_the_output_is_as_long_as_the_input(page):
    read(page, "the cat is ___ of france")
    view(page).get_by_role("button", name="Fill with the most probable").click()
    token = view(page).locator(".pg-bar.pg-drawn .pg-label").inner_text()
    assert token == best_bar(page).locator(".pg-label").inner_text()
    assert [token, token] in rows_of_tokens(page)
    expect(view(page).get_by_text("8 tokens in, 8 out")).to_be_visible()
    view(page).get_by_role("button", name="Empty it again").click()
    assert ["[MASK]", f"{token}?"] in rows_of_tokens(page)
    view(page).locator(".pg-bar[data-kind=token]").nth(2).click()
    chosen = view(page).locator(".pg-bar[data-kind=token] .pg-label").nth(2).inner_text()
    assert [chosen, chosen] in rows_of_tokens(page)
    expect(view(page).locator(".pg-headline")).to_contain_text("chosen by you")


def test_a_seed_draws_the_same_word_again(page):
    read(page, "the cat is ___ of france")
    set_number(page, "Temperature", "2")
    set_number(page, "Top-k", "0")
    set_number(page, "Top-p", "1")
    seed = view(page).get_by_role("spinbutton", name="seed")
    drawn = []
    for value in ("1", "2", "3", "1"):
        with page.expect_response("**/encoder/text*"):
            seed.fill(value)
        view(page).get_by_role("button", name="Draw", exact=True).click()
        expect(view(page).locator(".pg-headline .pg-u")).to_contain_text("u = 0.")
        drawn.append((view(page).locator(".pg-headline .pg-u").inner_text(), rows_of_tokens(page)[4]))
    assert drawn[0] == drawn[3]
    assert len({u for u, _ in drawn}) == 3


def test_a_click_masks_a_word_and_a_click_puts_it_back(page):
    read(page, "the cats sleeps in france")
    before = rows_of_tokens(page)
    place = next(place for place, cell in enumerate(before) if cell[0] == "·cat")
    cells(page).nth(place).click()
    expect(view(page).get_by_text("Blank 1 of 2")).to_be_visible()
    assert [cell[0] for cell in rows_of_tokens(page)][place : place + 2] == ["[MASK]", "[MASK]"]
    cells(page).nth(place + 1).click()
    expect(view(page).get_by_text("Blank 2 of 2")).to_be_visible()
    expect(view(page).get_by_text("Empty blanks are guessed independently")).to_be_visible()
    cells(page).nth(place + 1).click()
    expect(view(page).get_by_text("No blank in view")).to_be_visible()
    assert rows_of_tokens(page) == before


def test_all_of_it_works_with_the_keyboard(page):
    field = view(page).get_by_role("textbox", name="Text with a blank")
    field.fill("the capital of is paris")
    field.press("Home")
    for _ in range(len("the capital of ")):
        field.press("ArrowRight")
    field.press("Control+b")
    assert field.input_value() == "the capital of [MASK]is paris"
    expect(view(page).get_by_text("Blank 1 of 1")).to_be_visible()
    tokens = view(page).get_by_role("listbox", name="Tokens")
    tokens.focus()
    tokens.press("End")
    tokens.press("ArrowLeft")
    tokens.press("Enter")
    expect(view(page).get_by_text("Blank 2 of 2")).to_be_visible()
    tokens.press(" ")
    expect(view(page).get_by_text("Blank 1 of 1")).to_be_visible()
    field.press("Control+Enter")
    expect(view(page).get_by_role("button", name="Empty it again")).to_have_attribute("aria-disabled", "false")


def test_the_models_own_tokens_are_explained_by_key(page):
    read(page, "the cat is ___ of france")
    own = view(page).locator(".pg-fill-own").get_by_role("button")
    expect(own).to_have_text(["[CLS]", "[SEP]", "[MASK]"])
    own.first.focus()
    for says in ("at the beginning of every text", "at the end of every text", "The mask token: it hides a word"):
        expect(page.get_by_role("tooltip")).to_contain_text(says)
        page.keyboard.press("ArrowRight")


def test_a_text_without_a_blank_and_an_empty_one_say_what_to_do(page):
    read(page, "the cat sleeps ___ red")
    write(page, "the cat sleeps")
    expect(
        view(page).get_by_text("This text has no blank. Write ___ or [MASK], or click a word to mask it.")
    ).to_be_visible()
    expect(best_bar(page)).to_be_hidden()
    write(page, " ")
    expect(view(page).get_by_text("Write a text. The model reads all of it at once")).to_be_visible()
    write(page, "red " * 30)
    expect(view(page).get_by_role("alert")).to_contain_text("reads at most 24. Shorten it")
    write(page, "the ___")
    expect(view(page).get_by_role("alert")).to_have_count(0)
    expect(best_bar(page)).to_be_visible()


def test_the_scores_of_the_tokens_colour_the_text_with_their_sum(page, site):
    read(page, "the cat sleeps ___")
    view(page).get_by_label("Colour the text by").select_option("surprisal")
    expect(view(page).get_by_text(re.compile(r"Pseudo-log-likelihood −\d+\.\d\d nats over 3 tokens"))).to_be_visible()
    shades = [cell.locator(".pg-token").get_attribute("data-shade") for cell in cells(page).all()]
    assert [shade is None for shade in shades] == [True, False, False, False, True, True]
    view(page).get_by_role("button", name="Fill with the most probable").click()
    expect(view(page).get_by_text("over 4 tokens")).to_be_visible()
    view(page).get_by_label("Colour the text by").select_option("no colours")
    expect(cells(page).locator("[data-shade]")).to_have_count(0)
    expect(view(page).get_by_text("Pseudo-log-likelihood")).to_be_hidden()


def test_scores_under_way_are_told_and_end_when_the_text_changes(page):
    read(page, "the cat sleeps ___")
    held, ended = [], []
    page.on("requestfailed", lambda request: ended.append(request.url))
    page.route("**/encoder/likelihood*", lambda route: held.append(route))  # none of them is answered
    view(page).get_by_label("Colour the text by").select_option("surprisal")
    expect(view(page).get_by_text("the text is read once for each token")).to_be_visible()
    view(page).get_by_label("Colour the text by").select_option("probability")  # which needs the same scores
    assert len(held) == 1
    with page.expect_event("requestfailed"):
        read(page, "the red cat sleeps ___")
    assert len(ended) == 1
    expect(view(page).locator(".pg-notice").first).to_have_text("")
    view(page).get_by_label("Colour the text by").select_option("no colours")
    expect(view(page).get_by_text("the text is read once for each token")).to_be_hidden()


def test_colours_move_nothing(page):
    read(page, "the cat sleeps ___")
    places = lambda: [view(page).locator(one).first.bounding_box() for one in (".pg-fill-deeds", ".pg-bars-plot")]  # noqa: E731
    colours = view(page).get_by_label("Colour the text by")
    for width in (1440, 1024, 390):
        page.set_viewport_size({"width": width, "height": 900})
        colours.select_option("no colours")
        expect(view(page).get_by_text("so it has no next word to write")).to_be_visible()
        page.evaluate(IDLE)  # the page draws once more in its new size
        before = places()
        for colour in ("probability", "surprisal"):
            colours.select_option(colour)
            assert places() == before
            expect(view(page).get_by_text("Pseudo-log-likelihood −")).to_be_visible()
            assert places() == before


def test_the_bars_say_how_a_word_came_into_the_blank(page):
    read(page, "the cat sleeps ___")
    headline, bar = view(page).locator(".pg-headline"), view(page).locator(".pg-bar.pg-drawn")
    expect(headline).to_contain_text("would be drawn from")
    expect(bar).to_contain_text("u = 0.")
    expect(view(page).get_by_text(re.compile("^the blank's own u = 0"))).to_be_visible()
    page.get_by_role("radio", name="Greedy").check()
    expect(headline).to_contain_text("the most probable of")
    page.get_by_role("radio", name="Sample").check()
    view(page).get_by_role("button", name="Fill with the most probable").click()
    note = bar.locator(".pg-note")
    expect(note).to_have_text("most probable")
    assert note.evaluate("(note) => note.scrollWidth <= note.clientWidth"), "the whole note is in sight"
    view(page).get_by_role("button", name="Draw", exact=True).click()
    expect(headline).to_contain_text("drawn from")
    expect(view(page)).not_to_contain_text("greedy")


def test_a_link_brings_the_model_the_blanks_and_the_settings(page, site, chromium):
    read(page, "the cat sleeps ___")
    cells(page).nth(2).click()
    expect(view(page).get_by_text("Blank 1 of 2")).to_be_visible()
    view(page).get_by_role("button", name="Fill with the most probable").click()
    set_number(page, "Top-k", "7")
    expect(cells(page).filter(has_text="▁")).to_have_count(0)  # the best word of each blank is known
    before = rows_of_tokens(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
    view(page).get_by_role("button", name="Copy link").click()
    expect(view(page).get_by_text("The link is copied.")).to_be_visible()
    with chromium.new_page(viewport={"width": 1440, "height": 900}) as other:
        other.goto(page.evaluate("navigator.clipboard.readText()"))
        expect(other.get_by_label("Model", exact=True)).to_have_value("bert")
        expect(view(other).get_by_text("Blank 1 of 2")).to_be_visible()
        expect(other.get_by_role("spinbutton", name="Top-k")).to_have_value("7")
        expect(cells(other)).to_have_count(len(before))
        expect(cells(other).filter(has_text="▁")).to_have_count(0)
        assert rows_of_tokens(other) == before


def test_a_reload_finds_the_text_and_its_blanks_again(page):
    read(page, "the cat sleeps ___")
    cells(page).nth(2).click()
    expect(view(page).get_by_text("Blank 1 of 2")).to_be_visible()
    view(page).get_by_role("button", name="Fill with the most probable").click()
    before = rows_of_tokens(page)
    page.reload()
    expect(view(page).get_by_text("Blank 1 of 2")).to_be_visible()
    expect(cells(page).nth(4)).not_to_contain_text("▁")
    assert rows_of_tokens(page)[:4] == before[:4]


def test_a_head_over_texts_shows_its_labels_and_one_over_tokens_colours_them(page):
    choose(page, "mood")
    expect(page.get_by_role("tab", name="Labels", exact=True)).to_have_attribute("aria-selected", "true")
    table = view(page).get_by_role("table", name="Labels of the text")
    expect(table.get_by_role("rowheader")).to_have_count(3)
    shares = [float(text.split()[0]) for text in table.locator("td:last-child").all_inner_texts()]
    assert sum(shares) == pytest.approx(100, abs=0.2)
    expect(page.locator(".sidebar")).to_be_hidden()
    choose(page, "tagger")
    expect(view(page).get_by_role("table", name=re.compile("Labels of token 2"))).to_be_visible()
    cells(page).nth(3).click()
    table = view(page).get_by_role("table", name=re.compile("Labels of token 4"))
    assert table.get_by_role("rowheader").first.inner_text() == rows_of_tokens(page)[3][1]
    expect(view(page).locator(".pg-label-key")).to_have_count(2)


def test_the_tokens_are_a_table_too(page):
    read(page, "the cat sleeps ___")
    view(page).locator("summary", has_text="The tokens as a table").click()
    rows = view(page).get_by_role("table", name="The tokens, in and out").get_by_role("row")
    expect(rows).to_have_count(1 + cells(page).count())
    expect(rows.nth(5)).to_contain_text("blank 1")


@pytest.mark.parametrize("model", ["bert", "mood", "tagger"])
def test_axe_finds_nothing(page, model):
    choose(page, model)
    if model == "bert":
        read(page, "the cat sleeps ___")
        cells(page).nth(2).click()
        view(page).get_by_label("Colour the text by").select_option("probability")
        expect(view(page).locator("[data-shade]").first).to_be_visible()
    else:
        expect(view(page).locator(".pg-label-bars")).to_be_visible()
    view(page).locator("summary", has_text="The tokens as a table").click()
    found = found_by_axe(page)
    assert found == {name: [] for name in found}
    open_view(page, "Beams")
    found = found_by_axe(page)
    assert found == {name: [] for name in found}


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_nothing_is_wider_than_the_window(page, width):
    page.set_viewport_size({"width": width, "height": 844})
    read(page, "the capital of ___ is paris, the cat sleeps, a red cat.")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
