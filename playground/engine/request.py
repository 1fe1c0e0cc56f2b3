"""Defines the requests to the engine and its limits, and refuses what is over a limit before it enters.

Knows models, for their window, and settings. Does not know threads, caches or traces.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from playground import values
from playground.conversation import Conversation
from playground.decoding.processors import check_words
from playground.decoding.settings import Settings
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.models.loaded_model import LoadedModel, no_source
from playground.models.word_ids import words_of

Tokens = Literal["prompt_tokens", "new_tokens"]
OPTIONS: dict[Tokens, tuple[str, str]] = {
    "prompt_tokens": ("--max-prompt-tokens", "--max-new-tokens"),
    "new_tokens": ("--max-new-tokens", "--max-prompt-tokens"),
}
"""The option of each limit of a text, and the option of what takes the other part of the text's memory."""


@dataclass(frozen=True)
class Limits:
    """The bounds of what one server does at once. The defaults suit a class of thirty on one machine."""

    rows: int = 64
    waiting: int = 64
    """The waiting requests of all visitors together. Requests in the background do not count."""
    waiting_each: int = 32
    """The waiting requests of one visitor. The API compares up to 16 prompts at once; its visitors are addresses."""
    prompt_tokens: int = 2048
    new_tokens: int = 512
    batch_tokens: int = 65_536
    """The most tokens that the key/value caches may hold: the number of rows times the longest row's tokens."""
    search_tokens: int = 8192
    """The same for one beam search: beams times the tokens of the longest sequence. A prompt that is kept once counts
    once."""
    tree_tokens: int = 32_832
    """The same for one forward of a search of the whole tree: 16 prefixes of a prompt of 2,048 tokens and four more."""
    label_tokens: int = 8192
    """The same for one forward over label words: its rows times the tokens of each."""
    text_tokens: int = 0
    """The tokens that take as much memory as the states of one text do; 0 for a model with attention only. A search
    and a forward over label words count them for each row."""
    map_bytes: int = 96 * 2**20
    """The bytes of attention maps that are kept on the host: those of all 270 heads of one text of 512 tokens, or of
    twenty texts of 128 tokens."""
    look_bytes: int = 32 * 2**20
    """The bytes of the positions that are kept after they were computed again, because somebody looked at them."""
    fitted: frozenset[Tokens] = frozenset()
    """The limits of a text, prompt or new tokens, that the memory plan made smaller."""

    @property
    def waiting_background_each(self) -> int:
        """The waiting requests in the background of one visitor: two grids, each of which keeps `rows` under way."""
        return 2 * self.rows

    @property
    def characters(self) -> int:
        """The most characters of a text that is tokenised. A longer text almost certainly has too many tokens."""
        return self.prompt_tokens * values.CHARACTERS_A_TOKEN

    def raising(self, name: Tokens) -> str:
        """Returns how a server with a higher limit is started: "start the server with a higher --max-new-tokens".

        A higher option does not help where the memory is full, and prompt and new tokens share it.
        """
        option, other = OPTIONS[name]
        if name not in self.fitted:
            return f"start the server with a higher {option}"
        return (
            "start the server with a smaller model, or with a smaller "
            f"{other}, because the memory has no room for longer texts"
        )

    @property
    def background_rows(self) -> int:
        """The rows that background requests may hold while somebody waits for a text. Otherwise they may hold all."""
        return max(1, self.rows // 2)


@dataclass(frozen=True)
class Request:
    """A completion to make.

    Attributes:
        prompt_ids: the prompt, which is never cut. For an encoder–decoder, the beginning of the decoder's text.
        settings: the settings of every step.
        completion_ids: tokens of the completion that are there already, after the prompt.
        forced_ids: the tokens that come next, given and not chosen; each gets a step.
        max_steps: the number of new tokens after which the text pauses; with None it goes on until the completion has
            `settings.max_new_tokens` tokens.
        background: whether the request is part of a grid or an evaluation. Such a request waits behind those that
            people wait for. While there are any of those, all background requests together take at most half the rows.
            Its steps go to its reader without attention and are not stored, so that people's traces stay.
        keeps_cache: whether another request may continue this text, so that its cache is worth keeping. The caches of
            requests in the background are not kept, which leaves the memory to others.
        keeps_attention: whether anybody may look at the attention of its steps. That of requests in the background is
            not made.
        reads_tensors: whether the reader of its steps reads their tensors as they come. The tensors of other requests
            stay where the model is, and are fetched when somebody looks at them.
        conversation: the conversation whose text the prompt is; None for a plain prompt.
        source_ids: what the encoder reads; empty for a decoder-only model.
    """

    prompt_ids: tuple[int, ...]
    settings: Settings
    completion_ids: tuple[int, ...] = ()
    forced_ids: tuple[int, ...] = ()
    max_steps: int | None = None
    background: bool = False
    keeps_cache: bool = True
    keeps_attention: bool = True
    reads_tensors: bool = False
    conversation: Conversation | None = None
    source_ids: tuple[int, ...] = ()


def check_text(
    text: str, ids: tuple[int, ...], model: LanguageModel, limits: Limits, source_ids: tuple[int, ...] = ()
) -> None:
    """Refuses a text that cannot be scored.

    Args:
        text: the text as it is written.
        ids: what the model reads; for an encoder–decoder, its decoder.
        source_ids: what the encoder reads; empty for a decoder-only model.

    Raises:
        PlaygroundError: the encoder reads the text itself, or the text is empty, has only one token, or is over a
            limit.
    """
    if not text:
        raise PlaygroundError("There is no text to score. Write or paste one into the Prompt field.")
    if source_ids and not set(ids) - {*model.start_ids, *model.languages.ids.values()}:
        raise PlaygroundError(
            f"The encoder of {model.name} reads this text, and predicts none of its tokens. Press Generate: each token "
            "that the decoder writes has its probability.",
            status=422,
        )
    if len(ids) < 2:
        raise PlaygroundError(
            f"The text {values.shown(text)} is a single token, so no token before it predicts it. "
            "Write a text of two tokens or more."
        )
    check(Request(ids, Settings(strategy="greedy", max_new_tokens=1), source_ids=source_ids), model, limits)


def checked_text(name: str, value: object, limits: Limits) -> str:
    """Returns `value`, which came from a page or a client, if it is a text and short enough to be tokenised.

    Raises:
        PlaygroundError: it is not.
    """
    if isinstance(value, str) and len(value) > limits.characters:
        raise PlaygroundError(
            f"{name} has {len(value):,} characters, and this server reads at most {limits.characters:,}: "
            f"{values.CHARACTERS_A_TOKEN} for each of the {limits.prompt_tokens:,} tokens that a prompt may have. "
            f"Shorten it, or {limits.raising('prompt_tokens')}.",
            status=413,
        )
    return values.text(name, value, limits.characters)


def checked_ids(ids: object, model: LoadedModel) -> tuple[int, ...]:
    """Returns `ids`, which came from a page, if all are tokens of the model and its window can hold them.

    Raises:
        PlaygroundError: they are not.
    """
    if not isinstance(ids, list | tuple):
        raise PlaygroundError(f"The tokens must be a list of ids, but are {values.shown(ids)}.")
    if len(ids) > model.window:
        raise PlaygroundError(
            f"There are {len(ids):,} tokens, and {model.name} has a window of {model.window:,}. Give fewer.", status=413
        )
    return tuple(checked_id(token_id, model) for token_id in ids)


def checked_id(token_id: object, model: LoadedModel) -> int:
    """Returns `token_id`, which came from a page, if it is a token of the model.

    Raises:
        PlaygroundError: it is not.
    """
    if isinstance(token_id, int) and not isinstance(token_id, bool) and 0 <= token_id < model.vocabulary_size:
        return token_id
    raise PlaygroundError(
        f"{values.shown(token_id)} is no token of {model.name}. Give a whole number from 0 to "
        f"{model.vocabulary_size - 1:,}."
    )


def check(request: Request, model: LanguageModel, limits: Limits) -> None:
    """Refuses a request that the model or the server cannot do.

    Raises:
        PlaygroundError: names the limit, the value and the remedy.
    """
    settings, prompt, window = request.settings, len(request.prompt_ids), model.window
    if settings.strategy == "beam":
        raise PlaygroundError("strategy is 'beam', which gives a tree and not a trace. Choose greedy or sample.")
    check_new_tokens(settings.max_new_tokens, limits)
    check_words(settings, words_of(model))
    check_source(request.source_ids, model, limits)
    if prompt >= window:
        raise PlaygroundError(
            f"The prompt has {prompt:,} tokens, and {model.name} has a window of {window:,}, which must also hold "
            f"the new ones. Shorten the prompt by at least {prompt - window + 1:,} tokens.",
            status=422,
        )
    if prompt > limits.prompt_tokens:
        raise PlaygroundError(
            f"The prompt has {prompt:,} tokens, and this server takes at most {limits.prompt_tokens:,}. "
            f"Shorten the prompt, or {limits.raising('prompt_tokens')}.",
            status=413,
        )
    _check_forced(request, model)
    if prompt + len(request.completion_ids) >= window:
        raise PlaygroundError(
            f"The text fills {model.name}'s window of {window:,} tokens. "
            "Press Generate to begin again from the prompt.",
            status=422,
        )
    checked_ids((*request.prompt_ids, *request.completion_ids, *request.forced_ids), model)


def check_source(source_ids: Sequence[int], model: LanguageModel, limits: Limits) -> None:
    """Refuses a source that the model does not read, and a text without a source if the model needs one.

    Raises:
        PlaygroundError: names the limit, the value and the remedy.
    """
    source = len(source_ids)
    if source and not model.takes_source:
        raise PlaygroundError(
            f"{model.name} has no encoder, so that it reads no source. Give it a prompt, or choose a translator.",
            status=422,
        )
    if model.takes_source and not source:
        raise no_source(model)
    most = min(limits.prompt_tokens, model.source_window)
    if source > most:
        raise PlaygroundError(
            f"The source has {source:,} tokens, and {model.name} reads at most {most:,} here. Shorten it by at least "
            f"{source - most:,} tokens.",
            status=413,
        )
    for token_id in source_ids:
        checked_id(token_id, model)


def check_new_tokens(new_tokens: int, limits: Limits, name: str = "max_new_tokens") -> None:
    """Refuses more new tokens than this server generates at once.

    Args:
        name: what who asks calls the number of new tokens.

    Raises:
        PlaygroundError: names the limit, the value and the remedy.
    """
    if new_tokens > limits.new_tokens:
        raise PlaygroundError(
            f"{name} is {new_tokens:,}, and this server generates at most "
            f"{limits.new_tokens:,} at once. Ask for fewer, or {limits.raising('new_tokens')}.",
            status=422,
        )


def _check_forced(request: Request, model: LanguageModel) -> None:
    new, most = len(request.completion_ids) + len(request.forced_ids), request.settings.max_new_tokens
    if not request.forced_ids:
        return
    if new > most:
        raise PlaygroundError(
            f"With this choice the text would have {new:,} new tokens, and max_new_tokens is {most:,}. "
            "Choose something shorter, or raise max_new_tokens."
        )
    if len(request.prompt_ids) + new > model.window:
        raise PlaygroundError(
            f"With this choice the text would have {len(request.prompt_ids) + new:,} tokens, prompt included, and "
            f"{model.name} has a window of {model.window:,}. Choose something shorter.",
            status=422,
        )
