"""Writes texts in OpenAI's two forms, whole and as parts of a stream. Knows no engine."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from playground.web.openai.spelling import Told
from playground.web.openai.texts import Piece

LOWEST = -9999.0
"""The log-probability of a token whose logit is -inf, as OpenAI writes it, because JSON has no infinity."""


class Form(ABC):
    """One form of an answer.

    Args:
        names: the bytes of each token, by its id.
        tells_tokens: whether the answer has log-probabilities.

    Attributes:
        prefix: the beginning of an answer's id.
        whole, part: the names of a whole answer's object and of one in a stream.
        opening: the choice with which each text of a stream begins, without its index; empty for none.
    """

    prefix: str
    whole: str
    part: str
    opening: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, names: Sequence[bytes], tells_tokens: bool) -> None:
        self._names = names
        self._tells_tokens = tells_tokens

    def choice(self, piece: Piece, *, is_part: bool) -> dict[str, Any]:
        """Returns a choice without its index: the whole text, or what a stream tells next of it."""
        told = self._logprobs(piece.tokens) if self._tells_tokens else None
        return self._content(piece, is_part) | {"logprobs": told, "finish_reason": piece.finish}

    @abstractmethod
    def _content(self, piece: Piece, is_part: bool) -> dict[str, Any]: ...

    @abstractmethod
    def _logprobs(self, tokens: Sequence[Told]) -> dict[str, Any]: ...


class Completion(Form):
    """The form of `/v1/completions`."""

    prefix, whole, part = "cmpl", "text_completion", "text_completion"

    def _content(self, piece: Piece, is_part: bool) -> dict[str, Any]:
        return {"text": piece.text}

    def _logprobs(self, tokens: Sequence[Told]) -> dict[str, Any]:
        return {
            "tokens": [self._name(one.token_id) for one in tokens],
            "token_logprobs": [None if one.found is None else finite(one.found.nats) for one in tokens],
            "top_logprobs": [self._best(one) for one in tokens],
            "text_offset": [one.start for one in tokens],
        }

    def _best(self, token: Told) -> dict[str, float] | None:
        """Returns the most probable tokens, and the token itself if it is none of them."""
        if token.found is None:
            return None
        best = dict(token.found.best) | {token.token_id: token.found.nats}
        return {self._name(token_id): finite(nats) for token_id, nats in best.items()}

    def _name(self, token_id: int) -> str:
        """Returns a token as text, or its bytes as OpenAI writes them if it holds only a part of a character."""
        name = self._names[token_id]
        try:
            return name.decode()
        except UnicodeDecodeError:
            return "bytes:" + "".join(f"\\x{byte:02x}" for byte in name)


class Chat(Form):
    """The form of `/v1/chat/completions`."""

    prefix, whole, part = "chatcmpl", "chat.completion", "chat.completion.chunk"
    opening = MappingProxyType({"delta": {"role": "assistant", "content": ""}, "logprobs": None, "finish_reason": None})

    def _content(self, piece: Piece, is_part: bool) -> dict[str, Any]:
        if is_part:
            return {"delta": {"content": piece.text} if piece.text else {}}
        return {"message": {"role": "assistant", "content": piece.text, "refusal": None}}

    def _logprobs(self, tokens: Sequence[Told]) -> dict[str, Any]:
        return {"content": [self._token(one) for one in tokens], "refusal": None}

    def _token(self, token: Told) -> dict[str, Any]:
        assert token.found is not None, "the answer to a conversation has tokens before it"
        best = [self._named(*one) for one in token.found.best]
        return self._named(token.token_id, token.found.nats) | {"top_logprobs": best}

    def _named(self, token_id: int, nats: float) -> dict[str, Any]:
        name = self._names[token_id]
        return {"token": name.decode("utf-8", "replace"), "logprob": finite(nats), "bytes": list(name)}


def finite(nats: float) -> float:
    """Returns a log-probability that JSON can hold."""
    return max(nats, LOWEST)
