"""Tests conversations: the editor, what the model reads of it, a refusal, a link, the next turn, reasoning."""

import json
from collections.abc import Iterator
from itertools import accumulate
from urllib.parse import unquote_plus

import pytest
from playwright.sync_api import Locator, Page, expect

from playground.models.language_model import LanguageModel
from tests import fakes
from tests.browser.conftest import Site, served
from tests.browser.test_axe import found_by_axe
from tests.browser.visitor import bars, ending, open_view, set_number, strip, tokens, unfold, wait_until_kept
from tests.test_chat_template import THINKING

pytestmark = pytest.mark.browser

ALTERNATING = (
    "{%- for message in messages[1:] %}{% if message.role == messages[loop.index0].role %}"
    "{{- raise_exception('Roles must alternate.') }}{% endif %}{% endfor %}"
)
WITH_CALLS = """(message.content or '') }}
    {%- for call in message.tool_calls or [] %}{{- call.function.name + call.function.arguments | tojson }}{% endfor %}
    {{- '\\n'"""
THOUGHT = "x<think>yz</think>"


@pytest.fixture(scope="module")
def chat_site(tiny_models) -> Iterator[Site]:
    """Serves a tiny model whose template has switches, writes calls of tools, and wants the roles to alternate."""
    tokenizer = fakes.byte_level_tokenizer()
    tokenizer.chat_template = ALTERNATING + THINKING.replace("message.content + '\\n'", WITH_CALLS)
    model = LanguageModel(tiny_models["llama"], tokenizer, "tiny")
    model.eos_token_ids = frozenset()
    with served(model) as site:
        yield site


@pytest.fixture
def page(chromium, chat_site) -> Iterator[Page]:
    """A visitor who has switched the chat template on. The test fails on an error in the console."""
    faults = []
    with chromium.new_page(viewport={"width": 1440, "height": 900}) as page:
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(chat_site.url)
        expect(bars(page)).not_to_have_count(0)
        page.locator(".sidebar").get_by_label("Chat template").check()
        yield page
    assert faults == []


def top_of(part: Locator) -> float:
    """Returns how far a part's top is below the top of the document, in CSS pixels, wherever the page is scrolled."""
    return part.evaluate("(part) => part.getBoundingClientRect().top + scrollY")


def editor(page: Page):
    return page.get_by_role("region", name="Conversation")


def add_turns(page: Page, *texts: str) -> None:
    for place, written in enumerate(texts, start=1):
        editor(page).get_by_role("button", name="Add a turn").press("Enter")
        field = editor(page).get_by_label(f"Text of turn {place}")
        expect(field).to_be_focused()
        field.fill(written)


def system_text(page: Page):
    """Returns the field of the system text, which is folded until it is used."""
    link = editor(page).get_by_role("button", name="System text")
    if link.is_visible():
        link.click()
    return editor(page).get_by_label("System text")


def switch(page: Page, name: str):
    """Returns the field of a switch of the template. The switches are folded at first."""
    link = editor(page).get_by_role("button", name="Switches")
    if link.get_attribute("aria-expanded") == "false":
        link.click()
    return editor(page).get_by_label(name)


def as_read(page: Page):
    return page.get_by_role("group", name="As the model reads it", exact=True)


def prompt(page: Page):
    return page.get_by_label("Prompt", exact=True)


def test_the_model_reads_what_stands_in_the_editor(page):
    prompt(page).fill("c")
    unfold(page, "The prompt as the model reads it")
    system_text(page).fill("s")
    add_turns(page, "a", "b")
    expect(as_read(page)).to_have_text("<system>s⏎<user>a⏎<assistant>b⏎<user>c⏎<assistant>")
    switch(page, "enable_thinking").select_option("false")
    expect(as_read(page)).to_contain_text("<assistant><think>⏎⏎</think>⏎⏎")
    switch(page, "tools").fill('[{"n": 1}]')
    expect(as_read(page)).to_contain_text('[tools]{"n":·1}⏎<system>s⏎')
    page.get_by_role("button", name="Generate").click()
    expect(page.locator(".pg-strip-prompt")).to_contain_text("<user>c⏎<assistant><think>")
    expect(ending(page)).to_be_visible()
    expect(page.get_by_text("Step extends this text.")).to_be_hidden()
    editor(page).get_by_label("Text of turn 1").fill("d")
    expect(page.get_by_text("Step extends this text.")).to_be_visible()
    editor(page).get_by_role("button", name="Remove turn 1").press("Enter")
    expect(editor(page).get_by_role("button", name="Remove turn 1")).to_be_focused()
    expect(as_read(page)).to_contain_text("<system>s⏎<assistant>b⏎<user>c")


def test_a_refusal_stands_beside_the_turns_and_nothing_is_lost(page):
    prompt(page).fill("c")
    add_turns(page, "a")
    refusal = page.locator("#pg-refusal").get_by_text(
        "Roles must alternate. Two turns of the user follow each other: 'a' and 'c'. Join them"
    )
    expect(refusal).to_be_visible()
    before = strip(page).inner_text()
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#pg-decode").get_by_text("Two turns of the user follow each other")).to_be_visible()
    assert strip(page).inner_text() == before
    expect(editor(page).get_by_label("Text of turn 1")).to_have_value("a")
    editor(page).get_by_label("Who speaks in turn 1").select_option("assistant")
    expect(refusal).to_be_hidden()
    switch(page, "tools").fill("[{")
    expect(page.get_by_text("tools is '[{'. Write JSON")).to_be_visible()
    page.locator(".sidebar").get_by_label("Chat template").uncheck()
    expect(editor(page)).to_be_hidden()
    expect(page.get_by_text("tools is '[{'. Write JSON")).to_be_hidden()
    page.locator(".sidebar").get_by_label("Chat template").check()
    expect(editor(page).get_by_label("tools")).to_have_value("[{")
    expect(editor(page).get_by_label("Text of turn 1")).to_have_value("a")


def test_a_link_and_a_reload_bring_the_conversation_back(page, chromium, chat_site):
    prompt(page).fill("c")
    system_text(page).fill("s")
    add_turns(page, "a", "b")
    switch(page, "enable_thinking").select_option("false")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator(".pg-strip-prompt")).to_contain_text("<user>c⏎<assistant><think>")
    expect(ending(page)).to_be_visible()
    written = tokens(page).all_inner_texts()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=chat_site.url)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Link copied.")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert '"enable_thinking":"false"' in unquote_plus(link)
    with chromium.new_page() as other:
        other.goto(link)
        expect(tokens(other)).to_have_text(written)
        expect(ending(other)).to_be_visible()
        for one in (other, page):
            if one is page:
                one.reload()
            expect(prompt(one)).to_have_value("c")
            expect(editor(one).get_by_label("System text")).to_have_value("s")
            expect(editor(one).get_by_label("Text of turn 2")).to_have_value("b")
            expect(editor(one).get_by_label("Who speaks in turn 2")).to_have_value("assistant")
            expect(editor(one).get_by_label("enable_thinking")).to_have_value("false")
    expect(tokens(page)).to_have_text(written)
    editor(page).get_by_role("button", name="Continue the conversation").click()  # the kept text has its conversation
    expect(editor(page).get_by_label("Text of turn 3")).to_have_value("c")
    expect(editor(page).get_by_label("Who speaks in turn 4")).to_have_value("assistant")


def test_axe_finds_nothing_in_the_editor(page):
    add_turns(page, "a", "b")
    unfold(page, "The prompt as the model reads it")
    expect(as_read(page)).to_contain_text("<user>a")
    found = found_by_axe(page)
    assert found == {name: [] for name in found}


def test_a_plain_prompt_has_no_editor(page):
    page.locator(".sidebar").get_by_label("Chat template").uncheck()
    expect(editor(page)).to_be_hidden()
    reading, presets = page.locator("#pg-reading-row").bounding_box(), page.locator("#pg-templated").bounding_box()
    assert presets["y"] - reading["y"] - reading["height"] <= 10, "nothing stands between them"
    open_view(page, "Beams")
    page.locator(".sidebar").get_by_label("Chat template").check()
    expect(editor(page)).to_be_visible()


def test_the_answer_becomes_the_assistants_turn(page):
    prompt(page).fill("a")
    editor(page).get_by_role("button", name="Continue the conversation").click()
    notice = page.locator("#pg-decode").get_by_text("is not the answer in a conversation. Press Generate")
    expect(notice).to_be_visible()
    switch(page, "enable_thinking").select_option("false")
    set_number(page, "Max new tokens", "3")
    page.get_by_role("button", name="Generate").click()
    expect(tokens(page)).to_have_count(3)
    expect(ending(page)).to_be_visible()
    tokens(page).first.click()
    page.get_by_placeholder("any text").fill("xyz")
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(tokens(page)).to_have_text(["x", "y", "z"])
    editor(page).get_by_role("button", name="Continue the conversation").press("Enter")
    expect(prompt(page)).to_be_focused()
    expect(prompt(page)).to_have_value("")
    expect(editor(page).get_by_label("Text of turn 1")).to_have_value("a")
    expect(editor(page).get_by_label("Who speaks in turn 2")).to_have_value("assistant")
    expect(editor(page).get_by_label("Text of turn 2")).to_have_value("xyz")
    expect(editor(page).get_by_label("enable_thinking")).to_have_value("false")
    expect(page.locator("#pg-refusal")).to_contain_text("Write what the user says into the Prompt field.")
    prompt(page).fill("b")
    expect(page.locator("#pg-refusal")).to_be_hidden()
    unfold(page, "The prompt as the model reads it")
    expect(as_read(page)).to_contain_text("<user>a⏎<assistant>xyz⏎<user>b⏎<assistant>")
    open_view(page, "Beams")
    expect(editor(page)).to_be_visible()
    expect(editor(page).get_by_role("button", name="Continue the conversation")).to_be_hidden()


def test_a_block_of_reasoning_is_folded_and_opens_for_a_step_inside_it(page):
    prompt(page).fill("a")
    set_number(page, "Max new tokens", "20")
    page.get_by_role("button", name="Generate").click()
    expect(tokens(page)).to_have_count(20)
    expect(ending(page)).to_be_visible()
    fold = page.get_by_role("button", name="Fold reasoning")
    expect(fold).to_be_hidden()
    tokens(page).first.click()
    places = [top_of(bars(page).first)]
    page.get_by_placeholder("any text").fill(THOUGHT)
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(fold).to_be_visible()
    expect(tokens(page)).to_have_count(20)
    expect(ending(page)).to_be_visible()
    chips = tokens(page).all_inner_texts()
    first, last = chips.index("<"), list(accumulate(map(len, chips))).index(len(THOUGHT))
    assert "".join(chips[: last + 1]) == THOUGHT
    tokens(page).first.click()
    fold.press("Enter")
    expect(fold).to_have_attribute("aria-pressed", "true")
    expect(tokens(page)).to_have_count(20 - (last - first - 1))
    places.append(top_of(bars(page).first))
    assert places[0] == places[1], "the button adds no row"
    expect(tokens(page).nth(first)).to_have_attribute("data-folded", f"⋯ {last - first - 1} tokens of reasoning ⋯")
    strip(page).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text(f"step {last + 1} of 20")).to_be_visible()
    expect(fold).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Home")
    page.get_by_role("button", name="Play").click()  # it comes to a step inside the block
    expect(fold).to_have_attribute("aria-pressed", "false")
    expect(tokens(page)).to_have_count(20)
    page.get_by_role("button", name="Pause").click()


ANSWERED = [("user", "a"), ("assistant", "b"), ("user", "two words,\nagain"), ("assistant", "xyz")]


def write_conversation(page: Page) -> None:
    """Writes a text that answers a conversation, and a fork of it that answers xyz."""
    system_text(page).fill("s")
    add_turns(page, "a", "b")
    switch(page, "enable_thinking").select_option("false")
    prompt(page).fill("two words,\nagain")
    set_number(page, "Max new tokens", "3")
    page.get_by_role("button", name="Generate").click()
    expect(tokens(page)).to_have_count(3)
    expect(ending(page)).to_be_visible()
    tokens(page).first.click()
    page.get_by_placeholder("any text").fill("xyz")
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(tokens(page)).to_have_text(["x", "y", "z"])
    expect(ending(page)).to_be_visible()


def expect_conversation(page: Page, *turns: tuple[str, str]) -> None:
    expect(editor(page).get_by_label("System text")).to_have_value("s")
    expect(editor(page).get_by_label("enable_thinking")).to_have_value("false")
    expect(editor(page).get_by_role("button", name="Switches (1)", exact=True)).to_be_visible()
    expect(editor(page).get_by_role("listitem")).to_have_count(len(turns))
    for place, (role, content) in enumerate(turns, start=1):
        expect(editor(page).get_by_label(f"Who speaks in turn {place}", exact=True)).to_have_value(role)
        expect(editor(page).get_by_label(f"Text of turn {place}", exact=True)).to_have_value(content)


def test_a_file_brings_its_conversation_into_the_editor(page, chromium, chat_site, tmp_path):
    write_conversation(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
        page.get_by_role("menuitem", name="Trace, light (JSON)").click()
    download.value.save_as(tmp_path / "trace.json.gz")
    read = page.locator(".pg-strip-prompt").text_content()
    with chromium.new_page() as other:
        other.goto(chat_site.url)
        expect(bars(other)).not_to_have_count(0)
        for opened in ("first", "again"):
            other.get_by_label("Trace file").set_input_files(tmp_path / "trace.json.gz")
            expect(tokens(other)).to_have_text(["x", "y", "z"])
            expect(other.locator(".sidebar").get_by_label("Chat template")).to_be_checked()
            expect(prompt(other)).to_have_value("two words,\nagain")
            expect_conversation(other, *ANSWERED[:2])
            if opened == "first":  # the text that Generate writes has the same prompt
                other.get_by_role("button", name="Generate").click()
                expect(other.get_by_role("list", name="Branches").get_by_role("listitem")).to_have_count(2)
                expect(ending(other)).to_be_visible()
                expect(other.locator(".pg-strip-prompt")).to_have_text(read)
        editor(other).get_by_role("button", name="Continue the conversation").click()
        expect(prompt(other)).to_have_value("")
        expect_conversation(other, *ANSWERED)


def test_a_text_is_named_by_the_users_last_turn(page):
    write_conversation(page)
    branches = page.get_by_role("list", name="Branches")
    expect(branches.get_by_role("button", name="2 two words, again", exact=True)).to_be_visible()
    expect(branches.get_by_role("listitem").last).to_have_text("↳ 3 step 1: xyz")
    page.get_by_role("button", name="Branches ▾").click()
    expect(page.get_by_label("Name of branch 2")).to_have_value("two words, again")


def test_turns_changed_by_hand_are_replaced_and_come_back(page):
    write_conversation(page)
    replaced = editor(page).get_by_text("Your text was replaced.")
    editor(page).get_by_role("button", name="Continue the conversation").click()
    expect_conversation(page, *ANSWERED)
    expect(replaced).to_be_hidden()  # what was written is in the turns
    editor(page).get_by_label("Text of turn 1").fill("changed")
    prompt(page).fill("next")
    editor(page).get_by_role("button", name="Continue the conversation").click()
    expect_conversation(page, *ANSWERED)
    expect(prompt(page)).to_have_value("next")
    expect(replaced).to_be_visible()
    back = editor(page).get_by_role("button", name="Bring it back")
    back.click()
    expect_conversation(page, ("user", "changed"), *ANSWERED[1:])
    expect(prompt(page)).to_have_value("next")
    unfold(page, "The prompt as the model reads it")
    expect(as_read(page)).to_contain_text("<user>changed⏎")
    back.click()
    expect_conversation(page, *ANSWERED)
    expect(as_read(page)).to_contain_text("<user>a⏎")


def test_calls_of_tools_are_turns_of_json(page, chromium, chat_site):
    prompt(page).fill("c")
    add_turns(page, "a", "")
    editor(page).get_by_label("Who speaks in turn 2").select_option("message as JSON")
    turn = editor(page).get_by_label("Text of turn 2")
    call = json.loads(turn.input_value())
    assert (call["role"], call["tool_calls"][0]["function"]) == ("assistant", {"name": "", "arguments": {}})
    turn.fill("{")
    expect(page.locator("#pg-refusal")).to_contain_text("Message 2 is '{', which is not JSON. Write an object")
    call["tool_calls"][0]["function"] = {"name": "now", "arguments": {"zone": "x"}}
    turn.fill(json.dumps(call))
    expect(page.locator("#pg-refusal")).to_be_hidden()
    editor(page).get_by_role("button", name="Add a turn").click()
    expect(editor(page).get_by_label("Who speaks in turn 3")).to_have_value("tool")
    editor(page).get_by_label("Text of turn 3").fill("12")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator(".pg-strip-prompt")).to_have_text(
        '<user>a⏎<assistant>now{"zone":·"x"}⏎<tool>12⏎<user>c⏎<assistant>', use_inner_text=False
    )
    expect(ending(page)).to_be_visible()  # of the new text: the step in view is its own
    expect(page.get_by_text("Step extends this text.")).to_be_hidden()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=chat_site.url)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Link copied.")).to_be_visible()
    with chromium.new_page() as other:
        other.goto(page.evaluate("navigator.clipboard.readText()"))
        expect(editor(other).get_by_label("Who speaks in turn 2")).to_have_value("json")
        assert json.loads(editor(other).get_by_label("Text of turn 2").input_value()) == call
        expect(ending(other)).to_be_visible()
        expect(other.get_by_text("Step extends this text.")).to_be_hidden()
    editor(page).get_by_label("Who speaks in turn 2").select_option("assistant")
    assert json.loads(turn.input_value()) == call, "nothing is lost"


def test_parts_of_the_editor_do_not_squeeze_each_other(page):
    system_text(page).fill("s")
    add_turns(page, *"abcdef")
    heights = editor(page).get_by_role("textbox").evaluate_all("(all) => all.map((one) => one.offsetHeight)")
    assert len(set(heights)) == 1
    newest = editor(page).get_by_label("Text of turn 6")
    expect(newest).to_be_in_viewport()
    wait_until_kept(page, '"content":"f"')
    page.reload()
    expect(newest).to_have_value("f")
    expect(newest).to_be_in_viewport()
