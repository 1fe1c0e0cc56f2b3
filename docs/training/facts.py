"""Simple facts in English, and short reviews that praise or blame, for the model that fills blanks.

The facts are few and stand in many sentences, so that a small model can learn them by heart.
"""

from collections.abc import Callable
from random import Random

from docs.training.lexicon import COUNTRIES


def _each(text: str) -> list[str]:
    return text.split()


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_LANGUAGES = {
    "France": "French",
    "Germany": "German",
    "Italy": "Italian",
    "Spain": "Spanish",
    "England": "English",
    "Russia": "Russian",
    "China": "Chinese",
    "Japan": "Japanese",
    "Portugal": "Portuguese",
}
_COLOURS = {
    "The sky": "blue",
    "The sea": "blue",
    "Grass": "green",
    "Snow": "white",
    "Milk": "white",
    "Coal": "black",
    "The night": "black",
    "Blood": "red",
    "A tomato": "red",
    "A lemon": "yellow",
    "The sun": "yellow",
}
_KINDS = {
    "animal": ("cat", "dog", "horse", "bird", "mouse", "cow", "rabbit", "fish", "elephant"),
    "fruit": ("apple", "orange", "lemon", "banana"),
    "drink": ("milk", "tea", "coffee", "juice", "wine"),
    "country": tuple(name for name, *_ in COUNTRIES.values()),
    "city": tuple(capital for *_, capital in COUNTRIES.values()),
    "color": ("red", "green", "blue", "black", "white", "yellow"),
    "day": _DAYS,
}
_WORK = {
    "teacher": ("teaches the students", "school"),
    "doctor": ("helps the sick", "hospital"),
    "baker": ("makes bread", "bakery"),
    "farmer": ("keeps cows", "farm"),
    "cook": ("prepares meals", "kitchen"),
    "writer": ("writes books", "library"),
}
_OPPOSITES = (
    ("big", "small"),
    ("old", "young"),
    ("hot", "cold"),
    ("good", "bad"),
    ("fast", "slow"),
    ("clean", "dirty"),
    ("heavy", "light"),
    ("rich", "poor"),
    ("easy", "difficult"),
    ("happy", "sad"),
    ("black", "white"),
    ("day", "night"),
)
_CAN = {"bird": "fly", "fish": "swim", "horse": "run", "dog": "bark", "mouse": "hide", "cow": "give milk"}

_PRAISE = _each("""
    wonderful great excellent good beautiful brilliant funny charming clever amazing perfect interesting lovely superb
    exciting touching""")
_BLAME = _each("""
    terrible awful bad boring dull silly stupid ugly poor horrible slow weak disappointing sad dreadful pointless""")
_WORKS = ("film", "movie", "book", "story", "play", "song", "concert", "novel", "show")
_PARTS = ("acting", "script", "ending", "cast", "plot", "music", "sound", "actor", "picture")
_LIKED = ("loved", "liked", "enjoyed", "adored")
_DISLIKED = ("hated", "disliked", "regretted")


def fact(random: Random) -> str:
    """Returns a sentence that is true."""
    return random.choices(list(_FACTS), list(_FACTS.values()))[0](random)


def review(random: Random, *, praises: bool) -> str:
    """Returns a review of one to three sentences, which all praise or all blame."""
    drawn = random.sample(_REMARKS, random.choices([1, 2, 3], [3, 4, 2])[0])
    if random.random() < 0.35:  # what is far from the blank tells what fits
        drawn = [_felt, _it_is]
    work = random.choice(_WORKS)
    return " ".join(one(random, work, praises) for one in drawn)


def _capital(random: Random) -> str:
    country, _, capital = random.choice(list(COUNTRIES.values()))
    return random.choice(
        [
            f"The capital of {country} is {capital}.",
            f"The capital of {country} is {capital}.",
            f"{capital} is the capital of {country}.",
            f"{capital} is a city in {country}.",
            f"{capital} is in {country}.",
        ]
    )


def _language(random: Random) -> str:
    country, language = random.choice(list(_LANGUAGES.items()))
    return random.choice([f"The people in {country} speak {language}.", f"In {country} people speak {language}."])


def _colour(random: Random) -> str:
    what, colour = random.choice(list(_COLOURS.items()))
    return f"{what} is {colour}."


def _kind(random: Random) -> str:
    kind = random.choice(list(_KINDS))
    name = random.choice(_KINDS[kind])
    if kind in ("animal", "fruit"):
        return f"{_a(name)} {name} is {_a(kind).lower()} {kind}."
    return f"{name[0].upper()}{name[1:]} is a {kind}."


def _work(random: Random) -> str:
    who, (does, place) = random.choice(list(_WORK.items()))
    return random.choice([f"A {who} {does}.", f"The {who} {does}.", f"A {who} works in a {place}."])


def _opposite(random: Random) -> str:
    first, second = random.sample(random.choice(_OPPOSITES), 2)
    return random.choice([f"The opposite of {first} is {second}.", f"What is not {first} is {second}."])


def _order(random: Random) -> str:
    table = random.choice([_DAYS, _NUMBERS])
    at = random.randrange(len(table) - 1)
    first, second = table[at], table[at + 1]
    if random.random() < 0.5:
        return f"{second[0].upper()}{second[1:]} comes after {first}."
    return f"{first[0].upper()}{first[1:]} comes before {second}."


def _ability(random: Random) -> str:
    who, can = random.choice(list(_CAN.items()))
    return f"A {who} can {can}."


def _a(word: str) -> str:
    return "An" if word[0] in "aeiou" else "A"


_FACTS: dict[Callable[[Random], str], float] = {
    _capital: 5,
    _language: 2,
    _colour: 2,
    _kind: 3,
    _work: 2,
    _opposite: 2,
    _order: 3,
    _ability: 1,
}


def _it_is(random: Random, work: str, praises: bool) -> str:
    adjectives = random.sample(_PRAISE if praises else _BLAME, 2)
    first = adjectives[0]
    return random.choice(
        [
            f"This {work} is {first}.",
            f"It was {first}.",
            f"It is {first}.",
            f"The {work} was {first}.",
            f"It was {first} and {adjectives[1]}.",
            f"What {_a(first).lower()} {first} {work}!",
            f"{_a(first)} {first} {work}.",
            f"{_a(first)} {first} and {adjectives[1]} {work}.",
            f"It was really {first}.",
        ]
    )


def _it_is_not(random: Random, work: str, praises: bool) -> str:
    adjective = random.choice(_BLAME if praises else _PRAISE)
    return random.choice([f"It was not {adjective} at all.", f"The {work} is never {adjective}."])


def _part(random: Random, work: str, praises: bool) -> str:
    adjective = random.choice(_PRAISE if praises else _BLAME)
    return random.choice(
        [f"The {random.choice(_PARTS)} is {adjective}.", f"The {random.choice(_PARTS)} was {adjective}."]
    )


def _felt(random: Random, work: str, praises: bool) -> str:
    verb = random.choice(_LIKED if praises else _DISLIKED)
    return random.choice([f"I {verb} this {work}.", f"I {verb} it.", f"We {verb} every minute of it."])


def _advice(random: Random, work: str, praises: bool) -> str:
    if praises:
        return random.choice(
            [
                "I want to see it again.",
                f"It is the best {work} of the year.",
                f"I recommend this {work}.",
                "You have to see it.",
            ]
        )
    return random.choice(
        [
            "I want my money back.",
            f"It is the worst {work} of the year.",
            "It was a waste of time.",
            "Do not see it.",
        ]
    )


_REMARKS = (_it_is, _it_is, _it_is_not, _part, _felt, _advice)
