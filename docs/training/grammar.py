"""Sentences of the grammar: each is drawn in French and in English at once, so that its translation is known.

`sentence(random)` draws one. Which words translate each other is part of it, by their meanings; `Sentence.translates`
gives it as places of words.
"""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from docs.training import english, french
from docs.training.clauses import THINGS, Clause, action, giving, going, subject
from docs.training.descriptions import being, being_somewhere, feeling, having, job, there_is
from docs.training.lexicon import NAMES, PHRASES, Verb
from docs.training.noun_phrases import NounPhrase, Pairs, country, name, noun_phrase
from docs.training.words import Line, Word, line, plain

CONTENT = ("noun", "name", "adjective", "number", "verb", "adverb")
"""The ends of the meanings of content words: what is left without articles, pronouns, prepositions and auxiliaries."""
WHY = {"Pourquoi": "Why", "Quand": "When", "Comment": "How", "Où": "Where"}
LINKS = {"et": "and", ", mais": ", but", "parce que": "because", "quand": "when"}
THINKING = (
    Verb("penser", "think", "thought"),
    Verb("dire", "say", "said"),
    Verb("savoir", "know", "knew"),
    Verb("croire", "believe"),
)


class Sentence(NamedTuple):
    """A French sentence and its translation.

    Attributes:
        pairs: which adjectives and verbs stand with which nouns.
    """

    french: Line
    english: Line
    pairs: Pairs = ()

    def translates(self) -> dict[int, set[int]]:
        """Returns, for the place of each English content word, the places of the French words that it translates."""
        return {
            place: {number for number, own in enumerate(self.french.words) if own.meaning == word.meaning}
            for place, word in enumerate(self.english.words)
            if word.meaning.endswith(CONTENT)
        }


def sentence(random: Random) -> Sentence:
    """Draws a sentence: a statement, a question, or an everyday phrase."""
    kinds = list(KINDS)
    return random.choices(kinds, list(KINDS.values()))[0](random)


def _statement(random: Random) -> Sentence:
    return _finished(_clause(random), ".")


def _clause(random: Random, *, asked: bool = False) -> Clause:
    """Draws what a statement says, or a question asks."""
    kinds = list(CLAUSES)
    return random.choices(kinds, list(CLAUSES.values()))[0](random, asked=asked)


def _question(random: Random) -> Sentence:
    """Returns a question with est-ce que, and often with a word such as pourquoi in front of it."""
    clause = _clause(random, asked=True)
    word = random.choice(list(WHY)) if random.random() < 0.35 else ""
    begin = (*plain(word, "asking.adverb"), *plain("est-ce que"))
    return _finished(
        clause._replace(
            french=(*begin, *clause.french), english=(*plain(WHY.get(word, ""), "asking.adverb"), *clause.english)
        ),
        "?",
    )


def _who(random: Random) -> Sentence:
    """Returns a question after the subject: `Qui lit le livre ?`"""
    return _finished(action(random, NounPhrase(plain("qui"), plain("who"))), "?")


def _where(random: Random) -> Sentence:
    """Returns a question after the place: `Où est le livre ?`"""
    what = (
        noun_phrase(random, "subject", ("person", "animal", "place", *THINGS))
        if random.random() < 0.85
        else name(random, "subject")
    )
    how = (Word(french.present("être", 3, what.is_plural)), Word(english.be("present", 3, what.is_plural)))
    clause = Clause(
        (Word("où", "asking.adverb"), how[0], *what.french),
        (Word("where", "asking.adverb"), how[1], *what.english),
        what.pairs,
    )
    return _finished(clause, "?")


def _two_clauses(random: Random) -> Sentence:
    """Returns two short clauses with and, but, because or when between them."""
    first, second = (_short(random) for _ in range(2))
    link = random.choice(list(LINKS))
    second = _renamed(second)
    return _finished(
        Clause(
            (*first.french, *plain(link, "linking.adverb"), *second.french),
            (*first.english, *plain(LINKS[link], "linking.adverb"), *second.english),
            (*first.pairs, *second.pairs),
        ),
        ".",
    )


def _thought(random: Random) -> Sentence:
    """Returns what somebody thinks or says: `Je pense que …`"""
    verb, who, said = random.choice(THINKING), subject(random, ("person",)), _renamed(_short(random))
    thinks = french.present(verb.french, who.person, who.is_plural)
    is_third = (who.person, who.is_plural) == (3, False)
    return _finished(
        Clause(
            (*who.french, Word(thinks, "verb"), Word("que"), *said.french),
            (
                *who.english,
                Word(english.third(verb.english) if is_third else verb.english, "verb"),
                Word("that"),
                *said.english,
            ),
            (*who.pairs, *said.pairs),
        ),
        ".",
    )


def _presented(random: Random) -> Sentence:
    """Returns what something is: `C'est un livre.` or `Ce sont des livres.`"""
    what = noun_phrase(random, "object", ("person", "animal", "place", *THINGS))
    negation, tense = random.choices(["", "pas"], [5, 1])[0], random.choices(["present", "past"], [4, 1])[0]
    who = french.Subject(3, what.is_plural, False)
    group = english.be_group(tense, 3, what.is_plural, "not" if negation else "", "", False)
    return _finished(
        Clause(
            (Word("ce"), *french.be_group(tense, who, negation), *what.french),
            (*plain("these" if what.is_plural else "it"), *group.after, *what.english),
            what.pairs,
        ),
        ".",
    )


def _capital(random: Random) -> Sentence:
    """Returns a sentence about the capital of a country."""
    land, translated, city, city_english = country(random)
    capital_french = (*french.article("la"), Word("capitale", "capital.noun"), Word("de"), *land)
    capital_english = (Word("the"), Word("capital", "capital.noun"), Word("of"), Word(translated, "country.name"))
    is_french, is_english = (Word("est"),), (Word("is"),)
    town = (Word(city, "city.name"),), (Word(city_english, "city.name"),)
    drawn = random.random()
    if drawn < 0.25:
        return _finished(
            Clause((Word("quelle"), *is_french, *capital_french), (Word("what"), *is_english, *capital_english)), "?"
        )
    if drawn < 0.7:
        return _finished(
            Clause((*capital_french, *is_french, *town[0]), (*capital_english, *is_english, *town[1])), "."
        )
    return _finished(Clause((*town[0], *is_french, *capital_french), (*town[1], *is_english, *capital_english)), ".")


def _fragment(random: Random) -> Sentence:
    """Returns a noun phrase alone, as somebody writes it who tries a few words."""
    what = noun_phrase(random, "object", ("person", "animal", "place", "subject", *THINGS))
    return _finished(Clause(what.french, what.english, what.pairs), "")


def _phrase(random: Random) -> Sentence:
    """Returns an everyday phrase."""
    told, translated = random.choice(PHRASES)
    called = random.choice(NAMES[random.random() < 0.5])
    end = " ?" if told.endswith("?") else random.choice(["", ".", " !"])
    words = [
        tuple(
            Word(word, "name" if called in word else "")
            for word in text.format(name=called).removesuffix(" ?").removesuffix("?").split()
        )
        for text in (told, translated)
    ]
    return Sentence(line(words[0], end), line(words[1], end.strip()))


def _short(random: Random) -> Clause:
    """Returns a clause with few words, as a part of a longer sentence."""
    return action(random, short=True) if random.random() < 0.7 else being(random)


def _renamed(clause: Clause) -> Clause:
    """Returns the clause with other meanings than the same words of another clause have."""
    return clause._replace(
        french=tuple(_second(word) for word in clause.french), english=tuple(_second(word) for word in clause.english)
    )


def _second(word: Word) -> Word:
    return word if word.meaning in ("", french.ARTICLE) else Word(word.text, f"second {word.meaning}")


def _finished(clause: Clause, end: str) -> Sentence:
    """Writes a clause in both languages; a French question mark stands behind a space."""
    told, said = french.written(clause.french), english.written(clause.english)
    return Sentence(line(told, " ?" if end == "?" else end), line(said, end), clause.pairs)


CLAUSES: dict[Callable[..., Clause], float] = {
    action: 56,
    giving: 9,
    going: 4,
    being: 13,
    being_somewhere: 4,
    job: 3,
    feeling: 3,
    having: 4,
    there_is: 4,
}
"""What a clause is about, and how often."""
KINDS: dict[Callable[[Random], Sentence], float] = {
    _statement: 68,
    _question: 9,
    _who: 3,
    _where: 2,
    _two_clauses: 6,
    _thought: 4,
    _presented: 3,
    _capital: 2,
    _fragment: 2,
    _phrase: 1.5,
}
"""The kinds of sentences, and how often each is drawn."""
