"""The words of the grammar, as tables: nouns, adjectives, verbs, names and the rest, French beside English.

It knows no rule of either language, except how to read the tables. A form that the rules of `docs.training.french` or
`docs.training.english` do not give is written after a slash: `œil/yeux` (singular, plural), `give/gave` (base, past).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Noun:
    """A noun. `kind` says in which sentences it makes sense; a plural is empty where the rules give it."""

    french: str
    english: str
    feminine: bool
    kind: str
    french_plural: str = ""
    english_plural: str = ""


@dataclass(frozen=True)
class Adjective:
    """An adjective. `before` says that it stands in front of a French noun, `of` which nouns it can describe."""

    french: str
    english: str
    before: bool
    of: str
    french_feminine: str = ""


@dataclass(frozen=True)
class Verb:
    """A verb.

    Attributes:
        objects: the kinds of nouns that its object can have; empty where it has none.
        french_link: the preposition in front of a French object, or empty.
        english_link: the preposition in front of an English object, or empty.
    """

    french: str
    english: str
    english_past: str = ""
    objects: tuple[str, ...] = ()
    french_link: str = ""
    english_link: str = ""


# French, gender, English. The kinds: person, animal, text (what is read), food, thing, place.
_NOUNS = {
    "person": """
        étudiant m student | étudiante f student | professeur m teacher | homme m man/men | femme f woman/women |
        garçon m boy | fille f girl | enfant m child/children | ami m friend | amie f friend | voisin m neighbor |
        voisine f neighbor | père m father | mère f mother | frère m brother | sœur f sister | médecin m doctor |
        roi m king | reine f queen | boulanger m baker | chanteuse f singer | fermier m farmer | écrivain m writer |
        avocate f lawyer | ingénieur m engineer""",
    "animal": """
        chat m cat | chien m dog | cheval/chevaux m horse | oiseau/oiseaux m bird | souris/souris f mouse/mice |
        vache f cow | lapin m rabbit | poisson m fish/fish | éléphant m elephant""",
    "text": """
        livre m book | lettre f letter | journal/journaux m newspaper | histoire f story | phrase f sentence |
        poème m poem | message m message | roman m novel | article m article""",
    "food": """
        pomme f apple | gâteau/gâteaux m cake | fromage m cheese | orange f orange | œuf m egg | salade f salad |
        soupe f soup | repas/repas m meal""",
    "thing": """
        table f table | chaise f chair | porte f door | fenêtre f window | clé f key | voiture f car | vélo m bicycle |
        bateau/bateaux m boat | train m train | avion m plane | lampe f lamp | lit m bed | sac m bag | chapeau/chapeaux
        m hat | robe f dress | chemise f shirt | chaussure f shoe | stylo m pen | ordinateur m computer | téléphone m
        telephone | photo f photo | image f picture | fleur f flower | arbre m tree | cadeau/cadeaux m gift | verre m
        glass | tasse f cup | couteau/couteaux m knife/knives | boîte f box | modèle m model | machine f machine | mot m
        word | question f question | réponse f answer | langue f language | film m movie | chanson f song | idée f
        idea | problème m problem | leçon f lesson""",
    "place": """
        maison f house | école f school | ville f city | village m village | rue f street | jardin m garden | chambre f
        bedroom | cuisine f kitchen | bureau/bureaux m office | gare f station | magasin m store | marché m market |
        hôpital/hôpitaux m hospital | hôtel m hotel | restaurant m restaurant | musée m museum | parc m park |
        bibliothèque f library | université f university | plage f beach | forêt f forest | église f church""",
}

# What has no article and no plural in English. The kinds: subject (what is studied or loved) and drink.
_MASS = {
    "subject": """
        apprentissage automatique m machine learning | intelligence artificielle f artificial intelligence | musique f
        music | poésie f poetry | informatique f computer science | physique f physics | chimie f chemistry | grammaire
        f grammar | danse f dance | liberté f freedom""",
    "drink": """
        café m coffee | thé m tea | eau f water | lait m milk | vin m wine | jus m juice""",
    "dish": """
        pain m bread | riz m rice | viande f meat | chocolat m chocolate | beurre m butter""",
}

# French masculine (and feminine), English. The keys: before or after the noun, and what it can describe: all, persons,
# things, or what is seen and is no person.
_ADJECTIVES = {
    ("before", "all"): """
        grand big | petit small | beau/belle beautiful | nouveau/nouvelle new | vieux/vieille old | joli pretty |
        bon/bonne good | mauvais bad""",
    ("before", "seen"): """gros/grosse fat""",
    ("before", "person"): """jeune young""",
    ("before", "thing"): """long/longue long""",
    ("after", "all"): """
        intéressant interesting | important important | célèbre famous | français French | anglais English | allemand
        German | étrange strange | moderne modern | magnifique wonderful | utile useful""",
    ("after", "seen"): """
        rouge red | noir black | blanc/blanche white | vert green | bleu blue | gris gray | dangereux/dangereuse
        dangerous""",
    ("after", "person"): """
        intelligent intelligent | content glad | heureux/heureuse happy | triste sad | fatigué tired | malade sick |
        riche rich | pauvre poor | gentil/gentille kind | drôle funny | fort strong | calme calm | curieux/curieuse
        curious | patient patient""",
    ("after", "thing"): """
        jaune yellow | rapide fast | facile easy | difficile difficult | simple simple | propre clean | sale dirty |
        cher/chère expensive | vide empty | lourd heavy | court short | léger/légère light | automatique automatic |
        rond round""",
}

# French infinitive (and the preposition of its object), English base (past, preposition). Keys: the kinds of objects.
_VERBS = {
    "": """
        dormir sleep/slept | marcher walk | courir run/ran | chanter sing/sang | danser dance | travailler work | nager
        swim/swam | pleurer cry/cried | rire laugh | jouer play | arriver arrive | partir leave/left | venir come/came |
        tomber fall/fell | rester stay | entrer enter | rêver dream | voyager travel""",
    "person animal text food thing place": """
        voir see/saw | regarder look+at | chercher look+for | trouver find/found | connaître know/knew | photographier
        photograph | dessiner draw/drew | oublier forget/forgot""",
    "person animal text food thing place subject drink dish": """
        aimer love | préférer prefer/preferred | adorer adore | détester hate""",
    "person": """
        aider help | inviter invite | attendre wait+for | remercier thank | parler+à speak/spoke+to | téléphoner+à
        call | enseigner+à teach/taught | répondre+à answer | rencontrer meet/met | saluer greet""",
    "person animal": """suivre follow | appeler call | perdre lose/lost""",
    "text": """lire read/read | écrire write/wrote | traduire translate | corriger correct""",
    "text thing subject": """expliquer explain | comprendre understand/understood | apprendre learn""",
    "drink": """boire drink/drank""",
    "food dish": """manger eat/ate | préparer prepare | cuisiner cook | goûter taste""",
    "food text thing": """
        acheter buy/bought | vendre sell/sold | prendre take/took | choisir choose/chose | porter carry/carried |
        cacher hide/hid | apporter bring/brought""",
    "place": """visiter visit | quitter leave/left | habiter+dans live+in""",
    "subject": """étudier study/studied | enseigner teach/taught""",
}

# Verbs with two objects: a thing, and the person to whom it goes.
_GIVING = """
    donner give/gave | montrer show | envoyer send/sent | offrir offer | lire read/read | vendre sell/sold | prêter
    lend/lent"""

LIKING = ("aimer", "adorer", "détester", "préférer")
"""The verbs after which a French article of all things is none in English: `les chats` is *cats*."""

NAMES = {
    False: ("Paul", "Pierre", "Thomas", "Louis", "Simon", "Antoine"),
    True: ("Marie", "Julie", "Claire", "Sophie", "Emma", "Alice"),
}
"""First names, by whether the person is a woman."""

NUMBERS = dict(
    zip(
        ["deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "vingt"],
        ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "twenty"],
        strict=True,
    )
)

COUNTRIES = {
    "la France": ("France", "Paris", "Paris"),
    "l'Allemagne": ("Germany", "Berlin", "Berlin"),
    "l'Italie": ("Italy", "Rome", "Rome"),
    "l'Espagne": ("Spain", "Madrid", "Madrid"),
    "l'Angleterre": ("England", "Londres", "London"),
    "la Belgique": ("Belgium", "Bruxelles", "Brussels"),
    "l'Autriche": ("Austria", "Vienne", "Vienna"),
    "la Russie": ("Russia", "Moscou", "Moscow"),
    "la Chine": ("China", "Pékin", "Beijing"),
    "le Japon": ("Japan", "Tokyo", "Tokyo"),
    "le Canada": ("Canada", "Ottawa", "Ottawa"),
    "le Portugal": ("Portugal", "Lisbonne", "Lisbon"),
}
"""Countries with their article, the English name, and the capital in both languages."""

PLACES_WITH = {"dans": "in", "devant": "in front of", "derrière": "behind", "près de": "near"}
"""The prepositions of a place."""
ON_THINGS = {"sur": "on", "sous": "under", "à côté de": "next to"}
"""The prepositions of a place, with a thing."""

FREQUENCY = {"souvent": "often", "toujours": "always", "parfois": "sometimes"}
"""Adverbs behind a French verb, and before an English one."""
MANNER = {
    "bien": "well",
    "mal": "badly",
    "vite": "quickly",
    "lentement": "slowly",
    "ensemble": "together",
    "ici": "here",
}
"""Adverbs behind the verb in both languages."""
TIMES = {
    "present": {"aujourd'hui": "today", "maintenant": "now", "tous les jours": "every day"},
    "past": {"hier": "yesterday", "ce matin": "this morning"},
    "future": {"demain": "tomorrow", "ce soir": "tonight", "la semaine prochaine": "next week"},
}
"""When something happens, by the tense of its verb."""

FEELINGS = {
    "faim": "hungry",
    "soif": "thirsty",
    "peur": "afraid",
    "raison": "right",
    "tort": "wrong",
    "froid": "cold",
    "chaud": "hot",
    "sommeil": "sleepy",
}
"""What a French speaker has, and an English one is: `j'ai faim`."""

JOBS = ("étudiant", "étudiante", "professeur", "médecin", "boulanger", "fermier", "écrivain", "avocate", "ingénieur")
"""Nouns that stand without article in French: `il est professeur`."""

PHRASES = (
    ("Bonjour", "Hello"),
    ("Bonsoir", "Good evening"),
    ("Bonne nuit", "Good night"),
    ("Au revoir", "Goodbye"),
    ("Merci", "Thank you"),
    ("Merci beaucoup", "Thank you very much"),
    ("Oui", "Yes"),
    ("Non", "No"),
    ("Bien sûr", "Of course"),
    ("À demain", "See you tomorrow"),
    ("S'il vous plaît", "Please"),
    ("Excusez-moi", "Excuse me"),
    ("Bienvenue", "Welcome"),
    ("Je m'appelle {name}", "My name is {name}"),
    ("Bonjour, {name}", "Hello, {name}"),
    ("Merci, {name}", "Thank you, {name}"),
    ("Comment allez-vous ?", "How are you?"),
    ("Comment ça va ?", "How are you?"),
    ("Quelle heure est-il ?", "What time is it?"),
    ("Qu'est-ce que c'est ?", "What is it?"),
    ("Comment vous appelez-vous ?", "What is your name?"),
)
"""Sentences that are learned as a whole."""


def _entries(table: str) -> list[list[str]]:
    return [entry.split() for entry in " ".join(table.split()).split(" | ")]


def _nouns(tables: dict[str, str]) -> tuple[Noun, ...]:
    found = []
    for kind, table in tables.items():
        for entry in _entries(table):
            at = entry.index("m") if "m" in entry else entry.index("f")
            french, _, french_plural = " ".join(entry[:at]).partition("/")
            english, _, english_plural = " ".join(entry[at + 1 :]).partition("/")
            found.append(Noun(french, english, entry[at] == "f", kind, french_plural, english_plural))
    return tuple(found)


def _adjectives() -> tuple[Adjective, ...]:
    found = []
    for (place, of), table in _ADJECTIVES.items():
        for written, english in _entries(table):
            french, _, feminine = written.partition("/")
            found.append(Adjective(french, english, place == "before", of, feminine))
    return tuple(found)


def _verbs(objects: str, table: str) -> list[Verb]:
    found = []
    for left, right in _entries(table):
        french, _, french_link = left.partition("+")
        forms, _, english_link = right.partition("+")
        english, _, past = forms.partition("/")
        found.append(Verb(french, english, past, tuple(objects.split()), french_link, english_link))
    return found


NOUNS = _nouns(_NOUNS)
MASS_NOUNS = _nouns(_MASS)
ADJECTIVES = _adjectives()
VERBS = tuple(verb for objects, table in _VERBS.items() for verb in _verbs(objects, table))
GIVING = tuple(_verbs("thing", _GIVING))
