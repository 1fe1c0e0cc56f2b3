"""The rules of English: plurals, the forms of verbs, `do` in questions and negations, and a or an.

It does not know what a sentence says, nor any French.
"""

from collections.abc import Sequence
from typing import NamedTuple

from docs.training.lexicon import Noun, Verb
from docs.training.words import Word, Words, plain

BE = {
    "present": ("am", "are", "is", "are", "are", "are"),
    "past": ("was", "were", "was", "were", "were", "were"),
}
"""The forms of be: I, you, he, we, you, they."""
MODALS = {"can", "must"}
VOWEL_SOUND_NOT = ("university", "useful")
"""Words that begin with a vowel's letter and not with its sound."""


class Group(NamedTuple):
    """The parts of a verb: what a question has before its subject, and what follows the subject."""

    front: Words
    after: Words


def plural(noun: Noun) -> str:
    """Returns the plural of a noun."""
    if noun.english_plural:
        return noun.english_plural
    if noun.english.endswith(("s", "x", "ch", "sh")):
        return f"{noun.english}es"
    if noun.english.endswith("y") and noun.english[-2] not in "aeiou":
        return f"{noun.english[:-1]}ies"
    return f"{noun.english}s"


def third(base: str) -> str:
    """Returns the form of the present after he: goes, carries, watches."""
    if base == "have":
        return "has"
    if base.endswith(("s", "x", "ch", "sh", "o")):
        return f"{base}es"
    if base.endswith("y") and base[-2] not in "aeiou":
        return f"{base[:-1]}ies"
    return f"{base}s"


def past(verb: Verb) -> str:
    """Returns the simple past."""
    return verb.english_past or (f"{verb.english}d" if verb.english.endswith("e") else f"{verb.english}ed")


def be(tense: str, person: int, is_plural: bool) -> str:
    """Returns a form of be, in the present or the past."""
    return BE[tense][person - 1 + 3 * is_plural]


def be_group(tense: str, person: int, is_plural: bool, negation: str, adverb: str, asked: bool) -> Group:
    """Returns the parts of be as the verb of a sentence; its future is `is going to be`."""
    finite = plain(be("past" if tense == "past" else "present", person, is_plural))
    rest = (*plain(negation), *plain(adverb, "adverb"), *(plain("going to be") if tense == "future" else ()))
    return Group(finite, rest) if asked else Group((), (*finite, *rest))


def group(
    verb: Verb, modal: str, tense: str, person: int, is_plural: bool, negation: str, adverb: str, asked: bool
) -> Group:
    """Returns the parts of a verb.

    Args:
        verb: the verb that says what happens.
        modal: `want to`, `can`, `must`, or empty.
        tense: "present", "past" or "future"; a modal has the present only.
        person, is_plural: of the subject.
        negation: `not`, `never`, `no longer`, or empty.
        adverb: what stands in front of the verb, such as `often`, or empty.
        asked: whether it is a question.
    """
    base = plain(verb.english, "verb")
    between = (*plain(negation), *plain(adverb, "adverb"))
    if tense == "future":
        front, rest = plain(be("present", person, is_plural)), (*between, *plain("going to"), *base)
    elif modal in MODALS:
        front, rest = plain(modal, "modal"), (*between, *base)
    else:
        main = Verb("", "want", "wanted") if modal else verb
        meaning = "modal" if modal else "verb"
        behind = (*plain("to"), *base) if modal else ()
        if asked or negation == "not":
            does = "did" if tense == "past" else "does" if (person, is_plural) == (3, False) else "do"
            front, rest = plain(does), (*between, *plain(main.english, meaning), *behind)
        else:
            is_third = (person, is_plural) == (3, False)
            form = past(main) if tense == "past" else third(main.english) if is_third else main.english
            front, rest = (), (*between, *plain(form, meaning), *behind)
    return Group(front, rest) if asked else Group((), (*front, *rest))


def written(words: Sequence[Word]) -> Words:
    """Returns the words as they are written beside each other: `a` before a vowel's sound is `an`, `can not` is one."""
    found: list[Word] = []
    for number, word in enumerate(words):
        after = words[number + 1].text if number + 1 < len(words) else ""
        if word.text == "a" and after[:1] in tuple("aeiou") and not after.startswith(VOWEL_SOUND_NOT):
            found.append(Word("an", word.meaning))
        elif word.text == "not" and found and found[-1].text == "can":
            found[-1] = Word("cannot", found[-1].meaning)
        else:
            found.append(word)
    return tuple(found)
