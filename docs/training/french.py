"""The rules of French: plurals, agreement, conjugation, negation, the place of pronouns, elision and contraction.

A form that no rule gives stands in the tables here. It does not know what a sentence says, nor any English.
"""

from collections.abc import Sequence
from typing import NamedTuple

from docs.training.lexicon import Adjective, Noun
from docs.training.words import Word, Words, plain

VOWELS = "aeiouyhâàéèêëîïôùûœ"
"""The letters before which a word is elided. Each `h` of the lexicon is mute."""
NOT_ELIDED_BEFORE = {"huit", "onze", "oui"}
ELIDED = {"le", "la", "de", "ne", "je", "me", "te", "que", "ce"}
CONTRACTED = {("à", "le"): "au", ("à", "les"): "aux", ("de", "le"): "du", ("de", "les"): "des"}
ARTICLE = "article"
"""The meaning that marks `le` and `les` as articles: the pronouns with the same letters are never contracted."""

PERSONS = ((1, False), (2, False), (3, False), (1, True), (2, True), (3, True))
"""Person and plural in the order of the tables: je, tu, il, nous, vous, ils."""

IRREGULAR = {
    "être": "été suis es est sommes êtes sont",
    "avoir": "eu ai as a avons avez ont",
    "aller": "allé vais vas va allons allez vont",
    "dormir": "dormi dors dors dort dormons dormez dorment",
    "courir": "couru cours cours court courons courez courent",
    "rire": "ri ris ris rit rions riez rient",
    "partir": "parti pars pars part partons partez partent",
    "venir": "venu viens viens vient venons venez viennent",
    "voir": "vu vois vois voit voyons voyez voient",
    "connaître": "connu connais connais connaît connaissons connaissez connaissent",
    "attendre": "attendu attends attends attend attendons attendez attendent",
    "répondre": "répondu réponds réponds répond répondons répondez répondent",
    "vendre": "vendu vends vends vend vendons vendez vendent",
    "perdre": "perdu perds perds perd perdons perdez perdent",
    "suivre": "suivi suis suis suit suivons suivez suivent",
    "lire": "lu lis lis lit lisons lisez lisent",
    "écrire": "écrit écris écris écrit écrivons écrivez écrivent",
    "traduire": "traduit traduis traduis traduit traduisons traduisez traduisent",
    "comprendre": "compris comprends comprends comprend comprenons comprenez comprennent",
    "apprendre": "appris apprends apprends apprend apprenons apprenez apprennent",
    "prendre": "pris prends prends prend prenons prenez prennent",
    "choisir": "choisi choisis choisis choisit choisissons choisissez choisissent",
    "offrir": "offert offre offres offre offrons offrez offrent",
    "boire": "bu bois bois boit buvons buvez boivent",
    "vouloir": "voulu veux veux veut voulons voulez veulent",
    "pouvoir": "pu peux peux peut pouvons pouvez peuvent",
    "devoir": "dû dois dois doit devons devez doivent",
    "dire": "dit dis dis dit disons dites disent",
    "savoir": "su sais sais sait savons savez savent",
    "croire": "cru crois crois croit croyons croyez croient",
    "acheter": "acheté achète achètes achète achetons achetez achètent",
    "préférer": "préféré préfère préfères préfère préférons préférez préfèrent",
    "appeler": "appelé appelle appelles appelle appelons appelez appellent",
    "envoyer": "envoyé envoie envoies envoie envoyons envoyez envoient",
}
"""Participle, then the present in the order of PERSONS, of each verb that is not of the first group or is irregular."""
_IMPERFECT = {
    "être": "étais étais était étions étiez étaient",
    "avoir": "avais avais avait avions aviez avaient",
}
WITH_ETRE = {"aller", "partir", "venir", "arriver", "tomber", "rester", "entrer"}
"""The verbs whose past is built with être: their participle agrees with the subject."""
BEFORE_VOWEL = {"ma": "mon", "ta": "ton", "sa": "son", "ce": "cet"}
BEFORE_VOWEL_NOUN = {"beau": "bel", "nouveau": "nouvel", "vieux": "vieil"}


class Subject(NamedTuple):
    """With what a verb agrees."""

    person: int
    is_plural: bool
    feminine: bool


class Clitic(NamedTuple):
    """A pronoun in front of the verb; a participle behind it agrees with a direct object."""

    text: str = ""
    is_plural: bool = False
    feminine: bool = False


def plural(noun: Noun) -> str:
    """Returns the plural of a noun."""
    return noun.french_plural or f"{noun.french}s"


def agreeing(adjective: Adjective, *, feminine: bool, plural: bool) -> str:
    """Returns the form of an adjective beside a noun of this gender and number."""
    masculine = adjective.french
    if feminine:
        form = adjective.french_feminine or (masculine if masculine.endswith("e") else f"{masculine}e")
    else:
        form = masculine
    if not plural or form.endswith(("s", "x")):
        return form
    return f"{form}x" if form.endswith("eau") else f"{form}s"


def participle(verb: str) -> str:
    """Returns the past participle, masculine singular."""
    return IRREGULAR[verb].split()[0] if verb in IRREGULAR else f"{verb[:-2]}é"


def with_agreement(form: str, *, feminine: bool, plural: bool) -> str:
    """Returns a participle that agrees: allé, allée, allés, allées."""
    form = f"{form}e" if feminine else form
    return form if not plural or form.endswith("s") else f"{form}s"


def present(verb: str, person: int, is_plural: bool) -> str:
    """Returns a form of the present. A verb outside the tables is of the first group."""
    at = PERSONS.index((person, is_plural))
    if verb in IRREGULAR:
        return IRREGULAR[verb].split()[1 + at]
    stem = verb[:-2]
    if (person, is_plural) == (1, True):  # mangeons, commençons
        stem = f"{stem}e" if stem.endswith("g") else f"{stem[:-1]}ç" if stem.endswith("c") else stem
    return stem + ("e", "es", "e", "ons", "ez", "ent")[at]


def imperfect(verb: str, person: int, is_plural: bool) -> str:
    """Returns a form of the imperfect of être or avoir: no other verb of the grammar needs it."""
    return _IMPERFECT[verb].split()[PERSONS.index((person, is_plural))]


def group(verb: str, modal: str, tense: str, subject: Subject, negation: str, clitic: Clitic, adverb: str) -> Words:
    """Returns a verb with its negation, its pronoun and its adverb.

    Args:
        verb: the infinitive of what happens.
        modal: vouloir, pouvoir, devoir, or empty.
        tense: "present", "past" or "future" (which is built with aller); a modal has the present only.
        subject: with what the verb agrees.
        negation: pas, jamais, plus, or empty.
        clitic: the pronoun that stands for an object.
        adverb: what stands behind the finite verb, such as souvent, or empty.
    """
    pronoun, adverbs = plain(clitic.text), plain(adverb, "adverb")
    person, is_plural = subject.person, subject.is_plural
    if tense == "future" or modal:
        finite = Word(present(modal or "aller", person, is_plural), "modal" if modal else "")
        return (*negated(finite, negation), *adverbs, *pronoun, Word(verb, "verb"))
    if tense == "past":
        helper = "être" if verb in WITH_ETRE else "avoir"
        with_what = subject if verb in WITH_ETRE else clitic
        form = with_agreement(participle(verb), feminine=with_what.feminine, plural=with_what.is_plural)
        finite = Word(present(helper, person, is_plural))
        return (*negated(finite, negation, pronoun), *adverbs, Word(form, "verb"))
    return (*negated(Word(present(verb, person, is_plural), "verb"), negation, pronoun), *adverbs)


def be_group(tense: str, subject: Subject, negation: str, adverb: str = "") -> Words:
    """Returns être with its negation; its past is the imperfect, which tells how something was."""
    if tense == "future":
        finite, behind = Word(present("aller", subject.person, subject.is_plural)), plain("être")
    else:
        form = imperfect if tense == "past" else present
        finite, behind = Word(form("être", subject.person, subject.is_plural)), ()
    return (*negated(finite, negation), *plain(adverb, "adverb"), *behind)


def negated(finite: Word, negation: str, pronoun: Words = ()) -> Words:
    """Returns a finite verb with its pronoun in front, and `ne` and `pas` (jamais, plus) around both."""
    return (*plain("ne" if negation else ""), *pronoun, finite, *plain(negation))


def written(words: Sequence[Word]) -> Words:
    """Returns the words as they are written beside each other: elided, contracted, and with their forms before vowels.

    `le ami` becomes `l'ami`, `de le` becomes `du`, `ce homme` becomes `cet homme`, `beau oiseau` becomes `bel oiseau`.
    An article that is contracted is no word of its own any more; `de des` is `de`.
    """
    apart = [
        word
        for before, word in zip((Word(""), *words), words, strict=False)
        if before.text != "de" or word.text not in ("de", "des")
    ]
    following = (*apart[1:], Word(""))
    found: list[Word] = []
    for word, after in zip(apart, following, strict=True):
        own = "" if word.meaning == ARTICLE else word.meaning
        euphonic = Word(_before(word, after), own)
        contracted = CONTRACTED.get((found[-1].text, euphonic.text)) if found and word.meaning == ARTICLE else None
        if contracted:
            found[-1] = Word(contracted)
        else:
            found.append(euphonic)
    return tuple(found)


def starts_with_vowel(text: str) -> bool:
    """Tells whether a word in front of this one is elided."""
    return text[:1].lower() in VOWELS and bool(text) and text not in NOT_ELIDED_BEFORE


def _before(word: Word, after: Word) -> str:
    """Returns how a word is written in front of another."""
    if not starts_with_vowel(after.text):
        return word.text
    if after.meaning.endswith((".noun", ".adjective")):
        if word.text in BEFORE_VOWEL:
            return BEFORE_VOWEL[word.text]
        if word.text in BEFORE_VOWEL_NOUN and word.meaning.endswith(".adjective"):
            return BEFORE_VOWEL_NOUN[word.text]
    return f"{word.text[:-1]}'" if word.text in ELIDED else word.text


def article(text: str) -> Words:
    """Returns an article, which a preposition in front of it takes in: `à les` becomes `aux`."""
    return plain(text, ARTICLE)
