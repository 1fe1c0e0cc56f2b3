"""Tests how a prompt with its examples is shown on a bare page: whole, or without room folded in the middle."""

import pytest
from playwright.sync_api import expect

from tests.browser.views import STYLED, STYLES

pytestmark = [pytest.mark.browser, pytest.mark.model]

SHOWN = """async ([built, texts, width]) => {
    const { PromptView } = await import(new URL("playground/assets/prompts/prompt_view.js", document.baseURI));
    const { Level } = await import(new URL("playground/assets/prompts/level.js", document.baseURI));
    const columns = built.map(() => ({ prompt: new PromptView((id) => texts[id], () => level.set()) }));
    const place = document.createElement("div");
    place.className = "pg-prompts-columns";
    const level = new Level(place, () => columns);
    const root = document.body.appendChild(document.createElement("div"));
    root.className = "pg-root pg-prompts";
    root.style.cssText = `width: ${width}px; --pg-count: ${built.length}`;
    place.append(...columns.map(({ prompt }) => {
        const column = document.createElement("section");
        column.append(...prompt.elements);
        return column;
    }));
    root.append(place);
    const room = { window: 999, answer_tokens: 9, largest: 500 };
    columns.forEach(({ prompt }, number) => prompt.show(built[number], room));
    level.set();
}"""
LINES = ["Classify·this·review:", "·Its·number·is·{}.", "⏎", "Sentiment:", "·Positive", "⏎⏎"]


@pytest.fixture
def shown(bare_page):
    """A function that shows prompts with numbers of examples beside each other, in a given width."""

    def show(*shots: int, width: int):
        texts = [line.format(number + 1) for number in range(max(shots) + 1) for line in LINES]
        columns = []
        for count in shots:
            parts = [{"kind": "example", "example": number, "tokens": len(LINES)} for number in range(count)]
            ids = list(range(len(LINES) * count + 4))
            parts.append({"kind": "input", "example": -1, "tokens": 4})
            columns.append({"parts": parts, "ids": ids, "left_out": [], "shots": list(range(count))})
        bare_page.evaluate(STYLED, STYLES)
        bare_page.evaluate(SHOWN, [columns, texts, width])
        return bare_page.get_by_role("group", name="The prompt as the model reads it")

    return show


def is_in_view(prompt, words: str) -> bool:
    box, around = prompt.get_by_text(words).bounding_box(), prompt.bounding_box()
    return around["y"] <= box["y"] and box["y"] + box["height"] <= around["y"] + around["height"]


def test_all_examples_are_in_view_where_there_is_room_and_the_prompts_are_equally_high(shown):
    prompts = shown(0, 1, 4, width=900)
    for number in range(1, 6):
        assert is_in_view(prompts.nth(2), f"number·is·{number}.")
    expect(prompts.nth(2).get_by_role("button")).to_have_count(0)
    assert len({prompt.bounding_box()["height"] for prompt in prompts.all()}) == 1


def test_many_examples_are_folded_between_the_first_and_the_last(shown):
    prompts = shown(4, 8, width=900)
    few, many = prompts.nth(0), prompts.nth(1)
    unfold = many.get_by_role("button", name="Show examples 2 to 7")
    for number in (1, 8, 9):
        assert is_in_view(many, f"number·is·{number}."), "the first and the last example, and the input"
    expect(many.get_by_text("number·is·4.")).to_be_hidden()
    expect(few.get_by_text("number·is·3.")).to_be_visible()
    unfold.press("Enter")
    fold = many.get_by_role("button", name="Fold examples 2 to 7")
    expect(fold).to_be_focused()
    for number in range(1, 10):
        assert is_in_view(many, f"number·is·{number}.")
    assert few.bounding_box()["height"] == many.bounding_box()["height"]
    fold.press("Enter")
    expect(many.get_by_text("number·is·4.")).to_be_hidden()


def test_the_folds_follow_the_width(shown, bare_page):
    prompt = shown(4, width=900)
    expect(prompt.get_by_role("button")).to_have_count(0)
    bare_page.evaluate("document.querySelector('.pg-prompts').style.width = '130px'")
    expect(prompt.get_by_role("button", name="Show examples 2 to 3")).to_be_visible()
    bare_page.evaluate("document.querySelector('.pg-prompts').style.width = '900px'")
    expect(prompt.get_by_role("button")).to_have_count(0)
