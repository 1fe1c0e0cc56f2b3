"""Tests the pane Picture on a page of its own: what the drawing shows, the keyboard, another position, a phone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.panes import expect_chosen, mount_pane, open_asked, style, tokens, view

pytestmark = [pytest.mark.browser, pytest.mark.model]

THICK = """() => {
    const { points } = document.querySelector(".pg-plan-band");
    const half = points.numberOfItems / 2;
    const at = (place) => points.getItem(points.numberOfItems - 1 - place).y - points.getItem(place).y;
    return Array.from({ length: half }, (_, place) => at(place));
}"""
"""Returns how thick the stream is before the first block and after each block."""


@pytest.fixture
def pane(bare_page, site):
    """The pane in view with the first preset, its lengths drawn."""
    bare_page.set_viewport_size({"width": 1440, "height": 900})
    style(bare_page)
    mount_pane(bare_page, "inside/picture/mount.js", "picture")
    view(bare_page, "picture")
    open_asked(bare_page, site, "picture", 1)
    expect_chosen(bare_page, "·the")
    expect(bare_page.get_by_text("length 819")).to_be_visible()
    expect(bare_page.locator(".pg-kinds")).to_be_hidden()  # all blocks are ordinary
    return bare_page


def part(page: Page, name: str):
    return page.get_by_role("listbox", name="Parts of the model").get_by_role("option", name=re.compile(f"^{name}"))


def test_the_drawing_is_of_this_model_and_the_keyboard_walks_through_it(pane):
    expect(pane.get_by_text("SmolLM2-135M-Instruct from text to token, with the vector at “·the” (7)")).to_be_visible()
    expect(part(pane, "Embedding 49,152 × 576")).to_be_visible()
    expect(pane.get_by_text("Together 134,515,008 parameters in 30 blocks")).to_contain_text("counted once")
    said = pane.locator(".pg-plan-said")
    part(pane, "Token ids").focus()
    expect(said).to_contain_text("9 numbers")
    for key in ("ArrowRight", "ArrowDown", "ArrowRight", "ArrowRight"):
        pane.keyboard.press(key)
    expect(part(pane, "Attention 9 heads")).to_be_focused()
    expect(said).to_contain_text("share 3 sets of keys and values")
    expect(said).to_contain_text("Block 15 of 0 to 29. A click opens Attention, at block 15.")
    pane.keyboard.press("PageDown")
    expect(pane.get_by_role("combobox", name="Opened block")).to_have_value("16")
    expect(part(pane, "Attention 9 heads")).to_be_focused()
    pane.keyboard.press("Enter")
    chosen = "import(new URL('playground/assets/attention/choice.js', document.baseURI)).then((it) => it.choice())"
    assert pane.evaluate(chosen) == {"layer": 16, "head": 0, "hidesFirst": True}
    assert pane.url.endswith("?tab=inside/attention")
    pane.keyboard.press("End")
    expect(part(pane, "Token one id")).to_be_focused()


def test_a_part_of_a_block_opens_its_pane_at_that_block(pane):
    for name in ("layers", "word"):
        mount_pane(pane, f"inside/{name}/mount.js", name)
    part(pane, "Feed-forward").click()
    view(pane, "word")
    expect(pane.get_by_label("Layer of the neurons")).to_have_value("15")
    neurons = pane.get_by_role("list", name="Neurons, the most important first").get_by_role("button")
    expect(neurons).to_have_text([re.compile("layer 15, neuron")] * 10)
    view(pane, "picture")
    pane.get_by_role("combobox", name="Opened block").select_option("3")
    part(pane, "Norm").first.press("Enter")
    view(pane, "layers")
    expect(pane.locator(".pg-cell-bars .pg-bars-title")).to_contain_text("After 4 layers, after “·the”")
    expect(pane.locator(".pg-logit-terms-heads")).to_contain_text("layer 3")
    view(pane, "word")
    expect(neurons).to_have_text([re.compile("layer 3, neuron")] * 10)
    pane.get_by_label("Layer of the neurons").select_option("all")
    expect(neurons.first).to_contain_text("layer 29, neuron 1512")


def test_the_stream_is_as_thick_as_the_vector_is_long_at_the_chosen_position(pane):
    thick = pane.evaluate(THICK)
    assert len(thick) == 31
    assert thick[30] == pytest.approx(40)
    assert thick[0] < 2
    tokens(pane).press("Home")
    pane.wait_for_function("document.querySelectorAll('.pg-plan-note').length === 3")
    expect(pane.get_by_text("with the vector at “The” (1)")).to_be_visible()
    first = pane.evaluate(THICK)
    assert max(first) == pytest.approx(40)
    assert first != thick
    pane.get_by_text("The lengths of the vector").click()
    expect(pane.get_by_role("row", name="after block 29")).to_be_visible()
    box = part(pane, "Residual stream through 30 blocks").bounding_box()
    pane.mouse.click(box["x"] + box["width"] - 2, box["y"] + box["height"] / 2)
    expect(pane.get_by_role("combobox", name="Opened block")).to_have_value("29")


def test_on_a_phone_the_drawing_stands_upright(pane):
    pane.set_viewport_size({"width": 390, "height": 844})
    pane.wait_for_function("document.querySelector('.pg-plan-svg').getAttribute('height') > 600")
    boxes = [
        part(pane, name).bounding_box() for name in ("Token ids", "Embedding", "Last norm", "Softmax", "Token one id")
    ]
    assert [box["y"] for box in boxes] == sorted(box["y"] for box in boxes)
    assert len({box["x"] for box in boxes}) == 1
    for option in pane.get_by_role("listbox", name="Parts of the model").get_by_role("option").all():
        box = option.bounding_box()
        assert min(box["width"], box["height"]) >= 24
        assert option.evaluate("(element) => element.scrollWidth <= element.clientWidth")
    assert pane.evaluate("document.documentElement.scrollWidth <= innerWidth")


HYBRID = """() => {
    const fetched = window.fetch;
    const kindsOf = ([{ layers, shape }]) => {
        const [attention, feedForward] = shape.writers;
        const linear = { ...attention, name: "linear_attention", kind: "OddDeltaNet", state: [16, 128, 128] };
        const steps = shape.steps.map((step) => (step === "attention" ? linear.name : step));
        const other = { ...shape, steps, writers: [linear, feedForward] };
        return [
            { layers: layers.filter((layer) => layer % 3 < 2), shape: other },
            { layers: layers.filter((layer) => layer % 3 === 2), shape },
        ];
    };
    window.fetch = async (url, ...more) => {
        const answer = await fetched(url, ...more);
        if (!String(url).endsWith("/inside/drawing.json")) return answer;
        const drawing = await answer.json();
        return Response.json({ ...drawing, kinds: kindsOf(drawing.kinds) });
    };
}"""
"""Makes two of three blocks of the model linear attention, in what the page is told of it."""


def test_the_kinds_of_block_are_told_and_each_can_be_opened(bare_page, site):
    bare_page.set_viewport_size({"width": 390, "height": 844})
    style(bare_page)
    bare_page.evaluate(HYBRID)
    mount_pane(bare_page, "inside/picture/mount.js", "picture")
    view(bare_page, "picture")
    open_asked(bare_page, site, "picture", 1)
    kinds = bare_page.locator(".pg-kinds").get_by_role("button")
    expect(kinds).to_have_text(
        [
            "Linear attention, then a feed-forward 20 blocks: 0, 1, 3, 4, …, 27, 28",
            "Attention, then a feed-forward 10 blocks: 2, 5, …, 29",
        ]
    )
    opened = bare_page.get_by_role("combobox", name="Opened block")
    expect(opened).to_have_value("15")
    linear = part(bare_page, "Linear attention 16 × 128 × 128")
    expect(linear).to_be_visible()
    assert linear.evaluate("(element) => element.scrollWidth <= element.clientWidth")
    assert bare_page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    linear.press("Enter")
    expect(bare_page.locator(".pg-plan-said")).to_contain_text("It has no attention weights to draw.")
    expect(kinds.first).to_have_attribute("aria-pressed", "true")
    kinds.last.press("Enter")
    expect(opened).to_have_value("14")
    expect(kinds.last).to_have_attribute("aria-pressed", "true")
    expect(kinds.last).to_be_focused()
    expect(part(bare_page, "Attention 9 heads")).to_be_visible()
    expect(linear).to_have_count(0)
    part(bare_page, "Attention 9 heads").press("PageUp")
    expect(linear).to_be_focused()
    expect(bare_page.locator(".pg-plan-said")).to_contain_text("Block 13 of 0 to 29.")
    expect(kinds.first).to_have_attribute("aria-pressed", "true")
    expect(bare_page.locator(".pg-plan-kind")).to_have_count(30)
    expect(bare_page.locator(".pg-plan-kind-opened")).to_have_count(20)


def test_an_answer_that_does_not_come_is_a_sentence(bare_page, site):
    style(bare_page)
    bare_page.evaluate("""() => {
        const fetched = window.fetch;
        const refusal = { detail: "This view needs to know where Odd-1B has its blocks." };
        window.fetch = (url, ...more) => String(url).endsWith("/inside/drawing.json")
            ? Promise.resolve(Response.json(refusal, { status: 422 }))
            : fetched(url, ...more);
    }""")
    mount_pane(bare_page, "inside/picture/mount.js", "picture")
    view(bare_page, "picture")
    open_asked(bare_page, site, "picture", 1)
    notice = bare_page.locator("#pg-picture .pg-pane").get_by_role("alert")
    expect(notice).to_have_text("This view needs to know where Odd-1B has its blocks.")
    expect(bare_page.get_by_text("Attention looks at every earlier word directly")).to_be_visible()
    expect(bare_page.locator(".pg-plan")).to_be_hidden()
