"""Spells a text token by token: which part of it is certain, where each token begins, and where a stop text cuts it.

Knows tokenizers. Does not know who writes the tokens.
"""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from playground.engine.log_probabilities import LogProbability
from playground.models.tokenizer import Tokenizer

UNFINISHED = "\N{REPLACEMENT CHARACTER}"
"""What a tokenizer writes at the end of a text that ends within a character."""


class Told(NamedTuple):
    """A token of a text.

    Attributes:
        token_id: the token.
        start: the place in the text at which it begins.
        found: its log-probability; None where none is asked for, and for a text's first token, which nothing predicts.
    """

    token_id: int
    start: int
    found: LogProbability | None


class Spelling:
    """The text of tokens that come one after the other.

    Args:
        tokenizer: of the model that writes them.
        before: the tokens before the text, as far as they change how its first token is written.
        stops: texts before which the text ends.
    """

    def __init__(self, tokenizer: Tokenizer, before: Sequence[int] = (), stops: Sequence[str] = ()) -> None:
        self._tokenizer = tokenizer
        self._before = list(before)
        self._stops = stops
        self._open: list[int] = []  # tokens since the last place at which no character is unfinished
        self._tokens: deque[tuple[int, Told]] = deque()  # with the place where each ends
        self._text = ""
        self._sent = 0
        self.is_cut = False
        """Whether a stop text was found. What follows it does not belong to the text."""

    def add(self, token_id: int, found: LogProbability | None = None) -> None:
        """Adds the next token."""
        if self.is_cut:
            return
        start = len(self._text)
        self._open.append(token_id)
        if not self._opened().endswith(UNFINISHED):
            self._settle()
        self._tokens.append((len(self._text), Told(token_id, start, found)))
        self._cut()

    def ready(self, *, is_whole: bool = False) -> tuple[str, tuple[Told, ...]]:
        """Returns the text and the tokens that are certain and were not returned before.

        Args:
            is_whole: whether no token follows, so that all is certain.
        """
        if is_whole and not self.is_cut:
            self._settle()
            self._cut()
        end = len(self._text) if is_whole or self.is_cut else len(self._text) - self._may_be_stop()
        text, self._sent = self._text[self._sent : end], max(end, self._sent)
        told: list[Told] = []
        while self._tokens and (is_whole or self._tokens[0][0] <= self._sent):
            told.append(self._tokens.popleft()[1])
        if self.is_cut:
            told = [one for one in told if one.start < len(self._text)]
        return text, tuple(told)

    def _opened(self) -> str:
        """Returns the text of the open tokens."""
        known = self._tokenizer.decode(self._before) if self._before else ""
        if known.endswith(UNFINISHED):
            return self._tokenizer.decode(self._open)
        return self._tokenizer.decode([*self._before, *self._open])[len(known) :]

    def _settle(self) -> None:
        if self._open:
            self._text += self._opened()
            self._before, self._open = self._open[-1:], []

    def _cut(self) -> None:
        places = [place for stop in self._stops if (place := self._text.find(stop)) >= 0]
        if places:
            self._text, self.is_cut = self._text[: min(places)], True

    def _may_be_stop(self) -> int:
        """Returns how many characters at the end may be the beginning of a stop text."""
        longest = 0
        for stop in self._stops:
            sizes = range(min(len(stop) - 1, len(self._text)), longest, -1)
            longest = next((size for size in sizes if self._text.endswith(stop[:size])), longest)
        return longest
