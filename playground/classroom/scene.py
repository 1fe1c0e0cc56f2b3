"""What the class looks at: the view, the text and its step, the settings, the lesson's page. Checks what a page sends.

Does not know whether the text exists.
"""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from playground import values
from playground.decoding.settings import Settings
from playground.errors import PlaygroundError
from playground.traces.store import TraceStore
from playground.values import Values

LARGEST_BYTES = 20_000
LONGEST_NAME = 100
LONGEST_MODEL = 1000
MOST_INDEX = 1_000_000
NAMES = ("view", "face", "model", "trace", "index", "settings", "lesson", "prompt", "guess", "fields")


@dataclass(frozen=True)
class Scene:
    """One state of the page that leads. What a page does not say is None.

    Attributes:
        view: the open view, as the page's addresses name it.
        face: "simple" or "everything".
        trace: the id of the text in view.
        index: its step in view; below 0 a token of the prompt; None for its newest step.
        settings: those of the sliders, by name, all of them.
        lesson: {name, page} of the open lesson.
        guess: whether the bars are hidden, so that the class can guess.
        fields: what a view has of its own, as its page knows it.
    """

    view: str
    face: str | None = None
    model: str | None = None
    trace: str | None = None
    index: int | None = None
    settings: dict[str, Any] | None = None
    lesson: dict[str, Any] | None = None
    prompt: str | None = None
    guess: bool = False
    fields: dict[str, Any] | None = None

    def told(self) -> dict[str, Any]:
        """Returns all fields by name."""
        return asdict(self)

    def at(self, trace: str, index: int) -> "Scene":
        """Returns the same with another text and step in view."""
        return replace(self, trace=trace, index=index)

    @property
    def drawn_under(self) -> Settings:
        """The settings under which tokens are drawn.

        Raises:
            PlaygroundError: nothing is drawn under those in view.
        """
        settings = Settings.from_dict(self.settings or {})
        if settings.strategy != "sample":
            raise PlaygroundError(
                f"The strategy is {settings.strategy}, which draws nothing. Choose sample in the sidebar.", status=409
            )
        return settings

    def place(self, store: TraceStore) -> tuple[str, int, Settings]:
        """Returns the text, the step and the settings from which something can be drawn.

        Raises:
            PlaygroundError: there is none in view, or nothing is drawn under these settings.
        """
        index = self.index
        if index is None and self.trace is not None:
            index = len(store.get(self.trace).steps) - 1
        if self.trace is None or index is None or index < 0:
            raise PlaygroundError("No step of a text is in view. Open a text and choose one of its steps.", status=409)
        return self.trace, index, self.drawn_under


def read_scene(given: object) -> Scene:
    """Returns the scene that a page sends.

    Raises:
        PlaygroundError: a value is of another kind or out of bounds, or the whole is too large.
    """
    asked = Values("The scene", given)
    written = values.mapping("The scene", given)
    unknown = [name for name in written if name not in NAMES]
    if unknown:
        raise PlaygroundError(
            f"The scene has {values.shown(unknown[0])}, which it does not hold. It holds {', '.join(NAMES)}."
        )
    size = _size(written)
    if size > LARGEST_BYTES:
        raise PlaygroundError(
            f"The scene has {size:,} bytes, and the class takes at most {LARGEST_BYTES:,}. Shorten the prompt.",
            status=413,
        )
    return Scene(
        view=asked.text("view", LONGEST_NAME),
        face=asked.choice("face", ("simple", "everything")) if "face" in asked else None,
        model=asked.text("model", LONGEST_MODEL) if "model" in asked else None,
        trace=asked.trace_id("trace") if "trace" in asked else None,
        index=asked.whole("index", -MOST_INDEX, MOST_INDEX) if "index" in asked else None,
        settings=Settings.from_dict(asked.mapping("settings")).to_dict() if "settings" in asked else None,
        lesson=read_lesson(asked.get("lesson")) if "lesson" in asked else None,
        prompt=asked.text("prompt", LARGEST_BYTES) if "prompt" in asked else None,
        guess=asked.boolean("guess") if "guess" in asked else False,
        fields=asked.mapping("fields") if "fields" in asked else None,
    )


def read_lesson(given: object) -> dict[str, Any]:
    """Returns {name, page}, and `lang` if it is given, of a lesson's page that a page sends.

    Raises:
        PlaygroundError: a value is of another kind or out of bounds.
    """
    asked = Values("The lesson", given)
    lang = {"lang": asked.text("lang", LONGEST_NAME)} if "lang" in asked else {}
    return {"name": asked.text("name", LONGEST_NAME), "page": asked.whole("page", 0, MOST_INDEX)} | lang


def _size(written: dict[str, Any]) -> int:
    """Returns the bytes of the scene as JSON.

    Raises:
        PlaygroundError: it holds half a character, or what is no JSON.
    """
    try:
        return len(json.dumps(written, ensure_ascii=False, allow_nan=False).encode())
    except (ValueError, RecursionError):
        raise PlaygroundError("The scene holds a number or a character that does not exist. Send plain JSON.") from None
