"""Subjects and objects in both languages: a noun with its article and adjectives, a name, or a pronoun."""

from random import Random
from typing import NamedTuple

from docs.training import english, french
from docs.training.french import Clitic, Subject
from docs.training.lexicon import ADJECTIVES, COUNTRIES, MASS_NOUNS, NAMES, NOUNS, NUMBERS, Adjective, Noun, Verb
from docs.training.words import Word, Words, plain

Pairs = tuple[tuple[str, str], ...]
"""What stands together: an adjective or a verb, and its noun (French, as in the lexicon)."""


class NounPhrase(NamedTuple):
    """A noun phrase in both languages.

    Attributes:
        noun: the French noun as in the lexicon; empty for a name or a pronoun.
        pairs: its adjectives, each with the noun.
    """

    french: Words
    english: Words
    person: int = 3
    is_plural: bool = False
    feminine: bool = False
    noun: str = ""
    pairs: Pairs = ()

    @property
    def subject(self) -> Subject:
        """With what a verb behind this phrase agrees in French."""
        return Subject(self.person, self.is_plural, self.feminine)

    @property
    def owner(self) -> str:
        """Whose son, sa, ses are behind this subject: his, her, or empty where French does not tell."""
        return "" if self.person != 3 or self.is_plural else "her" if self.feminine else "his"


class Determiner(NamedTuple):
    """What stands before a noun in both languages; `numeral` follows it."""

    french: Words
    english: Words
    is_plural: bool


OWNERS = {
    "my": ("mon", "ma", "mes"),
    "your": ("ton", "ta", "tes"),
    "our": ("notre", "notre", "nos"),
    "their": ("leur", "leur", "leurs"),
    "polite": ("votre", "votre", "vos"),
}
HIS_OR_HER = ("son", "sa", "ses")
PERSON_PRONOUNS = (
    ("je", "I", 1, False, None),
    ("tu", "you", 2, False, None),
    ("il", "he", 3, False, False),
    ("elle", "she", 3, False, True),
    ("nous", "we", 1, True, None),
    ("vous", "you", 2, True, None),
    ("ils", "they", 3, True, False),
    ("elles", "they", 3, True, True),
)
"""French and English subject, person, plural, and whether it is feminine (None: it does not tell)."""
DIRECT = (
    ("me", "me", 1, False, None),
    ("te", "you", 2, False, None),
    ("le", "him", 3, False, False),
    ("la", "her", 3, False, True),
    ("nous", "us", 1, True, None),
    ("vous", "you", 2, True, None),
    ("les", "them", 3, True, None),
)
"""French and English object, person, plural, and whether it is feminine."""


def pronoun(random: Random) -> NounPhrase:
    """Returns a pronoun as the subject: je, tu, il, …"""
    text, translated, person, is_plural, feminine = random.choice(PERSON_PRONOUNS)
    told = random.random() < 0.5 if feminine is None else feminine
    return NounPhrase(plain(text), plain(translated), person, is_plural, told)


def name(random: Random, role: str) -> NounPhrase:
    """Returns a person's first name."""
    feminine = random.random() < 0.5
    chosen = (Word(random.choice(NAMES[feminine]), f"{role}.name"),)
    return NounPhrase(chosen, chosen, feminine=feminine)


def object_pronoun(random: Random, subject: NounPhrase, verb: Verb) -> tuple[Clitic, str]:
    """Returns an object in front of the French verb, and the English pronoun.

    A sentence about oneself (je me) has other rules and is left out. What no person can be is `it`. French `lui` does
    not tell him from her, so that the English pronoun is drawn.
    """
    only_things = "person" not in verb.objects and "animal" not in verb.objects
    able = [one for one in DIRECT if one[2] != subject.person or one[2] == 3]
    if only_things:
        able = [one for one in able if one[2] == 3]
    text, translated, _, is_plural, feminine = random.choice(able)
    if verb.french_link:
        if text in ("le", "la"):
            return Clitic("lui"), translated
        return Clitic("leur" if text == "les" else text), translated
    told = random.random() < 0.5 if feminine is None else feminine
    return Clitic(text, is_plural, told), "it" if only_things and not is_plural else translated


def noun_phrase(
    random: Random, role: str, kinds: tuple[str, ...], owner: str = "", *, negated: bool = False, liked: bool = False
) -> NounPhrase:
    """Returns a noun with its article, and often with adjectives.

    Args:
        random: draws all that is free.
        role: the beginning of the words' meanings, such as `object`.
        kinds: which nouns make sense.
        owner: who has what is `son`: his, her, or empty where nothing tells.
        negated: whether it is the object of a verb with pas: `un` becomes `de` there.
        liked: whether it is what somebody likes: `les chats` is then `cats`.
    """
    kind = random.choice(kinds)
    if kind in ("subject", "drink", "dish"):
        return _mass(random, role, kind, negated=negated, liked=liked)
    noun = random.choice([one for one in NOUNS if one.kind == kind])
    adjectives = _adjectives(random, noun)
    if random.random() < 0.06:
        return _owned(random, role, noun, adjectives)
    before = any(adjective.before for adjective in adjectives)
    return _joined(
        role, noun, adjectives, _determiner(random, role, noun, owner, negated=negated, liked=liked, before=before)
    )


def country(random: Random) -> tuple[Words, str, str, str]:
    """Returns a country with its French article, its English name, and its capital in both languages."""
    with_article = random.choice(list(COUNTRIES))
    translated, *capital = COUNTRIES[with_article]
    _, _, own = with_article.replace("l'", "le ").partition(" ")
    article = "la" if with_article.startswith("la ") else "le"  # in front of a vowel both are l'
    return (*french.article(article), Word(own, "country.name")), translated, capital[0], capital[1]


def in_the_world(random: Random) -> tuple[Words, str]:
    """Returns a city or a country behind its French preposition, and its English name: `à Paris`, `en France`."""
    land, translated, city, city_english = country(random)
    if random.random() < 0.5:
        return (Word("à"), Word(city, "place.name")), city_english
    name = land[-1]._replace(meaning="place.name")
    takes_en = land[0].text == "la" or french.starts_with_vowel(name.text)
    return (Word("en"), name) if takes_en else (Word("à"), land[0], name), translated


def kind_of(noun: Noun) -> tuple[str, ...]:
    """Returns which adjectives describe a noun."""
    if noun.kind == "person":
        return ("all", "person")
    return ("all", "seen") if noun.kind == "animal" else ("all", "seen", "thing")


def _adjectives(random: Random, noun: Noun) -> list[Adjective]:
    """Draws no adjective, one, or one before and one behind the French noun."""
    able = [one for one in ADJECTIVES if one.of in kind_of(noun)]
    drawn = random.random()
    if drawn < 0.62:
        return []
    if drawn < 0.94:
        return [random.choice(able)]
    return [random.choice([one for one in able if one.before]), random.choice([one for one in able if not one.before])]


def _joined(role: str, noun: Noun, adjectives: list[Adjective], determiner: Determiner) -> NounPhrase:
    """Puts an article, adjectives and a noun together: all before the noun in English."""
    is_plural = determiner.is_plural
    nouns = plain(french.plural(noun) if is_plural else noun.french, f"{role}.noun")
    translated = plain(english.plural(noun) if is_plural else noun.english, f"{role}.noun")
    formed = [
        Word(french.agreeing(one, feminine=noun.feminine, plural=is_plural), f"{role}{number}.adjective")
        for number, one in enumerate(adjectives)
    ]
    before = [word for word, one in zip(formed, adjectives, strict=True) if one.before]
    after = [word for word, one in zip(formed, adjectives, strict=True) if not one.before]
    described = [Word(one.english, f"{role}{number}.adjective") for number, one in enumerate(adjectives)]
    return NounPhrase(
        (*determiner.french, *before, *nouns, *after),
        (*determiner.english, *described, *translated),
        is_plural=is_plural,
        feminine=noun.feminine,
        noun=noun.french,
        pairs=tuple((one.french, noun.french) for one in adjectives),
    )


def _determiner(
    random: Random, role: str, noun: Noun, owner: str, *, negated: bool, liked: bool, before: bool
) -> Determiner:
    """Draws the article, the owner, the number: what stands before the noun and its adjectives."""
    drawn = random.random()
    is_plural = random.random() < 0.3
    if owner and random.random() < 0.1:  # often enough to learn that the subject tells whose it is, and not the noun
        return _his_or_her(noun, owner, is_plural)
    if drawn < 0.45:
        text = "les" if is_plural else "la" if noun.feminine else "le"
        return Determiner(french.article(text), plain("" if liked and is_plural else "the"), is_plural)
    if drawn < 0.68:
        if is_plural:  # de grands chats; pas de chats
            return Determiner(plain("de" if before or negated else "des"), plain("any" if negated else "some"), True)
        text = "de" if negated else "une" if noun.feminine else "un"
        return Determiner(plain(text), plain("a"), False)
    if drawn < 0.82:
        return _possessive(random, noun, owner, is_plural)
    if drawn < 0.91:
        text = "ces" if is_plural else "cette" if noun.feminine else "ce"
        return Determiner(plain(text), plain("these" if is_plural else "this"), is_plural)
    if drawn < 0.96:
        number = random.choice(list(NUMBERS))
        with_article = random.random() < 0.3
        return Determiner(
            (*(french.article("les") if with_article else ()), Word(number, f"{role}.number")),
            (*(plain("the") if with_article else ()), Word(NUMBERS[number], f"{role}.number")),
            True,
        )
    text, translated = random.choice([("beaucoup de", "many"), ("plusieurs", "several"), ("chaque", "every")])
    return Determiner(plain(text), plain(translated), text != "chaque")


def _possessive(random: Random, noun: Noun, owner: str, is_plural: bool) -> Determiner:
    if random.random() < (0.35 if owner else 0.04):  # rare where the English pronoun can only be guessed
        return _his_or_her(noun, owner or random.choice(["his", "her"]), is_plural)
    whose = random.choice(list(OWNERS))
    text = OWNERS[whose][_form(noun, is_plural)]
    return Determiner(plain(text), plain("your" if whose == "polite" else whose), is_plural)


def _his_or_her(noun: Noun, translated: str, is_plural: bool) -> Determiner:
    return Determiner(plain(HIS_OR_HER[_form(noun, is_plural)]), plain(translated), is_plural)


def _form(noun: Noun, is_plural: bool) -> int:
    """Returns the place of a possessive's form: a French one goes by what is owned."""
    return 2 if is_plural else int(noun.feminine)


def _owned(random: Random, role: str, noun: Noun, adjectives: list[Adjective]) -> NounPhrase:
    """Returns what a person has: `le livre de Paul` is `Paul's book`."""
    owner_role = f"{role} owner"
    if random.random() < 0.5:
        owner = name(random, owner_role)
    else:
        person = random.choice([one for one in NOUNS if one.kind == "person"])
        article = Determiner(french.article("la" if person.feminine else "le"), plain("the"), False)
        owner = _joined(owner_role, person, [], article)
    article = Determiner(french.article("la" if noun.feminine else "le"), (), False)
    owned = _joined(role, noun, adjectives, article)
    *first, last = owner.english
    whose = (*first, Word(f"{last.text}'s", last.meaning))
    return owned._replace(french=(*owned.french, Word("de"), *owner.french), english=(*whose, *owned.english))


def _mass(random: Random, role: str, kind: str, *, negated: bool, liked: bool) -> NounPhrase:
    """Returns what is not counted: no article in English, a definite or partitive one in French."""
    noun = random.choice([one for one in MASS_NOUNS if one.kind == kind])
    nouns, translated = plain(noun.french, f"{role}.noun"), plain(noun.english, f"{role}.noun")
    article = french.article("la" if noun.feminine else "le")
    the: Words = ()
    if kind != "subject" and not liked:
        if random.random() < 0.7:
            article = plain("de") if negated else (Word("de"), *article)
        else:
            the = plain("the")
    return NounPhrase((*article, *nouns), (*the, *translated), feminine=noun.feminine, noun=noun.french)
