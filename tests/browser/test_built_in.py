"""Tests a page whose server has one model of its own and the built-in ones: the picker, the words, and the loop."""

import re

import pytest
from playwright.sync_api import ConsoleMessage, Locator, Page, Route, expect

from playground.engine.request import Limits
from playground.engine.starting import Bounds, start_engines
from playground.models.built_in import BUILT_IN
from playground.models.offering import Asked, offers
from tests import adapters
from tests.browser.conftest import served_together
from tests.browser.visitor import ending, open_view, tokens

pytestmark = pytest.mark.browser

TRANSLATOR = "french-english"
FILLER = "fill-the-blank"
REFUSED = "status of 422"  # what the console says of a refusal that the page shows


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    own = tmp_path_factory.mktemp("models") / "own"
    adapters.saved("llama", own)
    made = offers(Asked([str(own)], built_in=[BUILT_IN / FILLER, BUILT_IN / TRANSLATOR], device="cpu"))
    engines = start_engines(made, Bounds(Limits(), 0, 2**26))
    with served_together(engines) as site:
        yield site.url


@pytest.fixture
def page(chromium, url):
    faults = []
    with chromium.new_page(viewport={"width": 1440, "height": 900}) as page:
        page.on("console", lambda message: is_fault(message) and faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(url)
        yield page
    assert faults == []


def is_fault(message: ConsoleMessage) -> bool:
    return message.type == "error" and REFUSED not in message.text


def choose_translator(page: Page) -> None:
    page.get_by_label("Model", exact=True).select_option(TRANSLATOR)
    expect(page.get_by_label("Text for the encoder to read")).to_be_visible()


def test_the_page_opens_with_the_servers_own_model_and_stays_calm(page, url):
    picker = page.get_by_label("Model", exact=True)
    expect(picker).to_have_value("own")
    expect(picker.locator("optgroup")).to_have_attribute("label", "Comes with the playground")
    expect(picker.locator("optgroup option")).to_have_text([re.compile(f"^{name} ") for name in (FILLER, TRANSLATOR)])
    expect(page.get_by_text("Generated with")).to_be_visible()
    open_view(page, "Models")
    expect(page.locator("#pg-compare-models")).to_contain_text("this server has one for it, own.")
    expect(page.locator(".sidebar")).to_be_hidden()


def test_the_example_is_one_that_the_chosen_model_reads(page):
    choose_translator(page)
    prompt = page.get_by_label("Text for the encoder to read")
    expect(prompt).to_have_value("J'aime l'apprentissage automatique")
    page.get_by_label("Model", exact=True).select_option("own")
    prompt = page.get_by_label("Prompt", exact=True)
    expect(prompt).to_have_value("At night the sky is full of")
    prompt.fill("My own words")
    choose_translator(page)
    expect(page.get_by_label("Text for the encoder to read")).to_have_value("My own words")


def test_the_translation_task_offers_the_translator_and_the_way_back(page):
    page.get_by_label("Prompt", exact=True).fill("My own words")
    open_view(page, "Prompts")
    view = page.locator("#pg-prompts")
    view.get_by_label("Task", exact=True).select_option(label="Antonyms")
    expect(view.get_by_text("is trained for this task")).to_be_hidden()
    view.get_by_label("Task", exact=True).select_option(label="Translation")
    view.get_by_role("button", name=f"Translate with {TRANSLATOR}").click()
    prompt = page.get_by_label("Text for the encoder to read")
    expect(prompt).to_have_value("Le professeur aime le chat noir.")
    expect(page.get_by_text(f"{TRANSLATOR} needs no examples. Press Generate.")).to_be_visible()
    page.get_by_role("button", name="Bring back what I wrote").click()
    expect(prompt).to_have_value("My own words")
    open_view(page, "Prompts")
    view.get_by_role("button", name=f"Translate with {TRANSLATOR}").click()
    page.get_by_label("Greedy", exact=True).check()
    page.get_by_role("button", name="Generate").click()
    expect(ending(page)).to_be_visible()
    expect(tokens(page).first).to_be_visible()
    expect(page.get_by_text("needs no examples. Press Generate.")).to_have_count(0)
    open_view(page, "Prompts")
    view.get_by_role("button", name="Ask own by examples").click()
    expect(page.get_by_label("Model", exact=True)).to_have_value("own")
    expect(view.get_by_role("button", name="by examples")).to_have_count(0)


def test_three_families_read_one_sentence(page):
    open_view(page, "Families")
    view = page.locator("#pg-families")
    view.get_by_role("button", name="Run").click()
    tables = view.locator(".pg-pattern")
    expect(tables).to_have_count(4)
    expect(view.locator(".pg-family-text strong").first).to_have_text("I love machine learning.")
    expect(view.locator(".pg-hidden-guess")).to_have_count(5)  # I love machine learning .
    hatched = [table.locator("tbody [data-heat=hidden]").count() for table in tables.all()]
    rows = [table.locator("tbody tr").count() for table in tables.all()]
    assert hatched[0] == hatched[1] == 0, "an encoder's tokens see everything"
    assert hatched[2] == rows[2] * (rows[2] - 1) // 2, "a decoder's see the source, and of its own text what is before"
    assert hatched[3] == rows[3] * (rows[3] - 1) // 2, "a decoder-only model's tokens see what is before them"
    assert tables.nth(2).locator("tbody tr").first.locator("td").count() == rows[1] + rows[2]
    tables.nth(3).locator("tbody tr").first.locator("td").last.hover()
    expect(view.locator(".pg-families-legend")).to_contain_text("may not look at")
    view.get_by_label("In French").fill("J'aime les montagnes.")
    view.get_by_role("button", name="Run").click()
    expect(view.locator(".pg-family").nth(1)).to_contain_text("‘montagnes’ is not among the")


def test_sentences_of_twenty_tokens_fit_a_projector_and_longer_ones_scroll_in_their_table(page):
    page.set_viewport_size({"width": 1024, "height": 768})
    open_view(page, "Families")
    view = page.locator("#pg-families")
    view.get_by_label("Sentence").fill("Is it a cat, a dog, a car, a tea, a bed, a cup?")  # 40 tokens of the last model
    french = "Le professeur donne un grand livre aux trois étudiants, et le vieux chat dort dans la maison blanche."
    view.get_by_label("In French").fill(french)
    view.get_by_role("button", name="Run").click()
    expect(view.locator(".pg-pattern")).to_have_count(4)
    found = view.evaluate("""(view) => {
        const edge = (one, side) => one.getBoundingClientRect()[side];
        const boxes = [...view.querySelectorAll(".pg-pattern-box")];
        const names = [...view.querySelectorAll("thead th:not(.pg-pattern-last)")];
        const shown = names.filter((one) => edge(one.firstElementChild, "height") > 1);
        return {
            rows: boxes.map((one) => one.querySelectorAll("tbody tr").length),
            bottom: Math.max(...[...view.querySelectorAll(":not(table, table *)")].map((one) => edge(one, "bottom"))),
            right: Math.max(...boxes.map((one) => edge(one, "right"))),
            hidden: boxes.map((one) => one.scrollHeight - one.clientHeight),
            touching: shown.filter((one) => edge(one.firstElementChild, "width") > edge(one, "width") + 1).length,
        };
    }""")
    assert min(found["rows"][:2]) > 20
    assert found["rows"][3] == 40
    assert found["bottom"] <= 768, "the outputs and the legend are on the screen"
    assert found["right"] <= 1024
    assert found["touching"] == 0, "the names of columns stand apart, or are not shown"
    assert max(found["hidden"][:3]) <= 1, "twenty tokens need no scrolling"
    assert found["hidden"][3] > 1


def test_the_names_of_tokens_are_whole_in_the_tables_of_the_families(page):
    open_view(page, "Families")
    view = page.locator("#pg-families")
    for width, height in ((1440, 900), (1024, 768)):
        page.set_viewport_size({"width": width, "height": height})
        view.get_by_role("button", name="Run").click()
        expect(view.locator(".pg-pattern")).to_have_count(4)
        columns = view.locator(
            ".pg-family:not(:last-child) thead th:not(.pg-pattern-last) span"
        )  # the last has letters
        expect(columns.filter(has_text="apprentissage").first).to_be_visible()
        assert cut(columns, "Height") == [], "there is room for each name"
        assert cut(view.locator("tbody th, td.pg-pattern-last")) == []


def test_a_refusal_in_families_leaves_no_legend_and_a_line_end_is_a_sign(page):
    open_view(page, "Families")
    view = page.locator("#pg-families")
    legend = view.get_by_text("A row is a token that looks")
    sentence, french = view.get_by_label("Sentence"), view.get_by_label("In French")
    sentence.fill(" ")
    french.fill(" ")
    view.get_by_role("button", name="Run").click()
    expect(view.locator(".pg-family-status")).to_have_text([re.compile("is empty. Write one")] * 3)
    expect(legend).to_be_hidden()
    expect(view.get_by_text("Press Run")).to_be_visible()
    page.route("**/families*", begin_with_empty_lines)
    sentence.fill("I love cats.")
    french.fill("J'aime les chats.")
    view.get_by_role("button", name="Run").click()
    expect(legend).to_be_visible()
    expect(view.locator(".pg-family").nth(2).locator(".pg-family-text")).to_have_text(re.compile(r"^… cats\.⏎⏎Why\?"))
    view.get_by_role("button", name="⏎⏎").last.focus()
    expect(page.get_by_role("tooltip")).to_contain_text("The end of a line.")


def begin_with_empty_lines(route: Route) -> None:
    """Answers as a chat model often does, which begins its answer with two ends of lines."""
    answer = route.fetch()
    route.fulfill(response=answer, json=answer.json() | {"text": "\n\nWhy?"})


def test_words_that_the_translator_does_not_know_are_told_while_they_are_typed(page):
    choose_translator(page)
    told = page.locator("#pg-refusal")
    prompt = page.get_by_label("Text for the encoder to read")
    prompt.fill("J'aime les montagnes quantiques")
    words = len((BUILT_IN / TRANSLATOR / "words.txt").read_text("utf-8").split())
    sentence = f"‘montagnes’ and ‘quantiques’ are not among the {words:,} words that this small model knows."
    expect(told).to_have_text(sentence)
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text(f"Generated by {TRANSLATOR} with")).to_be_visible()
    expect(told).to_have_text(sentence)
    prompt.fill("J'aime les livres")
    expect(told).to_be_hidden()


def test_the_loop_follows_the_step_in_view(page):
    loop = page.locator(".pg-loop")
    expect(loop).to_have_count(0)
    choose_translator(page)
    page.get_by_label("Text for the encoder to read").fill("J'aime l'apprentissage automatique")
    page.get_by_role("button", name="Greedy", exact=True).click()
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text(f"Generated by {TRANSLATOR} with")).to_be_visible()
    expect(ending(page)).to_be_visible()
    expect(page.get_by_text("forced_eos_token (the last token that the limit allows is the end token)")).to_be_visible()
    parts = loop.locator("li strong")
    tokens(page).first.click()
    first = [
        "J'aime l'apprentissage automatique",
        "6 tokens",
        "6 × 192",
        "<pad>",
        re.compile("^·I "),
        "·I",
        "not yet",
        "I",
    ]
    expect(parts).to_have_text(first)
    tokens(page).last.click()
    end = ["·learning", re.compile("^</s> "), "</s>", "</s>", "I love machine learning"]
    expect(parts).to_have_text([*first[:3], *end])
    expect(loop.locator(".pg-unseen")).to_contain_text("It is the end token, so that the text is finished.")
    page.keyboard.press("ArrowLeft")
    expect(loop).to_contain_text("Every step, here 4 of 5")
    assert cut(loop.locator("li .pg-muted")) == [], "the names of all parts are in sight"
    seed = page.get_by_label("Seed", exact=True)
    seed.fill("888888")
    assert cut(seed) == [], "a new seed has up to six digits"


def cut(elements: Locator, side: str = "Width") -> list[str]:
    """Returns those of the elements that are narrower, or with "Height" lower, than what they hold."""
    return elements.evaluate_all(
        """(all, side) => all
        .filter((one) => one[`scroll${side}`] > one[`client${side}`]).map((one) => one.value ?? one.textContent)""",
        side,
    )


def test_why_draws_both_texts_and_patching_both_stacks(page):
    choose_translator(page)
    open_view(page, "Why")
    card = page.get_by_role("region", name="Leave one out")
    expect(card.locator(".pg-why-side")).to_have_text(
        ["the source, which the encoder reads", "what the decoder has written"]
    )
    page.locator(".pg-patch").get_by_role("button", name="Compute").click()
    expect(page.get_by_role("figure", name="What patching brings back, in the encoder")).to_be_visible()
    expect(page.locator(".pg-patch-ticks").first.locator("span")).to_have_text(["1", "2"])
    expect(page.locator(".pg-patch-numbers").first).to_contain_text("Encoder block 1 of 2, token 2 (“·chat → ·chien”)")
    expect(page.locator(".pg-patch-numbers").last).to_contain_text("Decoder block 2 of 2, token 2 (“·The”)")


def test_the_lines_of_cross_attention_say_whose_tokens_they_hold(page):
    choose_translator(page)
    open_view(page, "Attention")
    lines = page.locator("#pg-attention .pg-text-tokens:visible")
    named = "(all) => all.map((one) => getComputedStyle(one, '::before').content)"
    expect(lines).to_have_count(2)
    assert lines.evaluate_all(named) == ['"decoder"', '"source"']
    page.get_by_label("Attention of").select_option("encoder")
    expect(lines).to_have_count(1)
    assert lines.evaluate_all(named) == ['"source"']
    page.get_by_label("Attention of").select_option("self")
    expect(lines.first).to_contain_text("<pad>")
    assert lines.evaluate_all(named) == ["none"]


def test_the_names_around_a_map_neither_overlap_nor_leave_it(page):
    page.set_viewport_size({"width": 1024, "height": 768})
    choose_translator(page)
    open_view(page, "Attention")
    axes = page.locator("#pg-attention .pg-map-axes").first
    expect(axes).to_contain_text("automatique")
    over = axes.evaluate("""(axes) => {
        const drawn = [axes, axes.querySelectorAll(".pg-map-axis")[1]];
        const [picture, name] = drawn.map((one) => one.getBoundingClientRect());
        return Math.max(picture.top - name.top, name.bottom - picture.bottom);
    }""")
    assert over <= 0, "the name of the rows is longer than the rows, and stays in the picture"
    page.get_by_label("Text to look at").select_option("a text of my own")
    whole_window = "Le professeur aime le chat noir. " * 18 + "chat"  # 128 tokens
    page.get_by_label("First text").fill(whole_window)
    page.get_by_role("button", name="Read", exact=True).click()
    expect(axes).not_to_contain_text("automatique")
    expect(axes).to_contain_text("Le")
    apart, size = axes.evaluate("""(axes) => {
        const at = [...axes.querySelectorAll("[transform^='rotate(-45']")].map((one) => Number(one.getAttribute("x")));
        const gaps = at.slice(1).map((x, place) => (x - at[place]) * Math.SQRT1_2);
        return [Math.min(...gaps), parseFloat(getComputedStyle(axes).fontSize)];
    }""")
    assert apart >= size, "the names of columns, which rise by 45°, stand apart"


def test_a_head_of_the_encoder_is_switched_off(page):
    choose_translator(page)
    open_view(page, "Attention")
    page.get_by_label("Attention of").select_option("encoder")
    bar = page.get_by_role("region", name="Switch a head off")
    expect(bar).to_contain_text("See what the decoder would write after “·machine” (4) without it.")
    bar.get_by_role("button").click()
    expect(bar).to_contain_text("The most probable next token")


def test_neurons_wrote_the_next_word_of_a_translation(page):
    open_view(page, "To a word")
    layers = page.get_by_label("Layer of the neurons").locator("option")
    expect(layers).to_have_text(["all", "0", "1"])
    page.get_by_label("Model", exact=True).select_option(TRANSLATOR)
    pane = page.locator("#pg-word")
    expect(pane.get_by_role("heading", name="Neurons that wrote most for “·learning”")).to_be_visible()
    expect(pane.get_by_text("All 1,024 neurons of 2 layers together add")).to_be_visible()
    expect(pane.get_by_role("list", name="Neurons, the most important first").get_by_role("button")).to_have_count(10)
    expect(pane.locator(".pg-word-pushes").first.get_by_role("listitem").first).to_contain_text("·learning")
    expect(pane.get_by_text("cannot be told apart")).to_have_count(0)
