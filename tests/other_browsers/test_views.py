"""Tests that every view is drawn and its main button works, in Firefox and in WebKit (Safari's engine)."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.model]


def test_a_text_is_generated_and_a_slider_redraws_its_step(page):
    page.give("Prompt", "At night the sky is full of")
    page.give("Max new tokens", "5")
    page.wait('seen("input[type=range][aria-label$=\\"Max new tokens\\"]").value === "5"')  # Gradio has the value
    page.click("button", "Generate")
    steps = 'all("#pg-decode [id^=pg-step-]:not([id^=pg-step--])").length'  # the prompt's have a second hyphen
    page.wait(f"{steps} > 0 && {steps} <= 5")  # the example has more, and a text may end before its limit
    page.wait('all("[role=status]").some((status) => status.textContent.includes("ended"))')
    bars = 'all("#pg-decode .pg-bar[data-kind=token]").map((bar) => bar.textContent).join()'
    before = page.run(bars)
    page.run('give(seen("input[type=range][aria-label$=Temperature]"), "1.9")')
    page.wait(f"{bars} !== arguments[0]", before)


def test_attention_is_drawn_and_colours_the_text(page):
    page.give("Colour by", "attention")
    page.wait('all("#pg-decode .pg-strip .pg-token").some((token) => /\\d/.test(token.dataset.heat ?? ""))')
    page.open_tab("Inside the model")
    page.open_tab("Attention")
    page.wait('seen("#pg-attention .pg-map-plot:not(.pg-no-map)")')


def test_prompts_are_compared(page):
    page.open_tab("Compare")
    page.open_tab("Prompts")
    ended = 'all(".pg-prompts-ending").filter((ending) => ending.textContent.includes("ended")).length === 3'
    page.wait(ended)
    page.click("#pg-prompts button", "Run")
    page.wait(f'named("#pg-prompts button", "Run") && {ended}')


def test_settings_are_compared(page):
    page.open_tab("Compare")
    page.open_tab("Settings")
    page.give("Seeds", "1", within="#pg-compare")
    page.give("New tokens", "5", within="#pg-compare")
    page.click("#pg-compare button", "Run")
    page.wait('seen("#pg-compare .pg-card")')
    page.wait(r'all("#pg-compare *").some((part) => /^(\d+) of \1 texts?, done$/.test(part.textContent.trim()))')


def test_a_search_is_drawn(page):
    page.open_tab("Beams")
    page.give("New tokens", "4", within="#pg-beams")
    page.click("#pg-beams button", "Search")
    page.wait('all("#pg-beams [role=rowheader], #pg-beams th").some((part) => part.textContent.includes("winner"))')
    page.wait('seen("#pg-beams .pg-beam-tree .scatterlayer .point")')
