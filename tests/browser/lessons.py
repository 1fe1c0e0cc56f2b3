"""A lesson as the server tells it, for tests of the page that need every kind of part and no file."""

from playwright.sync_api import BrowserContext, Page

PROMPT = "At night the sky is full of"
STARS = {"call": "probability", "of": [" stars"]}
ENTROPY = {"call": "entropy", "of": []}
SETTINGS = {"strategy": "sample", "temperature": 0.8, "top_k": 0, "top_p": 1.0, "seed": 7, "max_new_tokens": 8}


def state(fields: dict | None = None, **changes: object) -> dict:
    """Returns the state of a page, with the fields of its view. Names of settings change the settings."""
    fields = {"token": ""} if fields is None and str(changes.get("view")).startswith("inside/") else fields or {}
    place = {"view": "decode", "face": "everything", "model": None, "prompt": PROMPT, "step": 1}
    own = {name: value for name, value in changes.items() if name in place}
    other = {name: value for name, value in changes.items() if name not in place}
    return place | own | {"settings": SETTINGS | other, "fields": fields}


def rich(html: str, *values: tuple[object, str]) -> dict:
    """Returns a text whose live numbers, each with its unit, stand at `{}`."""
    outputs = [f'<output data-value="{place}"></output>' for place in range(len(values))]
    trees, units = [value for value, _ in values], [unit for _, unit in values]
    return {"html": f"<p>{html.format(*outputs)}</p>", "values": trees, "units": units}


def predict(ask: str, question: str, **more: object) -> dict:
    return {"kind": "predict", "question": rich(question), "ask": ask, "choices": None, "token": None, **more}


def reveal(says: dict, **more: object) -> dict:
    return {"kind": "reveal", "set": {}, "writes": False, "value": None, "answer": None, "says": says, **more}


CHOICES = ["It grows.", "It shrinks.", "It stays as it is."]
BEFORE = {"call": "before", "of": [STARS]}
PAGES = [
    {
        "title": "One number for every token",
        "state": state(),
        "parts": [
            {"kind": "text", **rich("“ stars” has {}, the entropy is {}.", (STARS, "percent"), (ENTROPY, "bits"))},
        ],
    },
    {
        "title": "Colder",
        "state": None,
        "parts": [
            predict("choice", "What happens to “ stars” at 0.3?", choices=CHOICES),
            reveal(
                rich("Now it is {}. Before it was {}.", (STARS, "percent"), (BEFORE, "percent")),
                set={"temperature": 0.3},
                answer="It grows.",
            ),
        ],
    },
    {
        "title": "How much?",
        "state": None,
        "parts": [
            predict("bar", "How long is the bar?", token=" stars"),
            reveal(rich("It is {}.", (STARS, "percent")), value=STARS),
        ],
    },
    {
        "title": "Which token?",
        "state": state(strategy="greedy"),
        "parts": [
            predict("token", "Which token does greedy write?"),
            reveal(rich("It is {}.", ({"call": "chosen", "of": []}, "text")), value={"call": "chosen", "of": []}),
        ],
    },
    {
        "title": "Your turn",
        "state": state(),
        "parts": [
            {
                "kind": "try",
                "task": rich("Bring the entropy below one bit with temperature alone."),
                "check": {"op": "<", "of": [ENTROPY, 1]},
                "only": ["temperature"],
                "hint": rich("Lower is sharper."),
            }
        ],
    },
    {
        "title": "Think",
        "state": state(view="inside/tokens", face="everything"),
        "parts": [
            {"kind": "text", **rich("This text has {}.", ({"call": "pieces", "of": [PROMPT]}, "count"))},
            {"kind": "ask", "question": rich("Why is it so?"), "answer": rich("Because of the softmax.")},
            {"kind": "note", **rich("Let them guess aloud first.")},
        ],
    },
]

LESSON = {
    "name": "temperature",
    "number": 6,
    "title": "Temperature",
    "about": "One slider makes a model bold or careful.",
    "level": "beginner",
    "minutes": 5,
    "language": "en",
    "model": None,
    "pages": PAGES,
}
TOLD = ("name", "number", "title", "about", "level", "minutes", "language")
ENTRY = {name: LESSON[name] for name in TOLD} | {"pages": len(PAGES), "own": False}
OWN = ENTRY | {"name": "ours", "number": 1, "title": "Our school", "own": True, "language": None}


def serve_lessons(page: Page | BrowserContext) -> None:
    """Answers the routes of lessons with the lesson of this file, and with a second one of the school's own."""
    page.route("**/playground/lessons.json?*", lambda route: route.fulfill(json={"lessons": [ENTRY, OWN]}))
    page.route("**/playground/lessons/*.json?*", lambda route: route.fulfill(json=LESSON))
