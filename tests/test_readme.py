"""The README says what is there: every file, every setting, every option, every field."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

import app
from playground.settings import RULES, Settings
from playground.web.bodies import LARGEST_BYTES
from playground.web.rates import EVENTS, LOOKS, LOOKS_OF_A_PAGE

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
RUNNING = (ROOT / "docs" / "running.md").read_text()


def test_the_file_tree_is_true():
    tree = README.split("## The files")[1].split("```")[1]
    told, folder = set(), ""
    for line in tree.strip().splitlines():
        name, comment = re.match(r"(\s*\S+)\s+(.*)|.*", line).groups() if "  " in line.strip() else (line, "")
        if name.strip().endswith("/") and not name.startswith(" "):
            folder = name.strip()
            continue
        told.add(folder + name.strip() if name.startswith(" ") else name.strip())
        assert comment, f"{name.strip()} has no comment"
    there = {str(path.relative_to(ROOT)) for path in (ROOT / "playground").rglob("*.py") if path.name != "__init__.py"}
    assert told == there | {"app.py"}


@pytest.mark.parametrize("name", [field.name for field in fields(Settings)])
def test_every_setting_is_in_the_table(name):
    table = README.split("## Settings")[1].split("## The API")[0]
    assert f"`{name}`" in table


@pytest.mark.parametrize("name", [name for name in RULES if name not in ("seed", "max_new_tokens")])
def test_the_table_has_the_off_values(name):
    table = README.split("## Settings")[1].split("## The API")[0]
    row = next(row for row in table.splitlines() if f"`{name}`" in row)
    names, off = [cell.strip() for cell in row.split("|")[1:3]]
    place = names.replace("`", "").split(", ").index(name)
    assert float(off.split(", ")[place]) == getattr(Settings(), name)


def test_every_picture_is_there():
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert pictures
    assert all((ROOT / picture).exists() for picture in pictures)


def test_every_option_is_in_the_table_with_what_it_is_unless_said():
    rows = [[cell.strip() for cell in row.split("|")[1:3]] for row in RUNNING.splitlines() if row.startswith("| `--")]
    told = {option.strip("`"): unless_said for option, unless_said in rows}
    options = vars(app.arguments([]))
    assert set(told) == {f"--{name.replace('_', '-')}" for name in options}
    for name, value in options.items():
        if value not in (None, []):
            assert told[f"--{name.replace('_', '-')}"] == str(value)


@pytest.mark.parametrize("page", ["README.md", "docs/running.md", "docs/space.md"])
def test_every_link_to_a_file_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text())
    assert links
    assert all(((ROOT / page).parent / link).exists() for link in links)


def test_the_numbers_of_the_guards_are_those_of_the_documentation():
    rows = [row for row in RUNNING.splitlines() if row.startswith(("  | looks", "  | events"))]
    rates = (LOOKS_OF_A_PAGE, LOOKS, EVENTS)
    assert [row.strip().split("|", 2)[2].strip() for row in rows] == [
        f"{rate.burst:,} | {rate.per_second} |" for rate in rates
    ]
    assert f"at most {LARGEST_BYTES // 2**20} MiB" in RUNNING
