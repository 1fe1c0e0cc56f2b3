"""Tests the grammar from which the translator learns: the rules of French and English, and how sentences are drawn."""

import re
from itertools import islice
from random import Random

import pytest

from docs.training import english, french
from docs.training.clauses import going
from docs.training.descriptions import being
from docs.training.examples import LONGEST, WORD, has_new_pair, held_out, is_held_out, key, learned
from docs.training.french import ARTICLE, Clitic, Subject
from docs.training.grammar import Sentence
from docs.training.lexicon import ADJECTIVES, COUNTRIES, GIVING, MASS_NOUNS, NOUNS, VERBS, Verb
from docs.training.noun_phrases import in_the_world
from docs.training.words import Word, line, plain

HE, SHE, THEY = Subject(3, False, False), Subject(3, False, True), Subject(3, True, True)
UNELIDED = re.compile(r"\b(?:de le|de les|à le|à les|le|la|de|ne|je|que) (?!onze)[aeiouéèêâîôœ]")
"""What no sentence holds: a word that is not elided or contracted. Nothing is elided before onze."""


@pytest.fixture(scope="module")
def drawn() -> list[Sentence]:
    return list(islice(learned(11), 3000))


def told(*words: str) -> str:
    """Returns a French line. A star marks an article, a plus an adjective, a minus a noun."""
    meanings = {"*": ARTICLE, "+": "x.adjective", "-": "x.noun"}
    parts = [Word(word.rstrip("*+-"), meanings.get(word[-1], "")) for word in words]
    return line(french.written(parts), "", capital=False).text


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["le*", "étudiant-", "aime", "la*", "histoire-"], "l'étudiant aime l'histoire"),
        (["je", "ai", "un", "ami-"], "j'ai un ami"),
        (["il", "ne", "aime", "pas"], "il n'aime pas"),
        (["je", "pense", "que", "elle", "dort"], "je pense qu'elle dort"),
        (["pas", "de", "eau-"], "pas d'eau"),
        (["les*", "huit", "chats-"], "les huit chats"),
        (["ce", "est", "le*", "onze"], "c'est le onze"),
        (["ce", "homme-"], "cet homme"),
        (["ma", "amie-"], "mon amie"),
        (["ma", "voiture-"], "ma voiture"),
        (["un", "beau+", "oiseau-"], "un bel oiseau"),
        (["il", "est", "beau+", "et", "vieux+"], "il est beau et vieux"),
        (["le*", "vieux+", "hôtel-"], "le vieil hôtel"),
        (["à", "le*", "cinéma"], "au cinéma"),
        (["à", "les*", "étudiants-"], "aux étudiants"),
        (["à", "le*", "hôtel-"], "à l'hôtel"),
        (["de", "le*", "roi-"], "du roi"),
        (["de", "les*", "rois-"], "des rois"),
        (["de", "la*", "reine-"], "de la reine"),
        (["près", "de", "des", "maisons-"], "près de maisons"),
        (["près", "de", "des", "églises-"], "près d'églises"),
        (["près", "de", "de", "belles+", "églises-"], "près de belles églises"),
        (["pour", "le", "voir"], "pour le voir"),
        (["à", "le", "voir"], "à le voir"),
    ],
)
def test_words_are_elided_and_contracted_in_front_of_each_other(words, expected):
    assert told(*words) == expected


@pytest.mark.parametrize(
    ("adjective", "forms"),
    [
        ("petit", ["petit", "petite", "petits", "petites"]),
        ("rouge", ["rouge", "rouge", "rouges", "rouges"]),
        ("blanc", ["blanc", "blanche", "blancs", "blanches"]),
        ("gris", ["gris", "grise", "gris", "grises"]),
        ("beau", ["beau", "belle", "beaux", "belles"]),
        ("heureux", ["heureux", "heureuse", "heureux", "heureuses"]),
        ("cher", ["cher", "chère", "chers", "chères"]),
    ],
)
def test_an_adjective_agrees_with_its_noun(adjective, forms):
    chosen = next(one for one in ADJECTIVES if one.french == adjective)
    agreements = [(False, False), (True, False), (False, True), (True, True)]
    assert [french.agreeing(chosen, feminine=feminine, plural=plural) for feminine, plural in agreements] == forms


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        ("parler", "parle parles parle parlons parlez parlent"),
        ("manger", "mange manges mange mangeons mangez mangent"),
        ("lire", "lis lis lit lisons lisez lisent"),
        ("acheter", "achète achètes achète achetons achetez achètent"),
    ],
)
def test_the_present(verb, expected):
    assert " ".join(french.present(verb, *which) for which in french.PERSONS) == expected


def test_a_verb_outside_the_table_is_of_the_first_group():
    assert {one.french[-2:] for one in (*VERBS, *GIVING) if one.french not in french.IRREGULAR} == {"er"}


def group(verb, *, modal="", tense="present", who=HE, negation="", clitic=None, adverb="") -> str:
    words = french.group(verb, modal, tense, who, negation, clitic or Clitic(), adverb)
    return line(french.written(words), "", capital=False).text


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ({"verb": "lire", "negation": "pas"}, "ne lit pas"),
        ({"verb": "aimer", "negation": "jamais"}, "n'aime jamais"),
        ({"verb": "lire", "tense": "past", "negation": "pas"}, "n'a pas lu"),
        ({"verb": "lire", "tense": "future", "negation": "plus"}, "ne va plus lire"),
        ({"verb": "lire", "modal": "vouloir", "negation": "pas"}, "ne veut pas lire"),
        ({"verb": "arriver", "tense": "past", "who": SHE}, "est arrivée"),
        ({"verb": "aller", "tense": "past", "who": THEY, "negation": "pas"}, "ne sont pas allées"),
        ({"verb": "lire", "clitic": Clitic("le"), "negation": "pas"}, "ne le lit pas"),
        ({"verb": "aider", "clitic": Clitic("me"), "negation": "pas"}, "ne m'aide pas"),
        ({"verb": "voir", "tense": "past", "clitic": Clitic("la", False, True)}, "l'a vue"),
        (
            {"verb": "voir", "tense": "past", "clitic": Clitic("les", True, True), "negation": "pas"},
            "ne les a pas vues",
        ),
        ({"verb": "prendre", "tense": "past", "clitic": Clitic("les", True, False)}, "les a pris"),
        (
            {"verb": "voir", "tense": "future", "clitic": Clitic("la", False, True), "negation": "pas"},
            "ne va pas la voir",
        ),
        ({"verb": "lire", "tense": "past", "adverb": "souvent"}, "a souvent lu"),
    ],
)
def test_the_place_of_negation_pronouns_and_adverbs(made, expected):
    assert group(**made) == expected


READ, GO = Verb("lire", "read", "read"), Verb("aller", "go", "went")


def english_group(*arguments) -> str:
    front, after = english.group(*arguments)
    return " ".join(word.text for word in english.written((*front, Word("…"), *after)))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((GO, "", "present", 3, False, "", "", False), "… goes"),
        ((GO, "", "present", 3, False, "not", "", False), "… does not go"),
        ((GO, "", "past", 3, False, "not", "", False), "… did not go"),
        ((GO, "", "past", 1, False, "", "often", False), "… often went"),
        ((GO, "", "past", 1, False, "never", "", False), "… never went"),
        ((GO, "", "past", 2, False, "", "", True), "did … go"),
        ((GO, "", "future", 1, False, "no longer", "", False), "… am no longer going to go"),
        ((GO, "", "future", 3, True, "", "", True), "are … going to go"),
        ((READ, "can", "present", 3, False, "not", "", False), "… cannot read"),
        ((READ, "must", "present", 3, False, "", "", True), "must … read"),
        ((READ, "want to", "present", 3, False, "", "", False), "… wants to read"),
        ((READ, "want to", "present", 3, False, "not", "", True), "does … not want to read"),
    ],
)
def test_an_english_verb(arguments, expected):
    assert english_group(*arguments) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a apple", "an apple"), ("a big apple", "a big apple"), ("a university", "a university"), ("a egg", "an egg")],
)
def test_a_or_an(text, expected):
    assert " ".join(word.text for word in english.written(plain(text))) == expected


@pytest.mark.parametrize(
    ("singular", "plural"),
    [("cat", "cats"), ("city", "cities"), ("box", "boxes"), ("boy", "boys"), ("child", "children"), ("fish", "fish")],
)
def test_an_english_plural(singular, plural):
    assert english.plural(next(noun for noun in NOUNS if noun.english == singular)) == plural


def test_every_noun_and_adjective_has_one_translation():
    for table in ((*NOUNS, *MASS_NOUNS), ADJECTIVES):
        assert len({one.french for one in table}) == len(table)


def test_the_lexicon_is_as_large_as_its_documents_say():
    assert len(NOUNS) + len(MASS_NOUNS) >= 100
    assert len(ADJECTIVES) >= 50
    assert len({one.french for one in (*VERBS, *GIVING)}) >= 56


def test_the_same_seed_draws_the_same_sentences():
    first, again = ([one.french.text for one in islice(learned(5), 200)] for _ in range(2))
    assert first == again
    assert first != [one.french.text for one in islice(learned(6), 200)]


def test_no_learned_sentence_is_held_out_in_any_case_and_with_any_end(drawn):
    """The rule that divides the sentences looks at neither."""
    for one in drawn:
        text = one.french.text
        assert len({key(text), key(text.upper()), key(text.rstrip(" .?!")), key(f"{text} !")}) == 1
    unseen = [one for new in (False, True) for one in held_out(1, 100, new_pairs=new)]
    keys = {key(one.french.text) for one in unseen}
    assert len(keys) == 200
    assert not keys & {key(one.french.text) for one in drawn}
    assert all(is_held_out(one) for one in unseen)
    assert not any(is_held_out(one) for one in drawn)


def test_the_new_pairs_are_never_learned(drawn):
    unseen = held_out(1, 100, new_pairs=True)
    assert all(has_new_pair(one) for one in unseen)
    new = {pair for one in unseen for pair in one.pairs} - {pair for one in drawn for pair in one.pairs}
    assert len(new) > 50
    assert not any(has_new_pair(one) for one in drawn)


def test_the_words_that_translate_each_other(drawn):
    """Each English content word has a French one, and each word has its place in the text."""
    for one in drawn:
        links = one.translates()
        assert all(links.values()), one
        for side in (one.french, one.english):
            for word, (first, last) in zip(side.words, side.places, strict=True):
                assert side.text[first:last].lower() == word.text.lower()
    example = next(one for one in drawn if "machine learning" in one.english.text)
    pair = {example.english.words[place].text: sources for place, sources in example.translates().items()}
    assert {example.french.words[place].text for place in pair["learning"]} == {"apprentissage", "automatique"}


def test_what_the_sentences_look_like(drawn):
    for one in drawn:
        assert 1 <= len(one.french.words) <= LONGEST
        assert not UNELIDED.search(one.french.text), one
        assert not re.search(r" {2}| [.,!]|\ba [aeio]", one.english.text), one
        assert one.french.text.endswith("?") == one.english.text.endswith("?")
        assert one.english.text[0].isupper()
        assert WORD.findall(one.french.text)


def test_an_attribute_agrees_with_its_subject():
    random = Random(2)
    pairs = {(one.french, one.english) for one in (being(random) for _ in range(3000))}
    texts = {line(french.written(told), "").text: line(said, "").text for told, said in pairs}
    assert "Elles sont fatiguées" in texts
    assert "Elles sont fatigués" not in texts
    assert texts["Elles sont fatiguées"] == "They are tired"


def test_where_somebody_goes_has_a_contracted_article():
    random = Random(2)
    texts = [line(french.written(going(random).french), "").text for _ in range(500)]
    assert any(" au " in text for text in texts)
    assert any(" aux " in text for text in texts)
    assert any(" à l'" in text for text in texts)


@pytest.mark.parametrize(
    ("told", "said"),
    [("en France", "France"), ("en Allemagne", "Germany"), ("au Japon", "Japan"), ("à Londres", "London")],
)
def test_a_city_and_a_country_have_their_own_preposition(told, said):
    random = Random(2)
    drawn = {
        (line(french.written(words), "", capital=False).text, name) for words, name in map(in_the_world, [random] * 500)
    }
    assert (told, said) in drawn
    assert {text.split()[0] for text, _ in drawn} == {"à", "en", "au"}
    assert len(drawn) == 2 * len(COUNTRIES)
