"""Tests, from the style sheets, that text can be read on its ground: a contrast of 4.5 (WCAG 2.2, 1.4.3)."""

import re

import pytest

from playground.places import ASSETS

SHEETS = [ASSETS / "common" / "common.css", ASSETS / "prompts" / "prompts.css"]
ENOUGH = 4.5
SHADES = ["unlikely"] * 5 + ["middle"] + ["likely"] * 2
HEATS = ["little"] * 4 + ["half"] + ["much"] * 3
PAIRS = [
    *((f"on-{on}", f"shade-{shade}") for shade, on in enumerate(SHADES)),
    *((f"on-{on}", f"heat-{heat}") for heat, on in enumerate(HEATS)),
    *((text, "faint") for text in ("ink", "muted", "accent", "error")),
    ("class-0", "faint"),  # an instruction's tokens
    ("class-3", "faint"),  # those of the chat template
]


def colours(theme: str) -> dict[str, str]:
    """Returns the colours of a theme by their names."""
    rules = "\n".join(re.sub(r"/\*.*?\*/", "", sheet.read_text("utf-8"), flags=re.DOTALL) for sheet in SHEETS)
    blocks = {"light": r":root \{(.*?)\}", "dark": r"\.dark \{(.*?)\}"}
    found = " ".join(re.findall(blocks["light"], rules, re.DOTALL))
    if theme == "dark":
        found += " ".join(re.findall(blocks["dark"], rules, re.DOTALL))
    return dict(re.findall(r"--pg-([\w-]+): (#\w+);", found))


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    shares = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_has_enough_contrast(theme, text, ground):
    known = colours(theme)
    darker, lighter = sorted(luminance(known[name]) for name in (text, ground))
    assert (lighter + 0.05) / (darker + 0.05) >= ENOUGH
