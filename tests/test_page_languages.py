"""Tests what the server tells the page of its languages, and the files of their texts."""

import json
import re

import pytest

from playground.languages import script as texts
from playground.languages.catalogue import languages, path_of, translations
from playground.web import languages as told


def told_languages():
    return json.loads(told.languages_told().removeprefix("globalThis.playgroundLanguages = ").removesuffix(";"))


def test_the_page_is_told_its_languages_and_where_their_texts_are():
    assert [one["tag"] for one in told_languages()] == [language.tag for language in languages()]
    for one in told_languages():
        if one["tag"] == "en":
            assert one["address"] == "", "the sources are English"
        else:
            assert re.fullmatch(rf"playground/files/\w+/{one['tag']}\.js", one["address"])


@pytest.mark.parametrize("tag", [language.tag for language in languages() if language.tag != "en"])
def test_a_file_of_texts_has_all_that_are_translated(tag):
    content = told.catalogue_files()[tag].content.decode()
    first, second = content.splitlines()
    found = json.loads(first.removeprefix("globalThis.playgroundCatalogue = ").removesuffix(";"))
    sentences = json.loads(second.removeprefix("globalThis.playgroundSentences = ").removesuffix(";"))
    assert set(sentences) <= set(found)
    assert found == {text: list(forms) for text, forms in translations(path_of(tag))[0].items()}


def test_a_text_cannot_end_the_script_that_holds_it(monkeypatch, tmp_path):
    (tmp_path / "fr.po").write_text('msgid "a"\nmsgstr "</script><script>b"\n')
    monkeypatch.setattr(texts, "path_of", lambda tag: tmp_path / f"{tag}.po")
    assert "</script>" not in texts.script("fr")
