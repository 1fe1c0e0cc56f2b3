"""Tests that a translation of a lesson has the lesson's states, claims and answers, and other words only."""

import re
from pathlib import Path

import pytest

from playground.lessons.faults import LessonError
from playground.lessons.folders import SHIPPED, read_all, read_folder
from playground.lessons.reading import parsed_name
from tests.lesson_texts import SMALL, write

FRENCH = (
    SMALL.replace("title: Temperature", "title: La température")
    .replace("choices: [It grows., It shrinks., It stays as it is.]", "choices: [Il croît., Il décroît., Il reste.]")
    .replace("answer: It grows.", "answer: Il croît.")
    .replace(
        "At 0.3 the model gives {probability(\" stars\")} to \" stars\". "
        "Before it was {before(probability(\" stars\"))}.",
        "Avant, c’était {before(probability(\" stars\"))} ; à 0,3 c’est {probability(' stars')}.",
    )
    .replace("Now it is yours.", "À vous.")
)  # fmt: skip
"""The small lesson with other words, whose values stand in another order."""


def faults(folder, translation: str) -> list[tuple[str, int, str]]:
    """Returns (file, line, sentence) of each fault of the small lesson's translation."""
    write(folder, SMALL)
    write(folder, translation, "06-warmth.fr.md")
    with pytest.raises(LessonError) as refused:
        read_folder(folder)
    return [(fault.path.rsplit("/", 1)[-1], fault.line, fault.sentence) for fault in refused.value.faults]


def test_a_translation_with_other_words_is_read(tmp_path):
    write(tmp_path, SMALL)
    write(tmp_path, FRENCH, "06-warmth.fr.md")
    original, translation = read_folder(tmp_path)
    assert (original.title, translation.title, translation.language) == ("Temperature", "La température", "fr")


@pytest.mark.parametrize(
    ("text", "other", "line", "sentence"),
    [
        ("level: beginner ", "level: advanced ", 1, "level is advanced, and in 06-warmth.md it is beginner."),
        ("minutes: 5 ", "minutes: 6 ", 1, "minutes is 6, and"),
        ("model: SmolLM2", "#model: SmolLM2", 1, "model is not there, and in"),
        ("prompt: At night", "prompt: La nuit", 12, "prompt is La nuit the sky is full of, and"),
        ("temperature: 0.8", "temperature: 0.7", 12, "temperature is 0.7, and in 06-warmth.md it is 0.8."),
        ("step: 1 ", "step: 2 ", 12, "step is 2, and"),
        ("[Il croît., Il décroît., Il reste.]", "[Il croît., Il reste.]", 21, "the number of choices is 2, and"),
        ("answer: Il croît.", "answer: Il reste.", 26, "the place of the answer among the choices is 3, and"),
        ("set: {temperature: 0.3}", "set: {temperature: 0.2}", 26, "set is {'temperature': 0.2}, and"),
        ("because: probability", "because: 2 * probability", 26, 'because is 2 * probability(" stars") > before'),
        ("Avant, c’était {before(probability(\" stars\"))} ;", "Bref,", 26, "what stands in braces is not there, and"),
        ("Because the most", "{entropy()} Because the most", 33, "what stands in braces is entropy(), and"),
        ("entropy() > 1 ", "entropy() > 2 ", 43, "the claim is entropy() > 2, and in"),
        ("check: entropy() < 1", "check: entropy() < 2", 49, "check is entropy() < 2, and"),
        ("only: [temperature]", "#only: [temperature]", 49, "only is not there, and in"),
        ("hint: Lower", "#hint: Lower", 49, "hint is not there, and in"),
        ("À vous.", "À vous.\n\n```note\nUne note.\n```\n", 46, "the list of the page's parts is text, note, try, and"),
        ("with which it holds\n```", "\n```\n\n## Encore\n\nUne page.", 57, "the number of pages is 3, and in"),
        ("```try", "```state\nprompt: A\n```\n\n```try", 49, "the state block is there, and in"),
    ],
)  # fmt: skip
def test_a_translation_that_has_drifted_is_refused(tmp_path, text, other, line, sentence):
    assert FRENCH.count(text) >= 1
    [(file, found, told), *_] = faults(tmp_path, FRENCH.replace(text, other, 1))
    assert (file, found) == ("06-warmth.fr.md", line)
    assert sentence in told
    assert told.endswith("A translation differs from its lesson in words only.")


def test_a_lesson_that_cannot_be_read_is_not_compared(tmp_path):
    write(tmp_path, SMALL.replace("level: beginner", "level: easy"))
    write(tmp_path, FRENCH, "06-warmth.fr.md")
    with pytest.raises(LessonError) as refused:
        read_folder(tmp_path)
    assert [fault.line for fault in refused.value.faults] == [3]


LANGUAGES = {"fr": ("anglais", "«", "\u202f:"), "de": ("Englisch", "„", ":")}
"""Of each language its word for English, its opening quotation mark, and a colon behind its usual space."""
FIRST_LESSONS = range(1, 8)
"""The numbers of the lessons that are there in each language."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_lessons_are_translated(language):
    names = [found for file in SHIPPED.iterdir() if (found := parsed_name(file.name)) and found.language == language]
    assert sorted(name.number for name in names) == list(FIRST_LESSONS)


@pytest.mark.parametrize("lesson", [one for one in read_all() if one.language], ids=lambda lesson: lesson.path[-20:])
def test_a_translated_lesson_says_at_once_that_the_model_writes_english_in_the_language_s_own_signs(lesson):
    english, quotation, colon = LANGUAGES[lesson.language]
    text = Path(lesson.path).read_text("utf-8")
    assert english in "".join(str(part) for part in lesson.pages[0].parts)
    assert quotation in text
    assert colon in text
    assert "”" not in text
    assert not re.search(r"[\w%»] [;?!]", text), "an ordinary space stands before a sign"
