"""Tests that the documents name every folder, setting and option, and only files that exist."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from docs import generate
from playground import command_line
from playground.decoding.settings import Settings
from playground.web.guards.bodies import LARGEST_BYTES
from playground.web.guards.rates import EVENTS, LOOKS, LOOKS_OF_A_PAGE

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PAGES = ["README.md", "CONTRIBUTING.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
SETTINGS = (ROOT / "docs" / "settings.md").read_text()
RUNNING = (ROOT / "docs" / "running.md").read_text()


def folders_of(place: str) -> set[str]:
    return {f"{path.name}/" for path in (ROOT / place).iterdir() if any(path.glob("*.[pj][ys]"))}


def test_the_file_tree_has_every_room():
    tree = README.split("## The files")[1].split("```")[1]
    lines = [line.split(maxsplit=1) for line in tree.strip().splitlines()]
    assert all(len(line) == 2 for line in lines), "each has a comment"
    assert folders_of("playground") <= {name for name, _ in lines}


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_is_there(page):
    named = set(
        re.findall(r"`((?:playground|assets|tests|docs|bench|app)[\w/]*(?:\.\w+|/))`", (ROOT / page).read_text())
    )
    assert len(named) > 40 or page != "docs/architecture.md"
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_architecture_has_every_room():
    for place in ("playground", "assets"):
        assert all(f"`{place}/{folder}`" in ARCHITECTURE for folder in folders_of(place))


@pytest.mark.parametrize("name", [field.name for field in fields(Settings)])
def test_every_setting_is_in_the_documents(name):
    assert f"`{name}`" in SETTINGS


def test_what_is_made_from_the_registry_is_up_to_date():
    for path, text in generate.files().items():
        assert path.read_text("utf-8") == text, f"{path.name} is not what the registry says. Run `make generated`."


def test_every_picture_is_there():
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert pictures
    assert all((ROOT / picture).exists() for picture in pictures)


def test_every_option_is_in_the_table_with_what_it_is_unless_said():
    rows = [[cell.strip() for cell in row.split("|")[1:3]] for row in RUNNING.splitlines() if row.startswith("| `--")]
    told = {option.strip("`"): unless_said for option, unless_said in rows}
    options = vars(command_line.arguments([]))
    assert set(told) == {f"--{name.replace('_', '-')}" for name in options}
    for name, value in options.items():
        if value not in (None, [], False):
            assert told[f"--{name.replace('_', '-')}"] == str(value)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_to_a_file_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text())
    assert links or page != "README.md"
    assert [link for link in links if not ((ROOT / page).parent / link).exists()] == []


def test_the_readme_is_short():
    assert len(README.splitlines()) <= 150


def test_the_numbers_of_the_guards_are_those_of_the_documentation():
    rows = [row for row in RUNNING.splitlines() if row.startswith(("  | looks", "  | events"))]
    rates = (LOOKS_OF_A_PAGE, LOOKS, EVENTS)
    assert [row.strip().split("|", 2)[2].strip() for row in rows] == [
        f"{rate.burst:,} | {rate.per_second} |" for rate in rates
    ]
    assert f"at most {LARGEST_BYTES // 2**20} MiB" in RUNNING
