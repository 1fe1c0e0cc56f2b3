"""Tests the classes of the page's style sheets: none that hides what wears it has a second meaning on a tab."""

import re
from pathlib import Path

import pytest

ASSETS = Path(__file__).parent.parent / "assets"
SHARED = ASSETS / "common" / "common.css"
TABS = sorted(path for path in ASSETS.rglob("*.js") if "common" not in path.parts)
HIDES = re.compile(r"clip-path:\s*inset\(50%\)|display:\s*none|visibility:\s*hidden")


def hiding_classes() -> set[str]:
    """Returns the classes to which the shared style sheet gives a rule that hides the element."""
    rules = re.findall(r"([^{};]+)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", SHARED.read_text(), flags=re.DOTALL))
    return {
        name
        for selector, body in rules
        if HIDES.search(body)
        for name in re.findall(r"\.(pg-[\w-]+)\s*(?:,|$)", selector.strip())
    }


def test_there_are_classes_that_hide():
    assert {"pg-spoken", "pg-unseen"} <= hiding_classes()


@pytest.mark.parametrize("path", TABS, ids=lambda path: path.relative_to(ASSETS).as_posix())
def test_a_tab_gives_a_class_that_hides_only_to_what_is_hidden_for_good(path):
    """A class that is switched on and off has a meaning of the tab's own. It needs a name of its own."""
    switched = re.findall(r"classList\.\w+\(([^;]*)\)", path.read_text())
    named = {name for call in switched for name in re.findall(r"pg-[\w-]+", call)}
    assert not named & hiding_classes()


@pytest.mark.parametrize("path", sorted(set(ASSETS.rglob("*.css")) - {SHARED}), ids=lambda path: path.name)
def test_no_tab_styles_a_class_that_hides(path):
    styled = set(re.findall(r"\.(pg-[\w-]+)", re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)))
    assert not styled & hiding_classes()
