"""Says which tokens may follow a completion under a constraint. Does not know models.

The state of a constraint is a function of the completion's ids. The matchers that are kept are only a cache of it: a
text that grows by one token costs one token, and any other text is read from its beginning.
"""

import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from llguidance import LLMatcher
from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

from playground.decoding.constraints.words import check_ends, llguidances
from playground.decoding.constraints.written import LIMITS, NAMES, Kind, lark
from playground.decoding.vocabulary import Vocabulary, kept_by_vocabulary, known_ids
from playground.errors import PlaygroundError
from playground.values import shown

UNMET = ("doesn't satisfy the grammar", "NoExtension")
"""What llguidance says where a token breaks the constraint, or where no text meets it. Its other errors are limits."""
KEPT_TEXTS = 512
"""The number of texts whose states a constraint keeps. A state takes some kilobytes."""


class Constraint(ABC):
    """One constraint for one vocabulary. Several threads may ask it. `compiled` makes it."""

    def __init__(self, words: Vocabulary) -> None:
        self.size = words.size

    @abstractmethod
    def packed(self, completion_ids: Sequence[int]) -> bytes:
        """Returns `mask` as bits: that of token i is bit i % 8, from the lowest, of byte i // 8.

        Raises:
            PlaygroundError: it takes too much to follow after this text.
        """

    def mask(self, completion_ids: Sequence[int]) -> np.ndarray:
        """Returns which tokens may follow: (vocab,) bool. After a text that breaks the constraint, none may.

        An end token may follow exactly where the constraint is met.
        """
        bits = np.frombuffer(self.packed(completion_ids), np.uint8)
        return np.unpackbits(bits, count=self.size, bitorder="little").view(bool)


class Choices(Constraint):
    """One of several texts, each in the tokens that the tokenizer writes for it and in no others.

    With choices of one token it thus keeps exactly the probabilities of these label words, rescaled to sum to 1.
    """

    def __init__(self, texts: Sequence[str], words: Vocabulary) -> None:
        super().__init__(words)
        self.ids = [known_ids("choices", one, words) for one in texts]
        self._end_ids = tuple(words.end_ids)

    def packed(self, completion_ids: Sequence[int]) -> bytes:
        before = tuple(completion_ids)
        begun = [ids for ids in self.ids if ids[: len(before)] == before]
        mask = np.zeros(self.size, bool)
        mask[[ids[len(before)] for ids in begun if len(ids) > len(before)]] = True
        if before in begun:
            mask[list(self._end_ids)] = True
        return np.packbits(mask, bitorder="little").tobytes()


class Grammar(Constraint):
    """A regular expression, a JSON schema or a grammar, as llguidance follows it.

    Any tokens whose bytes fit may follow, so that one text has several spellings in tokens. Where only one text can
    follow, llguidance keeps to the tokens that the tokenizer writes for it.

    Args:
        grammar: what `lark` returns.
        name: what people call its kind, for a sentence.
    """

    def __init__(self, grammar: str, words: Vocabulary, name: str) -> None:
        super().__init__(words)
        self._name = name
        self._lock = threading.Lock()
        self._start = LLMatcher(_tokenizer((), words), grammar, log_level=0, limits=LIMITS)
        self._reached: OrderedDict[tuple[int, ...], _State] = OrderedDict()

    @property
    def error(self) -> str:
        """Why llguidance cannot follow it at all, "" if it can."""
        return _error_of(self._start)

    def packed(self, completion_ids: Sequence[int]) -> bytes:
        with self._lock:
            state = self._after(tuple(completion_ids))
            if state.packed is None:
                state.packed = self._bits(state.matcher)
            return state.packed

    def _after(self, ids: tuple[int, ...]) -> "_State":
        """Returns the state after a text: the one that is kept, or else made from that of the text less a token."""
        if ids in self._reached:
            self._reached.move_to_end(ids)
            return self._reached[ids]
        before = self._reached.get(ids[:-1])
        matcher = (before.matcher if before else self._start).deep_copy()
        matcher.consume_tokens(list(ids[-1:] if before else ids))  # one that refuses a token stays in its error
        state = self._reached[ids] = _State(matcher)
        if len(self._reached) > KEPT_TEXTS:
            self._reached.popitem(last=False)
        return state

    def _bits(self, matcher: LLMatcher) -> bytes:
        words = allocate_token_bitmask(1, self.size)
        is_met = matcher.is_accepting()
        if not matcher.is_error() and (is_met or not matcher.is_stopped()):
            fill_next_token_bitmask(matcher, words)
        if matcher.is_error() and not any(one in matcher.get_error() for one in UNMET):
            why = _error_of(matcher).removeprefix("Parser Error: ").partition("; consider")[0]
            raise PlaygroundError(f"The {self._name} takes too much to follow after this text: {why}. Make it simpler.")
        if matcher.is_error() or (matcher.is_stopped() and not is_met):
            words[:] = 0
        return words.astype("<i4", copy=False).tobytes()[: (self.size + 7) // 8]


def _error_of(matcher: LLMatcher) -> str:
    return matcher.get_error().partition("\n")[0].rstrip(".")


class _State:
    """Where a grammar stands after a text. `packed` is None until somebody asks for the mask."""

    __slots__ = ("matcher", "packed")

    def __init__(self, matcher: LLMatcher) -> None:
        self.matcher = matcher
        self.packed: bytes | None = None


@kept_by_vocabulary
def compiled(written: tuple[Kind, tuple[str, ...] | str], words: Vocabulary) -> Constraint:
    """Returns the constraint of a kind and the value that `checked` returned: the same one, while it is kept.

    Raises:
        PlaygroundError: no text meets it, it takes too much to follow, or the model has no end token.
    """
    return made(written, words)


def made(written: tuple[Kind, tuple[str, ...] | str], words: Vocabulary) -> Constraint:
    """As `compiled`, but a new one, which has read no text."""
    check_ends(words)
    kind, value = written
    if isinstance(value, tuple):
        return Choices(value, words)
    found = Grammar(lark(kind, value), words, NAMES[kind])
    if found.error:
        raise PlaygroundError(f"The {NAMES[kind]} {shown(value)} cannot be followed: {found.error}.")
    if not any(found.packed(())):
        raise PlaygroundError(f"The {NAMES[kind]} {shown(value)} leaves no token at the first step: no text meets it.")
    return found


_tokenizer = kept_by_vocabulary(lambda _, words: llguidances(words))
