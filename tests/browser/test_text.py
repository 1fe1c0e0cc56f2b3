"""Tests the whole text: the prompt's tokens as steps, scored texts, repetition, and the two lines."""

import math

import pytest
from playwright.sync_api import Page, expect

from playground.decoding.measures import loop
from tests import fakes
from tests.browser.visitor import bars, ending, generate, given, headline, selected, set_number, strip, tokens

pytestmark = [pytest.mark.browser, pytest.mark.model]

HOSTILE = "<img src=x onerror=alert(1)> <b>bold</b> &lt; ${alert(2)}"


@pytest.fixture
def page(shared_page):
    """A page that the tests of this file share. In view is the first step of the example."""
    shared_page.get_by_role("list", name="Branches").get_by_role("button").first.click()
    expect(tokens(shared_page)).to_have_count(40)
    tokens(shared_page).first.click()
    expect(title(shared_page)).to_contain_text("Step 1:")
    return shared_page


def title(page: Page):
    return page.locator(".pg-bars-title")


def score(page: Page, text: str) -> None:
    page.get_by_label("Prompt", exact=True).fill(text)
    page.get_by_role("button", name="Score this text").click()


def open_lines(page: Page):
    page.get_by_role("button", name="Surprisal and entropy").click()
    lines = page.get_by_role("img", name="Surprisal and entropy")
    expect(lines.locator(".pg-step-lines-line")).to_have_count(2)
    return lines


def test_the_prompts_tokens_are_steps_that_were_given(fresh_page):
    """Of "At night the sky is full of", all tokens but the first are predicted by those before."""
    page = fresh_page
    expect(given(page)).to_have_count(6)
    expect(selected(page)).to_have_text("·glitter")
    strip(page).press("ArrowLeft")
    expect(title(page)).to_contain_text("Prompt token 7:")
    expect(selected(page)).to_have_text("·of")
    expect(headline(page)).to_have_text("·of")
    expect(page.locator(".pg-status")).to_contain_text("prompt token 7 of 7")
    expect(page.locator(".pg-settings")).to_contain_text("The prompt gives this token")
    expect(bars(page).filter(has_text="·of").first).to_contain_text("given")
    expect(page.locator(".pg-bars .pg-legend")).to_contain_text("given")
    expect(bars(page).filter(has_text="drawn")).to_have_count(0)
    before = bars(page).all_inner_texts()
    set_number(page, "Temperature", "2")
    expect(page.locator(".pg-differing")).to_contain_text("temperature 2")
    assert bars(page).all_inner_texts() != before
    for key, place in [("ArrowRight", "Step 1:"), ("Home", "Prompt token 2:"), ("ArrowLeft", "Prompt token 2:")]:
        strip(page).press(key)
        expect(title(page)).to_contain_text(place)
    for key, place in [("End", "Step 40:"), ("Home", "Step 1:"), ("Home", "Prompt token 2:")]:
        strip(page).press(key)
        expect(title(page)).to_contain_text(place)
    expect(page.locator(".pg-spoken")).to_contain_text("Prompt token 2: ·night, probability")


def test_a_given_tokens_numbers_are_those_of_a_plain_forward(page, site, default_model):
    ids = default_model.tokenizer.encode("At night the sky is full of")
    logits = site.ask(lambda model: fakes.full_forward(model.hf, ids)[0])
    page.get_by_label("Colour by").select_option("surprisal")
    for place in range(1, 7):
        own = logits[place - 1].double().log_softmax(-1)[ids[place]].item()
        option = given(page).nth(place - 1)
        expect(option).to_have_attribute("data-shade", str(min(7, int(-own / math.log(2) / 2))))
        rank = 1 + int((logits[place - 1] > logits[place - 1][ids[place]]).sum())
        assert f"rank {rank:,}, surprisal {-own / math.log(2):.1f} bits" in option.get_attribute("title")
    given(page).nth(1).click()
    expect(title(page)).to_contain_text("Prompt token 3:")
    best = logits[1].argmax().item()
    page.get_by_text("The candidates as a table").click()
    table = page.get_by_role("table", name="Next-token candidates")
    expect(table.get_by_role("row").nth(1)).to_contain_text(str(best))
    expect(table.get_by_role("row").filter(has_text="given")).to_contain_text(f"·the{ids[2]}")
    page.get_by_text("The candidates as a table").click()
    page.get_by_label("Colour by").select_option("probability")


def test_a_text_is_scored_without_generating(page, site, default_model):
    text = "The cat sat on the mat. " * 3
    ids = default_model.tokenizer.encode(text)
    logprobs = site.ask(lambda model: fakes.full_forward(model.hf, ids)[0]).double().log_softmax(-1)
    total = sum(logprobs[place, token_id].item() for place, token_id in enumerate(ids[1:]))
    mean = total / (len(ids) - 1)
    score(page, text)
    said = f"scored: log-probability {total:.2f} nats, mean {mean:.2f}, perplexity {math.exp(-mean):.3g}"
    expect(ending(page)).to_have_text(said.replace("-", "−").replace("log−", "log-"))
    expect(tokens(page)).to_have_count(0)
    expect(given(page)).to_have_count(len(ids) - 1)
    expect(title(page)).to_contain_text("Prompt token 2:")
    strip(page).press("End")
    expect(title(page)).to_contain_text(f"Prompt token {len(ids)}:")
    play = page.get_by_text("▶ Play")
    play.click()
    expect(title(page)).to_contain_text("Prompt token 2:")
    page.get_by_text("⏸ Pause").click()
    generate(page, "The end", 2)
    expect(tokens(page)).to_have_count(2)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("", "There is no text to score"), ("the", "single token"), ("word " * 9000, "window of 8,192")],
)
def test_what_cannot_be_scored_is_a_sentence_and_the_text_in_view_stays(page, text, sentence):
    before = tokens(page).all_inner_texts()
    score(page, text)
    expect(page.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
    assert tokens(page).all_inner_texts() == before


def test_repeated_tokens_are_underlined(page):
    """The example ends with "the sky is full", which occurs in its prompt."""
    repeated = strip(page).locator(".pg-repeated")
    expect(repeated).to_have_text(["·the", "·sky", "·is", "·full"])
    assert tokens(page).last.get_attribute("class") == repeated.last.get_attribute("class")
    score(page, "one two three four and one two three four")
    expect(repeated).to_have_text(["·two", "·three", "·four"])  # "·one" is not the token "one"


@pytest.mark.long
def test_a_loop_is_called_a_loop(page, site, default_model):
    page.get_by_role("button", name="Greedy", exact=True).click()
    generate(page, "la la la", 40)
    expect(page.locator(".pg-strip-prompt")).to_have_text("la·la·la")
    expect(ending(page)).to_be_visible()
    prompt = default_model.tokenizer.encode("la la la")
    whole = site.ask(lambda model: fakes.generate(model.hf, prompt, fakes.greedy(40)).sequences[0].tolist())
    written = whole[len(prompt) :]
    found = loop(written)
    assert found.period == 1
    expect(page.get_by_role("status").filter(has_text="loops")).to_have_text(
        f"loops on one token since step {found.since + 1}"
    )
    generate(page, "The end", 2)
    expect(tokens(page)).to_have_count(2)
    expect(page.get_by_role("status").filter(has_text="loops")).to_have_count(0)


def test_the_lines_begin_with_the_prompt_and_a_click_selects(fresh_page):
    page = fresh_page
    expect(given(page)).to_have_count(6)
    lines = open_lines(page)
    expect(lines.locator(".pg-step-lines-x")).to_have_text("step")
    expect(lines.locator(".pg-step-lines-y")).to_have_text("bits")
    expect(lines.locator(".pg-step-lines-prompt-name")).to_have_text("prompt")
    assert page.evaluate("window.Plotly") is None
    marks = lines.locator(".pg-step-lines-mark")
    expect(marks).to_have_count(46)
    for mark, place in ((6 + 19, "Step 20:"), (2, "Prompt token 4:")):
        box = marks.nth(mark).bounding_box()
        middle = box["x"] + box["width"] / 2
        page.mouse.move(middle, box["y"])
        expect(page.locator(".pg-step-lines-said")).to_contain_text(place.lower())
        page.mouse.down()
        page.mouse.up()
        expect(title(page)).to_contain_text(place)
        expect(lines.locator(".pg-step-lines-now")).to_have_count(1)
        now = lines.locator(".pg-step-lines-now").bounding_box()
        assert now["x"] + now["width"] / 2 == pytest.approx(middle, abs=1.5)


def test_the_lines_have_a_table_and_show_tokens_as_text(page):
    lines = open_lines(page)
    page.get_by_text("The lines as a table").click()
    rows = page.get_by_role("table", name="Surprisal and entropy over the steps").get_by_role("row")
    expect(rows).to_have_count(1 + 46)
    expect(rows.nth(7)).to_contain_text("step 1·glitter")
    score(page, HOSTILE)
    expect(lines.locator(".pg-step-lines-x")).to_have_text("prompt token")
    expect(given(page)).not_to_have_count(0)
    expect(rows).to_have_count(1 + given(page).count())
    named = rows.locator(".pg-token").all_inner_texts()
    place = next(place for place, text in enumerate(named) if "<" in text)
    box = lines.locator(".pg-step-lines-mark").nth(place).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"])
    expect(page.locator(".pg-step-lines-said")).to_contain_text("<")
