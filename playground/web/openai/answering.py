"""Answers one request with its texts: starts them, and writes them whole or as a stream.

Knows engines, texts and forms. Does not know how a request's parameters are written.
"""

import asyncio
import json
import secrets
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from fastapi import Response
from fastapi.responses import JSONResponse, StreamingResponse

from playground.decoding.settings import MAX_SEED, Settings
from playground.engine.any_engine import AnyEngine
from playground.engine.log_probabilities import of_text
from playground.engine.request import Request, check, check_new_tokens
from playground.engine.run import Run
from playground.traces.trace import Trace
from playground.web.openai.errors import RefusalError, about, told
from playground.web.openai.forms import Form
from playground.web.openai.history import History
from playground.web.openai.parameters import MOST_CHOICES, Asked
from playground.web.openai.prompts import Prompt
from playground.web.openai.spelling import Spelling, Told
from playground.web.openai.texts import Piece, pieces, together

NO_STORE = {"Cache-Control": "no-store"}


@dataclass(eq=False)
class Work:
    """One request under way.

    Attributes:
        engine: the engine that writes its texts.
        asked: what it asks for.
        prompts: what its texts begin with.
        history: where its texts are kept; None if they are forgotten.
        route: the route that it asked.
        trace_ids: its texts so far, which are held here until `close`.
    """

    engine: AnyEngine
    asked: Asked
    prompts: Sequence[Prompt]
    history: History | None
    route: str
    trace_ids: list[str] = field(default_factory=list)
    _runs: list[Run] = field(default_factory=list)

    def check(self) -> None:
        """Refuses a request that the model or the server cannot do, before any of its texts begins.

        Raises:
            RefusalError: names the parameter, its value and what to do.
        """
        is_chat = self.prompts[0].conversation is not None
        if len(self.prompts) * self.asked.choices > MOST_CHOICES:
            sentence = f"{len(self.prompts)} prompts with n = {self.asked.choices} are more than {MOST_CHOICES} texts. "
            raise RefusalError(f"{sentence}Ask for fewer.", param="n")
        with about(self.asked.length_name):
            check_new_tokens(self._length, self.engine.limits, self.asked.length_name)
        if self.asked.echoes and self.engine.model.takes_source:
            raise RefusalError(
                f"The encoder of {self.engine.model.name} reads the prompt, which is no beginning of the text that the "
                "decoder writes. Leave echo out.",
                param="echo",
                code="unsupported_parameter",
            )
        with about("messages" if is_chat else "prompt", code="context_length_exceeded"):
            for prompt in self.prompts:
                asked = Request(prompt.ids, self._settings(0), source_ids=prompt.source_ids)
                check(asked, self.engine.model, self.engine.limits)

    def begin(self) -> list[AsyncGenerator[Piece]]:
        """Starts all texts. Returns the pieces of each, in the order of the choices.

        Raises:
            PlaygroundError: too many texts wait. `close` ends those that were started.
        """
        return [self._begin(prompt, choice) for prompt in self.prompts for choice in range(self.asked.choices)]

    def close(self) -> None:
        """Ends the texts that still run, and keeps or forgets all of them."""
        for run in self._runs:
            run.close()
        if self.history is None:
            self.engine.store.drop(self.trace_ids)
        elif self.trace_ids:
            first = self.prompts[0].shown(self.engine.model.tokenizer)
            self.history.add(self.route, self.engine.model.name, first, self.trace_ids)

    async def echoes(self) -> list[Piece | None]:
        """Returns each prompt as the first piece of its texts, None if the answer does not begin with it."""
        return [await self._echo(prompt) if self.asked.echoes else None for prompt in self.prompts]

    @property
    def _length(self) -> int:
        """The most new tokens of a text, at least 1: a prompt that is only scored has to fit like any other."""
        if self.asked.length is None:
            return min(self.engine.limits.new_tokens, self.asked.usual_length or self.engine.limits.new_tokens)
        return max(1, self.asked.length)

    def _settings(self, choice: int) -> Settings:
        """Returns the settings of one text of a prompt. Each has its own seed, the first one that of the request."""
        asked = self.asked.settings
        return replace(asked, max_new_tokens=self._length, seed=(asked.seed + choice) % (MAX_SEED + 1))

    def _begin(self, prompt: Prompt, choice: int) -> AsyncGenerator[Piece]:
        settings = self._settings(choice)
        if self.asked.length == 0:
            scored = Trace(self.engine.model.name, prompt.ids, settings, (), "scored", source_ids=prompt.source_ids)
            self.trace_ids.append(self.engine.store.open(scored))
            return _nothing()
        run = self.engine.trace(
            Request(
                prompt.ids,
                settings,
                keeps_cache=False,
                keeps_attention=self.history is not None,
                reads_tensors=self.asked.alternatives is not None,
                conversation=prompt.conversation,
                source_ids=prompt.source_ids,
            )
        )
        self._runs.append(run)
        self.trace_ids.append(run.trace_id)
        is_own = prompt.conversation is not None or bool(prompt.source_ids)  # an answer begins a text of its own
        before = () if is_own else prompt.ids[-1:]
        spelling = Spelling(self.engine.model.tokenizer, before, settings.stop_strings)
        return pieces(self.engine, run, spelling, self.asked.alternatives)

    async def _echo(self, prompt: Prompt) -> Piece:
        """Returns the prompt as it was written, with its tokens. A start token that was added takes no place in it."""
        found = [None] * len(prompt.ids)
        if self.asked.alternatives is not None:
            found = [None, *await self.engine.work(partial(of_text, prompt.ids, self.asked.alternatives))]
        text, tokens = await asyncio.to_thread(_spelled, self.engine, prompt.ids, found)
        if prompt.text is None or not text.endswith(prompt.text):
            return Piece(text, tokens)
        added = len(text) - len(prompt.text)
        return Piece(prompt.text, tuple(one._replace(start=max(0, one.start - added)) for one in tokens))


def _spelled(engine: AnyEngine, ids: Sequence[int], found: Sequence[Any]) -> tuple[str, tuple[Told, ...]]:
    spelling = Spelling(engine.model.tokenizer)
    for token_id, one in zip(ids, found, strict=True):
        spelling.add(token_id, one)
    return spelling.ready(is_whole=True)


async def _nothing() -> AsyncGenerator[Piece]:
    yield Piece("", (), finish="length")


async def _after(echo: Piece | None, source: AsyncGenerator[Piece]) -> AsyncGenerator[Piece]:
    """Yields the echo, if there is one, and the pieces after it, whose tokens begin behind it."""
    if echo is not None:
        yield echo
    begun = 0 if echo is None else len(echo.text)
    async for piece in source:
        yield replace(piece, tokens=tuple(one._replace(start=one.start + begun) for one in piece.tokens))


async def answer(work: Work, form: Form) -> Response:
    """Returns the answer to a request that was checked.

    Raises:
        PlaygroundError: a text cannot be begun, or, if the answer is not a stream, cannot be ended.
    """
    sources = work.begin()
    echoes = await work.echoes()
    texts = {
        index: _after(echoes[index // work.asked.choices], source) for index, source in enumerate(sources)
    }  # by the index of the choice
    head = {
        "id": f"{form.prefix}-{secrets.token_hex(12)}",
        "created": int(time.time()),
        "model": work.engine.model.name,
    }
    if work.asked.streams:
        return StreamingResponse(_events(work, form, head, texts), media_type="text/event-stream", headers=NO_STORE)
    parts: dict[int, list[Piece]] = defaultdict(list)
    async for index, piece in together(texts):
        parts[index].append(piece)
    whole = {index: _joined(parts[index]) for index in texts}
    choices = [{"index": index} | form.choice(piece, is_part=False) for index, piece in whole.items()]
    usage = _usage(work, sum(piece.written for piece in whole.values()))
    return JSONResponse(head | {"object": form.whole, "choices": choices, "usage": usage}, headers=NO_STORE)


async def _events(
    work: Work, form: Form, head: dict[str, Any], texts: dict[int, AsyncGenerator[Piece]]
) -> AsyncIterator[str]:
    """Yields the events of a stream. An error is the last one."""
    head = head | {"object": form.part}
    others = {"usage": None} if work.asked.tells_usage else {}
    written = 0
    try:
        for index in texts if form.opening else ():
            yield _event(head | {"choices": [{"index": index, **form.opening}]} | others)
        async for index, piece in together(texts):
            written += piece.written
            yield _event(head | {"choices": [{"index": index} | form.choice(piece, is_part=True)]} | others)
        if work.asked.tells_usage:
            yield _event(head | {"choices": [], "usage": _usage(work, written)})
        yield "data: [DONE]\n\n"
    except Exception as error:
        yield _event(told(error)[1])


def _event(body: dict[str, Any]) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"


def _joined(parts: Sequence[Piece]) -> Piece:
    return Piece(
        "".join(part.text for part in parts),
        tuple(one for part in parts for one in part.tokens),
        sum(part.written for part in parts),
        parts[-1].finish,
    )


def _usage(work: Work, written: int) -> dict[str, int]:
    read = sum(len(prompt.read_ids) for prompt in work.prompts)
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
