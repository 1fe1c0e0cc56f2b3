"""Tests the glossary of the page: every word is used, every word that is used exists, and no sentence is long."""

import re
from pathlib import Path

import pytest

from playground.decoding.stages import STAGES
from playground.strategies.summary import MEASURES

ASSETS = Path(__file__).parent.parent / "assets"
ENTRY = re.compile(r'^  (?:"([^"]+)"|([\w]+)): \[(?:t\(")?[^]]+, t\("([^"]+)"\)\],$', re.MULTILINE)
USE = re.compile(r'\bterm\(\s*"([^"]+)"|\bWORDS\.(\w+)|\bWORDS\["([^"]+)"\]')
LONGEST = 200
"""A longer sentence is not read in a small card."""

WORDS = {quoted or bare: says for quoted, bare, says in ENTRY.findall((ASSETS / "glossary" / "words.js").read_text())}
ALL = {
    **WORDS,
    **{stage.label: f"{stage.label} {stage.says}." for stage in STAGES},
    **{measure.label: measure.definition for measure in MEASURES.values()},
}


def test_the_glossary_has_every_word_that_a_view_explains_and_no_other():
    views = [path for path in ASSETS.rglob("*.js") if path.parent.name != "glossary"]
    used = {next(filter(None, groups)) for path in views for groups in USE.findall(path.read_text())}
    assert used == set(WORDS)


@pytest.mark.parametrize("word", ALL)
def test_a_sentence_fits_into_a_card(word):
    assert ALL[word].endswith(".")
    assert len(ALL[word]) <= LONGEST
