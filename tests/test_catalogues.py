"""Tests the catalogues of the page's texts: they are complete, and the check of that sees each kind of fault."""

import re

import pytest

from playground.decoding.settings import Settings
from playground.errors import PlaygroundError
from playground.languages import __main__ as command
from playground.languages import python
from playground.languages.catalogue import languages, path_of, read, translations, written
from playground.languages.faults import faults
from playground.languages.javascript import texts_of
from playground.languages.places import PLACE
from playground.languages.sources import joined, texts
from playground.languages.text import Text

IMPORT = 'import { t, tn, tParts } from "../common/language.js";\n'


def text(one, other=None, file="assets/a.js"):
    return Text(one, other, frozenset({file}))


def keys_of(source):
    return [(found.one, found.other) for found in texts_of(IMPORT + source, "a.js")]


TEXTS = texts()


@pytest.mark.parametrize("tag", [language.tag for language in languages() if language.tag != "en"])
def test_the_shipped_catalogues_have_nothing_stale_and_the_places_of_the_english_texts(tag):
    assert [fault for fault in faults(TEXTS, read(path_of(tag))) if " is missing (" not in fault] == []


@pytest.mark.parametrize("tag", [language.tag for language in languages() if language.tag != "en"])
def test_the_shipped_catalogues_are_complete(tag):
    assert faults(TEXTS, read(path_of(tag))) == []


@pytest.mark.parametrize("tag", [language.tag for language in languages() if language.tag != "en"])
def test_the_shipped_catalogues_are_as_update_writes_them(tag):
    assert path_of(tag).read_text("utf-8") == written(tag, TEXTS, read(path_of(tag)))


@pytest.mark.parametrize(
    ("found", "entries", "fault"),
    [
        ([text("Step {step}")], {"Step {step}": ("Étape {step}",)}, None),
        ([text("Step")], {}, "'Step' is missing (assets/a.js)."),
        ([text("Step")], {"Step": ("",)}, "'Step' is missing (assets/a.js)."),
        ([text("{n} step", "{n} steps")], {"{n} step": ("{n} pas", "")}, "'{n} step' is missing (assets/a.js)."),
        ([], {"Step": ("Étape",)}, "'Step' is stale: no source has it any more."),
        (
            [text("Step {step}")],
            {"Step {step}": ("Étape {pas}",)},
            "'Step {step}' has the places {step}, and its translation 'Étape {pas}' has {pas}.",
        ),
        (
            [text("Step {step}")],
            {"Step {step}": ("Étape",)},
            "'Step {step}' has the places {step}, and its translation 'Étape' has none.",
        ),
        ([text("One step", "{n} steps")], {"One step": ("{n} étape", "{n} étapes")}, None),
        ([text("{n} step", "{n} steps")], {"{n} step": ("Une étape", "{n} étapes")}, None),
        (
            [text("{n} step of {all}", "{n} steps of {all}")],
            {"{n} step of {all}": ("{n} étape sur {all}", "{n} étapes")},
            "'{n} step of {all}' has the places {all}, and its translation '{n} étapes' has none.",
        ),
    ],
)
def test_each_fault_is_told(found, entries, fault):
    assert faults(found, entries) == ([] if fault is None else [fault])


@pytest.mark.parametrize(
    ("source", "keys"),
    [
        ('t("Step {step}", { step })', [("Step {step}", None)]),
        ("t('An \"open\" step')", [('An "open" step', None)]),
        ('t("A long " +\n  "sentence.")', [("A long sentence.", None)]),
        ('t("A \\"quoted\\" \\u2013 one")', [('A "quoted" – one', None)]),
        ('tn("{n} token", "{n} tokens", n)', [("{n} token", "{n} tokens")]),
        (
            'tn("{n} " + "token", "{n} tokens", count(n), { of: t("text") })',
            [("{n} token", "{n} tokens"), ("text", None)],
        ),
        ('tParts("Read {link} first.", { link })', [("Read {link} first.", None)]),
        (
            'const a = `${t("In")} a ${`deep ${t("place")}`} and } brace`; t("After")',
            [("In", None), ("place", None), ("After", None)],
        ),
        ('const a = `${{ b: { c: t("In") } }.b}`; t("After")', [("In", None), ("After", None)]),
        ('const re = /["`]/g; const half = n / 2; t("After") / 2', [("After", None)]),
        ('this.#t("private"); view?.t("method"); x.map((one) => one.t); at("x"); // t("comment")', []),
        ('/* t("comment") */ const text = "t(\\"text\\")"; t("After")', [("After", None)]),
    ],
)
def test_the_texts_of_a_module_are_found(source, keys):
    assert keys_of(source) == keys


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("t(name)", "a.js, line 2: t needs a text in double quotes"),
        ("\nt(`Step ${step}`)", "a.js, line 3: t needs a text in double quotes"),
        ('t("Step " + step)', "a.js, line 2: t needs a text in double quotes"),
        ('t(isOne ? "One" : "Many")', "a.js, line 2: t needs a text in double quotes"),
        ('tn("{n} token", others, n)', "a.js, line 2: tn needs texts in double quotes"),
        ("names.map(t)", "a.js, line 2: t needs a text in double quotes"),
    ],
)
def test_a_text_that_is_no_literal_is_told(source, told):
    with pytest.raises(PlaygroundError) as refusal:
        texts_of(IMPORT + source, "a.js")
    assert str(refusal.value).startswith(told)


def test_a_module_with_a_function_of_its_own_that_is_called_t_has_no_texts():
    assert texts_of('const t = (x) => x;\nt("not a text")', "a.js") == []


def test_a_catalogue_keeps_its_translations_in_the_order_of_the_english_texts(tmp_path):
    path = tmp_path / "fr.po"
    found = [text("{n} token", "{n} tokens"), text("Zero"), text('A "quoted" one of 50 % of all\nin lines')]
    path.write_text(written("fr", found, {"Zero": ("Zéro",), "{n} token": ("{n} jeton", "{n} jetons"), "Old": ("x",)}))
    entries = read(path)
    assert entries == {
        'A "quoted" one of 50 % of all\nin lines': ("",),
        "Zero": ("Zéro",),
        "{n} token": ("{n} jeton", "{n} jetons"),
    }
    assert list(entries) == sorted(entries)
    assert translations(path)[0] == {"Zero": ("Zéro",), "{n} token": ("{n} jeton", "{n} jetons")}
    assert path.read_text() == written("fr", reversed(found), entries), "nothing but the texts changes a catalogue"
    assert "Date" not in path.read_text()
    assert "python-format" not in path.read_text()


def test_what_a_translator_marks_as_fuzzy_is_not_shown(tmp_path):
    path = tmp_path / "fr.po"
    path.write_text('#, fuzzy\nmsgid "Step"\nmsgstr "Étape"\n')
    assert translations(path) == ({}, ())
    assert faults([text("Step")], read(path)) == ["'Step' is missing (assets/a.js)."]


def test_a_file_that_is_no_catalogue_is_told(tmp_path):
    path = tmp_path / "fr.po"
    path.write_text('msgid "Step"\nno catalogue\n')
    with pytest.raises(PlaygroundError, match=r"fr\.po is not a PO file"):
        read(path)


def test_a_text_of_several_files_is_one_entry():
    found = joined([text("B"), text("A", file="assets/b.js"), text("A")])
    assert found == (Text("A", None, frozenset({"assets/a.js", "assets/b.js"})), text("B"))


def test_a_language_is_known_by_its_own_name_and_direction(tmp_path):
    for tag in ("fr", "ar", "de"):
        (tmp_path / f"{tag}.po").write_text("")
    told = [(language.tag, language.name, language.direction) for language in languages(tmp_path)]
    assert told == [
        ("ar", "العربية", "rtl"),
        ("de", "Deutsch", "ltr"),
        ("en", "English", "ltr"),
        ("fr", "Français", "ltr"),
    ]


def test_the_command_says_what_is_wrong_and_mends_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    monkeypatch.setattr(command, "path_of", lambda tag: tmp_path / f"{tag}.po")
    monkeypatch.setattr(command, "texts", lambda: (text("Step"),))
    (tmp_path / "fr.po").write_text('msgid "Old"\nmsgstr "Vieux"\n')
    assert command.main(["check"]) == 1
    assert "fr.po: 'Old' is stale" in capsys.readouterr().out
    assert command.main(["update", "es"]) == 0
    assert "fr.po: 1 texts, 1 of them without a translation" in capsys.readouterr().out
    (tmp_path / "es.po").write_text(written("es", [text("Step")], {"Step": ("Paso",)}))
    (tmp_path / "fr.po").write_text(written("fr", [text("Step")], {"Step": ("Étape",)}))
    assert command.main(["check"]) == 0
    assert capsys.readouterr().out == "es.po: ok\nfr.po: ok\n"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('raise PlaygroundError(f"top_k is {value!r}. Give a number.")', ["top_k is {value}. Give a number."]),
        ('raise PlaygroundError("One. " "Two.")', ["One. Two."]),
        ('raise PlaygroundError(f"{name} is {shown(value)}. {_remedy(name)}")', ["{name} is {value}. {2}"]),
        ('GONE = "It is gone. Load it again."\n"""A docstring. It stays."""', ["It is gone. Load it again."]),
        (
            'said = "No text is there." if not texts else f"All {n} texts are there."',
            ["No text is there.", "All {n} texts are there."],
        ),
        ('raise ValueError("A sentence for programmers.")\nassert x, "Another one is here."', []),
        ('gr.Button("Go on", elem_id="a")\ngr.Number(1, label="Seed")', ["Go on", "Seed"]),
        ('gr.Radio([("Sample", "sample")], label="Strategy")', ["Strategy", "Sample"]),
        ('Stage(name="top_k", label="top-k", in_sidebar=True)', ["top-k", "Top-k"]),
    ],
)
def test_the_sentences_of_a_python_module_are_found(source, found):
    assert sorted(text.one for text in python.texts_of(source, "a.py")) == sorted(found)


@pytest.mark.parametrize(
    "values",
    [{"top_p": 7}, {"temperature": -1}, {"top_k": "many"}, {"strategy": "guess"}, {"stop_strings": [""]}, {"seed": -1}],
)
def test_a_refusal_is_found_again_by_its_template(values):
    with pytest.raises(PlaygroundError) as refusal:
        Settings.from_dict(values)
    templates = [text.one for text in TEXTS if text.is_told]
    literals = ([re.escape(piece) for piece in PLACE.split(text)[::2]] for text in templates)
    assert any(re.fullmatch(".*?".join(pieces), str(refusal.value), re.DOTALL) for pieces in literals), refusal.value


def test_the_sentences_of_the_server_are_those_whose_sources_are_python():
    sentences = {text.one for text in TEXTS if text.is_told}
    assert len(sentences) > 500
    assert set(translations(path_of("fr"))[1]) == sentences
