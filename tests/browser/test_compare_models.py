"""Tests the tab Compare models in Chromium, on tiny models of which two have one vocabulary."""

import math
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from playground import command_line
from playground.engine.engine import Engine
from playground.traces.store import TraceStore
from tests import fakes
from tests.browser.dress import SIZES, dress
from tests.browser.dress import size as resize
from tests.browser.seats import IDLE
from tests.browser.serving import build, serving, watched
from tests.browser.test_axe import AXE, COLOURS, LEVELS, UNFOLD, load_axe
from tests.browser.visitor import lock, open_view, say, set_number, tokens
from tests.shelf import BROKEN, paced_shelf

pytestmark = pytest.mark.browser

LOOK = (Path(__file__).parent / "look.js").read_text("utf-8")
NEW_TOKENS = 8
SAID = "{% for turn in messages %}{{ turn.role[0] }}: {{ turn.content }} {% endfor %}"
TEMPLATES = {"one": SAID, "two": SAID.replace(":", ">")}
"""Templates of two models. The others have none."""


@pytest.fixture(scope="module")
def several(tiny_models):
    """The address of a server with several models, and the models."""
    with paced_shelf(tiny_models) as (engines, models), ThreadPoolExecutor(1) as thread:
        for model in models.values():
            model.eos_token_ids = frozenset()
        for name, template in TEMPLATES.items():
            models[name].tokenizer.hf.chat_template = template
        asgi = thread.submit(command_line.build_app, engines, command_line.arguments([])).result()
        with serving(asgi) as url:
            yield url, models


@pytest.fixture(scope="module")
def page(chromium, several):
    """A visitor's page with the tab in view, which the tests share. They fail on an error in the console."""
    size = {"width": 1440, "height": 900}
    with chromium.new_context(viewport=size) as profile, watched(profile) as (page, errors):
        page.goto(several[0])
        open_view(page, "Models")
        set_number(page, "Max new tokens", str(NEW_TOKENS))
        yield page
        assert [error for error in errors if "scores?model=broken" not in error] == []


@pytest.fixture
def compared(page):
    """The tab with the texts of "one", "two" and "three"."""
    resize(page, "laptop")
    open_view(page, "Models")
    run(page, "one", "two", "three")
    return page.locator("#pg-compare-models")


def run(page: Page, *names: str) -> None:
    tab = page.locator("#pg-compare-models")
    for name in ("one", "two", "three", "broken"):
        tab.get_by_role("checkbox", name=re.compile(rf"^{name} ")).set_checked(name in names)
    tab.get_by_role("button", name="Run").click()
    expect(tab.get_by_text("running", exact=True)).to_have_count(0)
    expect(columns(page)).to_have_count(len(names))


def columns(page: Page):
    return page.locator("#pg-compare-models .pg-prompts-column")


def headings(page: Page):
    return page.locator("#pg-compare-models .pg-prompts-glance-head strong")


def measures(page: Page):
    return page.locator("#pg-compare-models .pg-models-measures")


def test_the_step_in_view_is_the_same_in_all_columns(compared, page):
    for column, name in zip(columns(page).all(), ("one", "two", "three"), strict=True):
        expect(column.get_by_role("heading")).to_contain_text(name)
        expect(column).to_contain_text(re.compile(r"1 k parameters · float32 · prompt \d+ tokens · .+ tokens/s"))
        expect(column.get_by_role("option").filter(has_not=page.locator(".pg-bar"))).not_to_have_count(0)
        expect(column.locator(".pg-prompts-answer .pg-token")).to_have_count(NEW_TOKENS)
        expect(column).to_contain_text("ended at the limit of new tokens")
        expect(column).to_contain_text(re.compile(r"entropy \d+\.\d bits"))
    columns(page).nth(2).locator(".pg-prompts-answer .pg-token").nth(3).click()
    expect(headings(page)).to_have_text(["Step 4"] * 3)
    page.keyboard.press("ArrowRight")
    expect(headings(page)).to_have_text(["Step 5"] * 3)
    expect(compared.get_by_role("heading", name="The next token at step 5, in both models")).to_be_visible()
    described = page.locator("#pg-compare-models .pg-prompts-columns")
    expect(described).to_have_accessible_description(re.compile("At step 5 .+ most probable"))
    expect(page.locator("#pg-compare-models .pg-prompts-answer [aria-selected=true]")).to_have_count(3)


def test_columns_are_drawn_again_when_the_server_has_told_the_ids_of_words(compared, page):
    told = page.locator("#pg-compare-models .pg-prompts-told")
    say(page, temperature=1, top_k=0, top_p=1)
    expect(told.filter(has_text=re.compile(r"leave all \d+ tokens"))).to_have_count(3)
    say(page, bad_words=["a"])
    expect(told.filter(has_text=re.compile(r"leave \d+ of \d+ tokens and remove"))).to_have_count(3)
    kind, rows = compared.get_by_label("Which probabilities"), compared.locator(".pg-models-table tbody tr")
    kind.select_option("under the settings")
    say(page, bad_words=[], logit_bias=[["a", 80]])
    expect(rows.first).to_have_text(re.compile(r"^a.*100 %.*100 %"))
    kind.select_option("the models' own")
    say(page, logit_bias=[])
    expect(told.filter(has_text=re.compile(r"leave all \d+ tokens"))).to_have_count(3)
    say(page, temperature=0.8, top_k=40, top_p=0.9)


def test_two_models_of_one_vocabulary_are_compared_by_id(compared, page):
    expect(compared).to_contain_text("Both models have read the same text here.")
    expect(measures(page)).to_have_text(
        re.compile(
            r"^KL\(1‖2\) .+ bits · KL\(2‖1\) .+ bits · total variation .+ % · \d+ of the 10 most probable tokens"
        )
    )
    table = compared.get_by_role("table", name=re.compile("The most probable tokens of both models"))
    shares = [float(cell.split()[-2].strip("<")) for cell in table.locator("td").all_inner_texts()]
    assert 10 <= len(shares) / 2 <= 20
    assert max(shares) > 0
    expect(compared).to_contain_text(
        re.compile(r"They part after .+: the same u = 0\.\d{3} falls on “.+” under 1 \(.+ %; under 2 it has .+ %\)")
    )
    expect(compared.locator(".pg-luck-u")).to_have_count(2)
    expect(compared.locator(".pg-ribbon-band .pg-drawn")).to_have_count(2)


def test_the_distances_are_those_of_the_distributions_that_plain_forwards_give(compared, page, several):
    _, models = several
    columns(page).nth(0).locator(".pg-prompts-answer .pg-token").first.click()
    expect(measures(page)).to_contain_text("KL")
    ids = models["one"].tokenizer.encode(page.get_by_label("Prompt", exact=True).input_value())
    rows = [fakes.full_forward(models[name].hf, ids)[0][-1].double().log_softmax(-1) for name in ("one", "two")]
    kl = [float((p.exp() * (p - q)).sum()) / math.log(2) for p, q in (rows, rows[::-1])]
    variation = 50 * float((rows[0].exp() - rows[1].exp()).abs().sum())
    same = len(set(rows[0].topk(10).indices.tolist()) & set(rows[1].topk(10).indices.tolist()))
    told = [float(number) for number in re.findall(r"\d+(?:\.\d+)?(?= bits| %| of the)", measures(page).inner_text())]
    assert told == [
        pytest.approx(kl[0], abs=0.006),
        pytest.approx(kl[1], abs=0.006),
        pytest.approx(variation, abs=0.06),
        same,
    ]


def test_two_models_of_different_vocabularies_are_compared_by_text(compared, page):
    compared.get_by_label("Second model", exact=True).select_option("3 three")
    expect(measures(page)).to_have_text(re.compile(r"^total variation .+ % · \d+ of the 10 most probable tokens"))
    expect(compared).to_contain_text("Their vocabularies differ, so tokens are matched by their texts")
    compared.get_by_label("Second model", exact=True).select_option("1 one")
    expect(compared).to_contain_text("Choose two different models.")
    compared.get_by_label("Second model", exact=True).select_option("2 two")
    expect(measures(page)).to_contain_text("KL")


def test_a_model_that_cannot_be_loaded_says_so_in_its_column(page):
    open_view(page, "Models")
    run(page, "one", "broken")
    expect(columns(page).nth(0).locator(".pg-prompts-answer .pg-token")).to_have_count(NEW_TOKENS)
    expect(columns(page).nth(1).get_by_role("alert")).to_have_text(BROKEN)
    expect(page.get_by_role("region", name="Two of the models compared")).to_have_count(0)


def test_a_text_is_scored_with_two_models(compared, page):
    compared.get_by_label("Second model of the scores").select_option("three")
    compared.get_by_role("button", name="Take the text of the first model").click()
    expect(compared.get_by_label("Text to score")).to_have_value(re.compile("^At night the sky is full of."))
    compared.get_by_label("Text to score").fill("the one on the hill, the ☃")
    compared.get_by_role("button", name="Score").click()
    totals = compared.get_by_role("table", name="How surprised each model is by the whole text")
    expect(totals.get_by_role("row")).to_have_count(3)
    expect(
        compared.get_by_role("table", name="The pieces on which the two models differ most").get_by_role("row")
    ).to_have_count(11)
    pieces = compared.locator(".pg-models-text .pg-token").all_inner_texts()
    assert "".join(pieces) == "the·one·on·the·hill,·the·☃"
    compared.get_by_text(re.compile(r"^All \d+ pieces$")).click()
    every = compared.get_by_role("table", name="All pieces of the text")
    cells = [row.locator("td").all_inner_texts() for row in every.locator("tbody tr").all()]
    for side, row in enumerate(totals.locator("tbody tr").all()):
        told = float(row.locator("td").nth(1).inner_text())
        assert sum(float(cell[side]) for cell in cells if cell[side] != "–") == pytest.approx(
            told, abs=0.05 * len(cells)
        )


def test_a_text_that_one_model_cannot_score_is_refused_with_its_name(compared):
    compared.get_by_label("Second model of the scores").select_option("broken")
    compared.get_by_label("Text to score").fill("the one")
    compared.get_by_role("button", name="Score").click()
    expect(compared.get_by_role("alert").filter(has_text="broken: ")).to_have_text(f"broken: {BROKEN}")


def test_a_text_opens_in_decode(compared, page):
    column = columns(page).nth(1)
    written = column.locator(".pg-prompts-answer .pg-token").all_inner_texts()
    column.get_by_role("button", name="Open in Decode").click()
    expect(page.get_by_role("tab", name="Decode")).to_have_attribute("aria-selected", "true")
    expect(tokens(page)).to_have_text(written)
    open_view(page, "Models")


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_cut(compared, page, size):
    compared.get_by_label("Text to score").fill("the one on the hill")
    compared.get_by_label("Second model of the scores").select_option("three")
    compared.get_by_role("button", name="Score").click()
    expect(compared.get_by_role("table", name="How surprised each model is by the whole text")).to_be_visible()
    resize(page, size)
    found = {}
    for scheme, type_size in [("light", "normal"), ("dark", "large"), ("light", "spaced")]:
        dress(page, scheme, type_size)
        page.evaluate(IDLE)
        for fault in page.evaluate(LOOK, "#pg-compare-models"):
            found.setdefault(fault, []).append(f"{scheme}, {type_size}")
    dress(page)
    assert found == {}


def test_axe_finds_nothing(compared, page):
    compared.get_by_label("Text to score").fill("the one on the hill")
    compared.get_by_label("Second model of the scores").select_option("three")
    compared.get_by_role("button", name="Score").click()
    expect(compared.get_by_role("table", name="How surprised each model is by the whole text")).to_be_visible()
    page.evaluate(UNFOLD)
    load_axe(page)
    found = {}
    for scheme, rules in [("light", {"runOnly": LEVELS}), ("dark", COLOURS)]:
        dress(page, scheme)
        found[scheme] = page.evaluate(AXE, rules)
    dress(page)
    assert found == {"light": [], "dark": []}


@pytest.fixture
def visitors(chromium, several):
    """Opens further pages, each of a visitor with nothing stored. They fail on an error in the console."""
    with ExitStack() as stack:

        def visit(address: str = several[0]) -> Page:
            profile = stack.enter_context(chromium.new_context(viewport={"width": 1440, "height": 900}))
            profile.grant_permissions(["clipboard-read", "clipboard-write"])
            page, errors = stack.enter_context(watched(profile))
            stack.callback(lambda: pytest.fail(str(errors)) if errors else None)
            page.goto(address)
            return page

        yield visit


def bring(page: Page, form: str, column: int) -> None:
    """Opens Compare models with the prompt of a column of Compare prompts."""
    open_view(page, "Prompts")
    prompts = page.locator("#pg-prompts")
    prompts.get_by_label("Format").select_option(form)
    button = prompts.get_by_role("button", name="Run it on several models").nth(column)
    expect(button).to_have_attribute("aria-disabled", "false")
    button.click()
    expect(page.get_by_role("tab", name="Models")).to_have_attribute("aria-selected", "true")


def test_a_prompt_of_compare_prompts_is_brought_with_its_stop_string(visitors, several):
    page = visitors()
    set_number(page, "Max new tokens", str(NEW_TOKENS))
    bring(page, "plain", 0)
    prompt = "Classify this review: A dull film that goes nowhere.\nSentiment:"
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(prompt)
    tab = page.locator("#pg-compare-models")
    expect(tab.get_by_label("Stop string")).to_have_value("\\n\\n")
    expect(tab).to_contain_text("The prompt of Zero-shot is in the sidebar. Press Run.")
    run(page, "one", "two")
    size = len(several[1]["one"].tokenizer.encode(prompt))
    expect(tab.locator(".pg-models-facts").filter(has_text=f"prompt {size} tokens")).to_have_count(2)


def test_a_chat_is_brought_as_turns_which_each_model_reads_through_its_own_template(visitors, several):
    page = visitors()
    set_number(page, "Max new tokens", str(NEW_TOKENS))
    bring(page, "turn", 0)
    expect(page.get_by_role("checkbox", name="Chat template")).to_be_checked()
    tab = page.locator("#pg-compare-models")
    expect(tab).to_contain_text("as a conversation. Each model reads it through its own chat template. Press Run.")
    run(page, "one", "two", "three")
    expect(columns(page).nth(2).get_by_role("alert")).to_contain_text("three has no chat template")
    for number, sign in enumerate(":>"):
        columns(page).nth(number).get_by_role("button", name="Open in Decode").click()
        expect(page.locator(".pg-strip-prompt")).to_contain_text(f"u{sign}")
        open_view(page, "Models")


def test_a_link_opens_the_same_texts_for_another_visitor(visitors):
    page = visitors()
    open_view(page, "Models")
    tab = page.locator("#pg-compare-models")
    expect(tab.get_by_role("button", name="Copy link")).to_have_attribute("aria-disabled", "true")
    page.get_by_label("Prompt", exact=True).fill("the one on the hill")
    set_number(page, "Max new tokens", "4")
    set_number(page, "Temperature", "1.3")
    tab.get_by_label("Stop string").fill("\\n\\n")
    run(page, "one", "three")
    texts = tab.locator(".pg-prompts-answer").all_inner_texts()
    tab.get_by_role("button", name="Copy link").click()
    expect(tab.get_by_text("The link is copied.")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert "#models=" in link

    other = visitors(link)
    opened = other.locator("#pg-compare-models")
    expect(opened.locator(".pg-prompts-answer .pg-token")).to_have_count(8)
    assert opened.locator(".pg-prompts-answer").all_inner_texts() == texts
    expect(other.get_by_label("Prompt", exact=True)).to_have_value("the one on the hill")
    expect(other.get_by_role("spinbutton", name="Temperature")).to_have_value("1.3")
    expect(lock(other)).to_have_attribute("aria-pressed", "true")
    expect(opened.get_by_label("Stop string")).to_have_value("\\n\\n")
    assert [box.is_checked() for box in opened.get_by_role("checkbox").all()] == [True, False, True, False]

    for change, sentence, checked in (
        ({"models": ["gone", "two", "one"]}, "The link also names 'gone', which this server does not offer.", 2),
        ({"models": ["gone", "two"]}, "The link also names 'gone', which this server does not offer.", 1),
        ({"settings": {"temperature": -1}}, "temperature is -1, which is out of range", 1),
    ):
        follow(other, change)
        expect(opened.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
        expect(opened.get_by_role("checkbox", checked=True)).to_have_count(checked)
    expect(opened).to_contain_text("Choose 1 more model.")


def follow(page: Page, change: dict) -> None:
    """Follows the link in the page's address with some values changed."""
    page.evaluate(
        """async (change) => {
          const address = new URL("playground/assets/compare_models/link.js", document.baseURI);
          const { linked, linkTo } = await import(address);
          location.hash = new URL(await linkTo({ ...(await linked()), ...change })).hash;
        }""",
        change,
    )


def test_a_server_with_one_model_says_how_to_get_a_second_one(chromium, llama):
    engine = Engine(llama, TraceStore(50_000_000)).start()
    with (
        serving(build(engine)) as url,
        chromium.new_context() as profile,
        watched(profile) as (page, errors),
    ):
        page.goto(f"{url}/?tab=compare/models")
        tab = page.locator("#pg-compare-models")
        expect(tab).to_contain_text(
            "this server has one for it, tiny. Start it with one more option: --variant bfloat16"
        )
        expect(tab.locator("pre")).to_have_text('make run ARGS="--variant bfloat16"')
        expect(page.locator(".sidebar")).to_be_hidden()
        open_view(page, "Prompts")
        expect(page.locator("#pg-prompts .pg-prompts-prompt")).to_have_count(3)
        expect(page.get_by_role("button", name="Run it on several models")).to_have_count(0)
        assert errors == []
    engine.close()
