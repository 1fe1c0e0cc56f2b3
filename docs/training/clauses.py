"""Clauses about what somebody does: a subject, a verb, its objects, where, when and how, in both languages."""

from random import Random
from typing import NamedTuple

from docs.training import english, french
from docs.training.french import Clitic
from docs.training.lexicon import (
    FREQUENCY,
    GIVING,
    LIKING,
    MANNER,
    MASS_NOUNS,
    NOUNS,
    ON_THINGS,
    PLACES_WITH,
    TIMES,
    VERBS,
    Verb,
)
from docs.training.noun_phrases import NounPhrase, Pairs, in_the_world, name, noun_phrase, object_pronoun, pronoun
from docs.training.words import Word, Words, plain

NEGATIONS = {"pas": "not", "jamais": "never", "plus": "no longer"}
MODALS = {"vouloir": "want to", "pouvoir": "can", "devoir": "must"}
GOING = Verb("aller", "go", "went")
ALIVE = ("person", "person", "person", "animal")
THINGS = ("thing", "text", "food")


class Clause(NamedTuple):
    """A clause in both languages, before elision and capital letters.

    Attributes:
        pairs: which adjectives and verbs stand with which nouns.
        asked: whether its English words are those of a question.
    """

    french: Words
    english: Words
    pairs: Pairs = ()
    asked: bool = False


class Manner(NamedTuple):
    """How a clause says what it says: its tense, its negation and its modal, empty where there is none."""

    tense: str
    negation: str = ""
    modal: str = ""

    @property
    def negation_english(self) -> str:
        """The English negation."""
        return NEGATIONS.get(self.negation, "")


class Objects(NamedTuple):
    """What follows a verb, and the French pronoun in front of it."""

    french: Words = ()
    english: Words = ()
    clitic: Clitic = Clitic()
    pairs: Pairs = ()


def manner(random: Random) -> Manner:
    """Draws tense, negation and modal."""
    tense = random.choices(["present", "past", "future"], [5, 3, 2])[0]
    negation = random.choices(["", *NEGATIONS], [80, 14, 4, 2])[0]
    modal = random.choice(list(MODALS)) if tense == "present" and random.random() < 0.16 else ""
    return Manner(tense, "pas" if modal and negation else negation, modal)


def subject(random: Random, kinds: tuple[str, ...] = ALIVE) -> NounPhrase:
    """Draws who does something: a pronoun, a name or a noun."""
    drawn = random.random()
    if drawn < 0.42:
        return pronoun(random)
    return name(random, "subject") if drawn < 0.58 else noun_phrase(random, "subject", kinds)


def action(random: Random, who: NounPhrase | None = None, *, asked: bool = False, short: bool = False) -> Clause:
    """Returns a clause about what somebody does.

    Args:
        random: draws all that is free.
        who: the subject, where it is given.
        asked: whether the English order is that of a question.
        short: whether it says neither where nor when.
    """
    verb = _verb(random)
    who = who or subject(random)
    how = manner(random)
    objects = _objects(random, verb, who, how)
    adverb = random.choice(list(FREQUENCY)) if not how.negation and not how.modal and random.random() < 0.08 else ""
    manner_word = random.choice(list(MANNER)) if not verb.objects and random.random() < 0.25 else ""
    rest = () if short else (_where(random, verb, who), _with_what(random, verb, who), _when(random, how.tense))
    return _clause(verb, who, how, adverb, [objects, _as_it_is(MANNER, manner_word), *rest], asked=asked)


def giving(random: Random, *, asked: bool = False) -> Clause:
    """Returns a clause with an indirect object: `donne le livre à l'ami`, or `lui donne le livre`."""
    verb, who, how = random.choice(GIVING), subject(random, ("person",)), manner(random)
    kinds = ("text",) if verb.french == "lire" else THINGS
    thing = noun_phrase(random, "object", kinds, who.owner, negated=how.negation != "")
    pairs = (*thing.pairs, (verb.french, thing.noun))
    if random.random() < 0.35:
        to_whom = Verb("", "", objects=("person",), french_link="à")
        clitic, translated = object_pronoun(random, who, to_whom)
        objects = Objects(thing.french, (*plain(translated), *thing.english), clitic, pairs)
        return _clause(verb, who, how, "", [objects], asked=asked)
    person = (
        name(random, "receiver") if random.random() < 0.25 else noun_phrase(random, "receiver", ("person",), who.owner)
    )
    objects = Objects(
        (*thing.french, Word("à"), *person.french),
        (*thing.english, Word("to"), *person.english),
        pairs=(*pairs, *person.pairs),
    )
    return _clause(verb, who, how, "", [objects, _when(random, how.tense)], asked=asked)


def going(random: Random, *, asked: bool = False) -> Clause:
    """Returns a clause about where somebody goes: `va à la gare`, `va en France`."""
    who, how = subject(random), manner(random)
    if random.random() < 0.3:
        return _clause(GOING, who, how, "", [_in_the_world(random, "to"), _when(random, how.tense)], asked=asked)
    place = noun_phrase(random, "place", ("place",), who.owner)
    objects = Objects(
        (Word("à"), *place.french), (Word("to"), *place.english), pairs=(("aller", place.noun), *place.pairs)
    )
    return _clause(GOING, who, how, "", [objects, _when(random, how.tense)], asked=asked)


def _clause(verb: Verb, who: NounPhrase, how: Manner, adverb: str, parts: list[Objects], *, asked: bool) -> Clause:
    """Puts a clause together from its subject, its verb and what follows the verb."""
    clitic = next((part.clitic for part in parts if part.clitic.text), Clitic())
    verb_french = french.group(verb.french, how.modal, how.tense, who.subject, how.negation, clitic, adverb)
    verb_english = english.group(
        verb,
        MODALS.get(how.modal, ""),
        how.tense,
        who.person,
        who.is_plural,
        how.negation_english,
        FREQUENCY.get(adverb, ""),
        asked,
    )
    return Clause(
        (*who.french, *verb_french, *(word for part in parts for word in part.french)),
        (*verb_english.front, *who.english, *verb_english.after, *(word for part in parts for word in part.english)),
        (*who.pairs, *(pair for part in parts for pair in part.pairs)),
        asked,
    )


def _verb(random: Random) -> Verb:
    """Draws a verb; those of what is studied, drunk and eaten more often than their share, and those of places too."""
    if random.random() < 0.12:
        return random.choice([verb for verb in VERBS if {"subject", "drink", "dish"} & set(verb.objects)])
    return random.choice(VERBS)


def _objects(random: Random, verb: Verb, who: NounPhrase, how: Manner) -> Objects:
    """Draws the object of a verb: a noun, a person's name, or a pronoun in front of the French verb."""
    if not verb.objects:
        return Objects()
    if verb.french == "habiter" and random.random() < 0.6:
        return _in_the_world(random, "in")
    if verb.french_link != "dans" and random.random() < 0.16:
        clitic, translated = object_pronoun(random, who, verb)
        return Objects((), (*plain(verb.english_link), *plain(translated)), clitic)
    if "person" in verb.objects and random.random() < 0.12:
        what = name(random, "object")
    else:
        liked = verb.french in LIKING
        negated = how.negation != "" and not verb.french_link and not liked
        what = noun_phrase(random, "object", _kinds(verb), who.owner, negated=negated, liked=liked)
    return Objects(
        (*plain(verb.french_link), *what.french),
        (*plain(verb.english_link), *what.english),
        pairs=(*what.pairs, (verb.french, what.noun)),
    )


def _kinds(verb: Verb) -> tuple[str, ...]:
    """Returns the kinds of a verb's objects, each as often as it has nouns."""
    return tuple(noun.kind for noun in (*NOUNS, *MASS_NOUNS) if noun.kind in verb.objects)


def _where(random: Random, verb: Verb, who: NounPhrase) -> Objects:
    """Draws where something happens: nowhere, mostly."""
    if "place" in verb.objects or random.random() > (0.12 if verb.objects else 0.3):
        return Objects()
    return somewhere(random, who.owner)


def somewhere(random: Random, owner: str = "") -> Objects:
    """Returns a place with its preposition: `devant la maison`, `sur la table`, `à Paris`."""
    if random.random() < 0.12:
        return _in_the_world(random, "in")
    table, kinds = random.choice([(PLACES_WITH, ("place",)), (PLACES_WITH, ("place",)), (ON_THINGS, ("thing",))])
    link = random.choice(list(table))
    place = noun_phrase(random, "place", kinds, owner)
    return Objects(
        (*plain(link, "place.link"), *place.french),
        (*plain(table[link], "place.link"), *place.english),
        pairs=place.pairs,
    )


def _in_the_world(random: Random, link: str) -> Objects:
    """Returns a city or a country with its preposition, whose English one is given: `en France`, `to France`."""
    place, translated = in_the_world(random)
    return Objects(place, (Word(link), Word(translated, "place.name")))


def _with_what(random: Random, verb: Verb, who: NounPhrase) -> Objects:
    """Draws with whom or with what something happens: with nobody, mostly."""
    if verb.french == "dormir" or random.random() > 0.07:
        return Objects()
    link = random.choice(["avec", "sans", "pour"])
    kinds = ("person",) if link == "pour" else ("person", "animal", "thing", "text")
    what = noun_phrase(random, "companion", kinds, who.owner)
    translated = {"avec": "with", "sans": "without", "pour": "for"}[link]
    return Objects((Word(link), *what.french), (Word(translated), *what.english), pairs=what.pairs)


def _when(random: Random, tense: str) -> Objects:
    """Draws when something happens: at no named time, mostly."""
    return _as_it_is(TIMES[tense], random.choice(list(TIMES[tense]))) if random.random() < 0.12 else Objects()


def _as_it_is(table: dict[str, str], chosen: str) -> Objects:
    """Returns an adverb of a table, in the same place in both languages."""
    return Objects(plain(chosen, "adverb"), plain(table[chosen], "adverb")) if chosen else Objects()
