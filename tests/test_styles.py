"""Tests the classes of the page's style sheets: none that hides what wears it has a second meaning on a tab."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

ASSETS = Path(__file__).parent.parent / "assets"
SHARED = ASSETS / "common" / "common.css"
TABS = sorted(path for path in ASSETS.rglob("*.js") if "common" not in path.parts)
SHEETS = sorted(ASSETS.rglob("*.css"))
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


@pytest.mark.parametrize(
    "path", [path for path in SHEETS if path != SHARED], ids=lambda path: path.relative_to(ASSETS).as_posix()
)
def test_no_tab_styles_a_class_that_hides(path):
    styled = set(re.findall(r"\.(pg-[\w-]+)", re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)))
    assert not styled & hiding_classes()


def plain(path: Path) -> str:
    """Returns a style sheet without its comments."""
    return re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)


def test_a_class_that_two_views_style_is_styled_in_one_place():
    """A second view's rule for the same class changes the first view."""
    places = defaultdict(set)
    for path in SHEETS:
        folder = path.relative_to(ASSETS).parent.as_posix()
        if folder in {"common", "presenter"}:  # what is shared, and what changes every view on purpose
            continue
        for selector in re.findall(r"^  ([^\s{}@][^{}]*)\{", plain(path), re.MULTILINE):
            for name in re.findall(r"(?:^|,)\s*\w*\.(pg-[\w-]+)\s*(?=,|$)", selector.strip()):
                places[name].add(folder)
    assert len(places) > 300
    assert {name: folders for name, folders in places.items() if len(folders) > 1} == {}


def test_what_a_button_that_looks_like_a_link_looks_like_stands_in_one_place():
    looks = re.compile(r"\.pg-link[^{}]*\{[^{}]*\b(?:background|border|font|text-decoration):")
    assert [path.name for path in SHEETS if looks.search(plain(path))] == ["fields.css"]


def test_the_systems_own_colours_stand_in_one_place():
    """Beside it, only what is Gradio's has such a rule."""
    found = {path.name for path in SHEETS if "forced-color" in plain(path)}
    assert found == {"forced_colors.css", "page.css", "tab_rows.css"}


@pytest.mark.parametrize("path", [path for path in SHEETS if path.parent.name != "common"], ids=lambda path: path.name)
def test_a_view_has_no_rule_for_an_element_of_all_views(path):
    within = re.findall(r"^\.pg-root\.pg-root\.pg-root \{\n(.*?)^\}", plain(path), re.DOTALL | re.MULTILINE)
    selectors = re.findall(r"^  ([^\s{}@][^{}]*)\{", "\n".join(within), re.MULTILINE)
    parts = [part.strip() for selector in selectors for part in selector.split(",")]
    assert [part for part in parts if re.fullmatch(r"\w+|(?:\w+)?\[type.*", part)] == []
