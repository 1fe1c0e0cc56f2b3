"""Clauses about how, where and what somebody or something is, and what somebody has, in both languages."""

from random import Random

from docs.training import english, french
from docs.training.clauses import THINGS, Clause, manner, somewhere, subject
from docs.training.lexicon import ADJECTIVES, FEELINGS, JOBS, MASS_NOUNS, NOUNS, Verb
from docs.training.noun_phrases import NounPhrase, Pairs, kind_of, noun_phrase
from docs.training.words import Word, Words, plain

DEGREES = {"très": "very", "trop": "too"}
HAVE = Verb("avoir", "have", "had")


def being(random: Random, *, asked: bool = False) -> Clause:
    """Returns how somebody or something is: `Le chat est noir.`"""
    who = subject(random, ("person", "animal", "place", "subject", *THINGS))
    noun = next((one for one in (*NOUNS, *MASS_NOUNS) if one.french == who.noun), None)
    able = [one for one in ADJECTIVES if one.of in (kind_of(noun) if noun else ("all", "person"))]
    chosen = random.sample(able, 2 if random.random() < 0.15 else 1)
    told = [
        Word(french.agreeing(one, feminine=who.feminine, plural=who.is_plural), f"said{number}.adjective")
        for number, one in enumerate(chosen)
    ]
    said = [Word(one.english, f"said{number}.adjective") for number, one in enumerate(chosen)]
    degree = random.choice(list(DEGREES)) if random.random() < 0.2 else ""
    return _be(
        random,
        who,
        (*plain(degree, "degree.adverb"), told[0], *(word for one in told[1:] for word in (Word("et"), one))),
        (
            *plain(DEGREES.get(degree, ""), "degree.adverb"),
            said[0],
            *(word for one in said[1:] for word in (Word("and"), one)),
        ),
        tuple((one.french, who.noun) for one in chosen if who.noun),
        asked=asked,
    )


def being_somewhere(random: Random, *, asked: bool = False) -> Clause:
    """Returns where somebody or something is: `Le livre est sur la table.`"""
    who = subject(random, ("person", "animal", *THINGS))
    place = somewhere(random, who.owner)
    return _be(random, who, place.french, place.english, place.pairs, asked=asked)


def job(random: Random, *, asked: bool = False) -> Clause:
    """Returns what somebody is: `Elle est avocate.` has no article in French."""
    who = subject(random, ("person",))
    noun = random.choice([one for one in NOUNS if one.french in JOBS and one.feminine in (who.feminine, False)])
    told = Word(french.plural(noun) if who.is_plural else noun.french, "job.noun")
    said = Word(english.plural(noun) if who.is_plural else noun.english, "job.noun")
    return _be(random, who, (told,), (*(() if who.is_plural else plain("a")), said), (), asked=asked)


def feeling(random: Random, *, asked: bool = False) -> Clause:
    """Returns what a French speaker has and an English one is: `J'ai faim.`"""
    who, how, feeling = subject(random), manner(random), random.choice(list(FEELINGS))
    group = english.be_group(
        "past" if how.tense == "past" else "present", who.person, who.is_plural, how.negation_english, "", asked
    )
    form = french.imperfect if how.tense == "past" else french.present
    finite = Word(form("avoir", who.person, who.is_plural))
    return Clause(
        (*who.french, *french.negated(finite, how.negation), Word(feeling, "feeling.noun")),
        (*group.front, *who.english, *group.after, Word(FEELINGS[feeling], "feeling.noun")),
        who.pairs,
        asked,
    )


def having(random: Random, *, asked: bool = False) -> Clause:
    """Returns what somebody has: `J'ai trois chats.` Its past is the imperfect."""
    who, how = subject(random, ("person",)), manner(random)
    tense = "past" if how.tense == "past" else "present"
    what = noun_phrase(random, "object", ("person", "animal", *THINGS), who.owner, negated=how.negation != "")
    group = english.group(HAVE, "", tense, who.person, who.is_plural, how.negation_english, "", asked)
    form = french.imperfect if tense == "past" else french.present
    finite = Word(form("avoir", who.person, who.is_plural), "verb")
    return Clause(
        (*who.french, *french.negated(finite, how.negation), *what.french),
        (*group.front, *who.english, *group.after, *what.english),
        (*who.pairs, *what.pairs, ("avoir", what.noun)),
        asked,
    )


def there_is(random: Random, *, asked: bool = False) -> Clause:
    """Returns what there is somewhere: `Il y a trois livres sur la table.`"""
    negation, tense = random.choices(["", "pas"], [5, 1])[0], random.choices(["present", "past"], [4, 1])[0]
    what = noun_phrase(random, "object", ("person", "animal", *THINGS), negated=negation != "")
    place = somewhere(random)
    group = english.be_group(tense, 3, what.is_plural, "not" if negation else "", "", asked)
    finite = Word((french.imperfect if tense == "past" else french.present)("avoir", 3, False))
    return Clause(
        (Word("il"), *french.negated(finite, negation, plain("y")), *what.french, *place.french),
        (*group.front, Word("there"), *group.after, *what.english, *place.english),
        (*what.pairs, *place.pairs),
        asked,
    )


def _be(random: Random, who: NounPhrase, told: Words, said: Words, pairs: Pairs, *, asked: bool) -> Clause:
    """Returns a clause with être and what stands behind it in both languages."""
    how = manner(random)
    group = english.be_group(how.tense, who.person, who.is_plural, how.negation_english, "", asked)
    return Clause(
        (*who.french, *french.be_group(how.tense, who.subject, how.negation), *told),
        (*group.front, *who.english, *group.after, *said),
        (*who.pairs, *pairs),
        asked,
    )
