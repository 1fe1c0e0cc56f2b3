"""The class as it is now: who is here, who leads, what everybody sees, what is asked, drawn and written together.

It is used on one event loop. It knows no HTTP: callers say who asks, and have checked that they may.
"""

import asyncio
from dataclasses import replace
from typing import Any

from playground.classroom.authors import Written
from playground.classroom.behind import Behind
from playground.classroom.class_text import ClassText
from playground.classroom.desk import Desk
from playground.classroom.drawing import Drawing
from playground.classroom.growth import Growth, TellSteps
from playground.classroom.holding import Holding
from playground.classroom.mode import Mode
from playground.classroom.news import News, Parts
from playground.classroom.pupils import Pupil, Pupils, read_nickname
from playground.classroom.question import Asking
from playground.classroom.scene import Scene
from playground.decoding.draws import Walk
from playground.decoding.settings import Settings
from playground.errors import PlaygroundError
from playground.traces.store import TraceStore
from playground.values import MOST_NUMBER, Values

TURN_SECONDS = 3.0
"""A pupil whose turn it is and whose page is closed loses the turn after this time. To load a page again takes less."""

Place = tuple[str, int, Settings]
"""A step of a text, and the settings under which its token is drawn."""


class Classroom:
    """One class, from its beginning to its end.

    Args:
        store: the texts.
        tell_steps: makes the message about new steps of a text.
    """

    def __init__(self, store: TraceStore, tell_steps: TellSteps) -> None:
        self._store = store
        self.pupils = Pupils()
        self.asking = Asking()
        self.drawing = Drawing()
        self.desk = Desk()
        self.lead: Pupil | None = None
        self.mode = Mode()
        self.scene: Scene | None = None
        self.text: ClassText | None = None
        self.written = Written()
        self.has_ended = False
        self.news = News(self._parts, self._desk)
        self.holding = Holding(store)
        self.growth = Growth(store, tell_steps, self._tell_growth)
        self._thawed: Scene | None = None
        self._behind = Behind(self.news.tell_desk)

    def come(self, pupil: Pupil) -> None:
        """Notes that a page of a pupil has opened."""
        self.pupils.open_page(pupil)
        self._pass_turn_on()
        self.news.tell_soon("here")

    def leave(self, pupil: Pupil) -> None:
        """Notes that a page of a pupil was closed. A pupil who does not come back at once loses the turn."""
        self.pupils.close_page(pupil)
        if self.has_ended:
            return
        self.news.tell_soon("here")
        if self.text is not None and self.text.turn is pupil:
            asyncio.get_running_loop().call_later(TURN_SECONDS, self._pass_turn_on)

    def rename(self, pupil: Pupil, nickname: object) -> None:
        """Gives a pupil another nickname, which everybody sees where the old one was."""
        pupil.nickname = read_nickname(nickname)
        self.news.tell_soon("lead", "text", "written")

    def note(self, pupil: Pupil, given: object) -> None:
        """Notes what the page of a pupil shows: {version, alone}."""
        asked = Values("The page", given)
        pupil.shown = asked.whole("version", 0, MOST_NUMBER)
        pupil.alone = asked.boolean("alone")
        self.news.tell_desk()

    def set_mode(self, given: object) -> None:
        """Changes the mode; see `Mode.change`. When the class is thawed, it gets the last scene."""
        self.mode.change(given)
        if self.mode.is_frozen or self._thawed is None:
            self.news.tell("mode", "may", growth=None if self.mode.is_frozen else self.growth.take())
            return
        scene, self._thawed = self._thawed, None
        self.holding.hold("scene", scene.trace)
        self.holding.hold("thawed", None)
        self._show(scene, "mode", "may")

    def set_lead(self, given: object) -> None:
        """Gives the lead to the pupil {number}, or with null back to the teacher.

        Raises:
            PlaygroundError: there is no such pupil.
        """
        number = Values("The lead", given).get("number")
        self.lead = None if number is None else self.pupils.chosen(number)
        self.news.tell("lead")

    def set_scene(self, scene: Scene) -> int:
        """Shows a scene to the class, or keeps it until the class is thawed. Returns the version.

        Raises:
            PlaygroundError: the store does not keep its text any more.
        """
        self.holding.hold("thawed" if self.mode.is_frozen else "scene", scene.trace)
        if self.mode.is_frozen:
            self._thawed = scene
            return self.news.version
        return self._show(scene)

    def ask(self, given: object) -> None:
        """Asks a question; see `Asking.ask`."""
        question = self.asking.ask(given)
        self.holding.hold("question", None if question.place is None else question.place["trace"])
        self.news.tell("question")

    def answer(self, pupil: Pupil, given: object) -> None:
        """Keeps a pupil's answer; see `Asking.answer`."""
        is_first = self.asking.answer(pupil, given)
        if is_first:
            self.news.tell_soon("question")
        else:
            self.news.tell_desk()

    def reveal(self, told: dict[str, Any] | None) -> None:
        """Reveals the results of the open question, with what its lesson tells of the answer.

        Raises:
            PlaygroundError: no question is open.
        """
        question = self.asking.open
        question.is_revealed, question.reveal = True, told
        self.news.tell("question")

    def close_question(self) -> None:
        """Closes the open question. Its answers stay at the teacher's desk."""
        self.asking.close()
        self.holding.hold("question", None)
        self.news.tell("question")

    def begin_draw(self, place: Place, walk: Walk) -> None:
        """Lets everybody draw from the distribution of a place; see `place`."""
        trace, index, settings = place
        self.holding.hold("draw", trace)
        self.drawing.begin((trace, index), settings, walk)
        self.news.tell("draw")

    def draw_one(self, pupil: Pupil, given: object) -> dict[str, Any]:
        """Draws for a pupil; see `Drawing.one`."""
        self.mode.refuse_while_paused()
        drawn = self.drawing.one(pupil, given)
        self.news.tell_soon("draw")
        return drawn

    def close_draw(self) -> None:
        """Ends the draw."""
        self.drawing.close()
        self.holding.hold("draw", None)
        self.news.tell("draw")

    def begin_text(self, place: Place) -> None:
        """Begins the class's text at a place; see `place`."""
        trace, index, _ = place
        self.holding.hold("text", trace)
        self.text = ClassText(trace, index, self.pupils.after(0), self.written.of(trace, index))
        self.news.tell("text")

    def text_grew(self) -> None:
        """Shows the class's text after a turn, in the same scene, and gives the turn to the next pupil."""
        text = self.open_text
        self.holding.hold("text", text.trace)
        self.holding.hold("scene", text.trace)
        assert text.last is not None, "a turn was taken"
        text.turn = None if text.has_ended else self.pupils.after(text.last.pupil.number)
        self._show(self.shown_scene.at(text.trace, text.index), "text", "written")

    def skip_turn(self) -> None:
        """Gives the turn to the next pupil.

        Raises:
            PlaygroundError: there is no class text, or a turn is being taken.
        """
        text = self.open_text
        if text.is_being_written:
            raise PlaygroundError("A token is drawn, and the next step is being computed. Wait a moment.", status=409)
        if text.turn is not None:
            text.turn = self.pupils.after(text.turn.number)
        self.news.tell("text")

    def end_text(self) -> None:
        """Ends the class's text. What the class has drawn stays in view, without what the model drew after it."""
        text, self.text = self.text, None
        own = None if text is None else text.own(self._store)
        if text is not None:
            self.written.keep(replace(text.authors, trace=own or text.trace))
        if own is not None and text is not None and self.scene is not None and self.scene.trace == text.trace:
            self.holding.hold("scene", own)
            self._show(self.scene.at(own, text.own_steps - 1), "text", "written")
        else:
            self.news.tell("text", "written")
        self.holding.hold("text", None)
        if own is not None:
            self._store.release([own])

    @property
    def place(self) -> Place:
        """The text, the step and the settings in view, from which a token can be drawn.

        Raises:
            PlaygroundError: no step of a text is in view, or nothing is drawn under the settings in view.
        """
        return self.shown_scene.place(self._store)

    @property
    def shown_scene(self) -> Scene:
        """The scene of the class.

        Raises:
            PlaygroundError: nothing is shown yet.
        """
        if self.scene is None:
            raise PlaygroundError("The class does not see a text yet. Open the Decode view first.", status=409)
        return self.scene

    @property
    def open_text(self) -> ClassText:
        """The text that the class writes.

        Raises:
            PlaygroundError: there is none.
        """
        if self.text is None:
            raise PlaygroundError("The class does not write a text now.", status=409)
        return self.text

    def why_no_play(self, pupil: Pupil | None) -> str | None:
        """Returns why the model may not work for a pupil, or for a visitor who is none; None if it may."""
        leads = pupil is not None and pupil is self.lead
        return None if leads else self.mode.why_no_play

    def end(self) -> None:
        """Ends the class: everybody is told, nothing is held any more."""
        self.has_ended = True
        self.news.tell("ended")
        self.news.end()
        self.growth.end()
        self.holding.end()

    def _show(self, scene: Scene, *others: str) -> int:
        self.scene = scene
        self.growth.follow(scene.trace)
        version = self.news.tell("scene", *others, growth=self.growth.take())
        self._behind.told(version)
        return version

    def _tell_growth(self) -> None:
        if not self.mode.is_frozen and (growth := self.growth.take()) is not None:
            self.news.tell(growth=growth)

    def _pass_turn_on(self) -> None:
        """Gives the turn to somebody who is here, if whoever has it is not."""
        text = self.text
        if text is None or text.has_ended or text.is_being_written or (text.turn is not None and text.turn.is_here):
            return
        before = text.turn.number if text.turn is not None else 0 if text.last is None else text.last.pupil.number
        text.turn = self.pupils.after(before)
        self.news.tell_soon("text")

    def _parts(self) -> Parts:
        question, draw = self.asking.question, self.drawing.draw
        return {
            "here": len(self.pupils.here),
            "lead": self.lead and self.lead.told(),
            "mode": self.mode.screen,
            "may": self.mode.may,
            "scene": self.scene and self.scene.told(),
            "growth": None,
            "question": question and question.told(),
            "draw": draw and draw.told(),
            "text": self.text and self.text.told(),
            "written": self.written.told(self.text and self.text.authors),
            "ended": self.has_ended,
        }

    def _desk(self) -> Parts:
        return self.desk.told(self.pupils, self.asking, self.drawing, self._behind.is_behind)
