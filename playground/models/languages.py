"""Tells a model with an encoder what to do: the languages of a translation, or the prefix of a task.

Knows tokenizers, configs and ids. Some tokenizers have a token for each language. They put the source's language at the
beginning or at the end of the ids, and the decoder's text begins with the target's language after the start token, as
`generate(forced_bos_token_id=...)` does. The Marian models for several targets have tokens such as `>>fra<<`, of which
that of the target stands before the source.
"""

import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from transformers import PreTrainedConfig, PreTrainedTokenizerBase

from playground.errors import PlaygroundError
from playground.values import Values, shown

CODE = re.compile(r"[a-z]{2,3}_[A-Z][A-Za-z]{1,3}")
"""A language as NLLB writes it: `fra_Latn`."""
PIPELINE = re.compile(r"summarization|translation_[a-z]{2,3}_to_[a-z]{2,3}")
"""The name of a pipeline that a model with an encoder can be trained for."""
OPUS = re.compile(r"opus-mt-([a-z]{2,3})-([a-z]{2,3})$")
"""The end of a Marian model's name, with the languages that it translates from and to."""
MOST_TOLD = 12
"""The most codes that a refusal lists."""


class Pair(NamedTuple):
    """The languages that somebody chose for a translation, as codes; None leaves the usual one.

    Whoever makes a prompt with them checks that the model has them.
    """

    source: object = None
    target: object = None

    @classmethod
    def taken_from(cls, settings: dict[str, Any]) -> "Pair":
        """Takes `source_language` and `target_language` out of the settings of a request."""
        return cls(settings.pop("source_language", None), settings.pop("target_language", None))


USUAL = Pair()
"""The languages of a text for which none is chosen."""


@dataclass(frozen=True)
class Languages:
    """The languages of a model.

    Attributes:
        name: the model's name.
        ids: the id of each language's token, by its code: "fr_XX", "fr", "fra" or "fra_Latn". Empty for a model
            without.
        source: the code that the tokenizer gives to a source if nothing else is said; empty for none.
        only_target: whether only the target has a language, whose token stands before the source, as in Marian's.
    """

    name: str
    ids: dict[str, int] = field(default_factory=dict)
    source: str = ""
    only_target: bool = False

    def chosen(self, given: object) -> Pair:
        """Returns the languages that a page has chosen, as far as the model has tokens for any.

        A choice holds for all models of a page. A model without languages therefore leaves all of it, and one that has
        only those of the target leaves that of the source.

        Args:
            given: {source, target} with codes, "" for the usual language; None for no choice.

        Raises:
            PlaygroundError: it is no such choice, or the model does not have one of the languages.
        """
        if given is None or not self.ids:
            return USUAL
        codes = Values("The choice of languages", given)
        source, target = (codes.get(side) or None for side in ("source", "target"))
        pair = Pair(None if self.only_target else source, target)
        self.check(pair)
        return pair

    def chosen_in(self, asked: Values) -> Pair:
        """Returns the languages of what a page asks for, as `chosen` does with its `languages`."""
        return self.chosen(asked.get("languages") if "languages" in asked else None)

    def check(self, pair: Pair) -> None:
        """Refuses languages that the model does not have.

        Raises:
            PlaygroundError: the model has no such language, or none for a source.
        """
        if pair.source is not None:
            self.check_source("source_language")
            self.id_of("source_language", pair.source)
        if pair.target is not None:
            self.id_of("target_language", pair.target)

    def of_source(self, ids: tuple[int, ...], code: object) -> tuple[int, ...]:
        """Returns the ids of a source as the tokenizer makes them with `src_lang=code`.

        Raises:
            PlaygroundError: the model has no such language, or none for a source.
        """
        self.check_source("source_language")
        wanted, place = self.id_of("source_language", code), self.place(ids)
        return ids if place is None else (*ids[:place], wanted, *ids[place + 1 :])

    def in_target(
        self, source: tuple[int, ...], start: tuple[int, ...], code: object
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Returns the ids of a source, and the beginning of the decoder's text, for a translation into a language.

        Raises:
            PlaygroundError: the model has no such language.
        """
        if not self.only_target:
            return source, self.of_target(start, code)
        wanted = self.id_of("target_language", code)
        return (wanted, *self._without_target(source)), start

    def typed(self, text: str, code: str) -> str:
        """Returns what the tokenizer reads as a text for the encoder that is translated into a language, "" for any."""
        return f">>{code}<< {text}" if code and self.only_target else text

    def check_source(self, name: str) -> None:
        """Refuses a language of the source, which `name` asks for, if only the target has one.

        Raises:
            PlaygroundError: only the target has one.
        """
        if self.only_target:
            raise PlaygroundError(
                f"{self.name} has tokens for the languages that it writes, and none for those that it reads. Leave "
                f"{name} out.",
                status=422,
            )

    def _without_target(self, source: tuple[int, ...]) -> tuple[int, ...]:
        return source[1:] if source and source[0] in self.ids.values() else source

    def place(self, ids: tuple[int, ...]) -> int | None:
        """Returns where the language of a text itself stands in its ids, which is their beginning or their end."""
        if self.only_target:
            return None
        known = set(self.ids.values())
        return next((place for place in (0, len(ids) - 1) if ids and ids[place] in known), None)

    def source_read(self, ids: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
        """Returns the code of a source's language, and the ids that the tokenizer gives by itself to the same text.

        The code is "" for the usual language, and for a model without languages.
        """
        if self.only_target:
            return "", self._without_target(ids)
        place = self.place(ids)
        if place is None or ids[place] == self.ids.get(self.source):
            return "", ids
        return self._code(ids[place]), self.of_source(ids, self.source)

    def target_read(self, start: tuple[int, ...], ids: tuple[int, ...], source: tuple[int, ...] = ()) -> str:
        """Returns the code of the language that a decoder writes, if `in_target` has put it there, or "".

        Args:
            start: the beginning of the decoder's text without a language.
            ids: the beginning of this text.
            source: the ids that the encoder read.
        """
        if self.only_target:
            return self._code(source[0]) if source and source[0] in self.ids.values() else ""
        last = ids[-1] if ids else None
        return self._code(last) if ids != start and last in self.ids.values() else ""

    def _code(self, token_id: int | None) -> str:
        return next(code for code, known in self.ids.items() if known == token_id)

    def of_target(self, start: tuple[int, ...], code: object) -> tuple[int, ...]:
        """Returns the beginning of the decoder's text: what it is without a language, and then the language's token.

        The start token of some models is itself that of a language. The wanted one then stands in its place.

        Raises:
            PlaygroundError: the model has no such language.
        """
        wanted = self.id_of("target_language", code)
        return (*(start[:-1] if start and start[-1] in self.ids.values() else start), wanted)

    def id_of(self, name: str, code: object) -> int:
        """Returns the id of a language's token; `name` says in a refusal what the code is for.

        Raises:
            PlaygroundError: the model has no such language.
        """
        if not self.ids:
            raise PlaygroundError(f"{self.name} has no tokens for languages. Leave {name} out.", status=422)
        if not isinstance(code, str) or code not in self.ids:
            codes = sorted(self.ids)
            more = f" and {len(codes) - MOST_TOLD} more" if len(codes) > MOST_TOLD else ""
            raise PlaygroundError(
                f"{name} is {shown(code)}, which is no language of {self.name}. Choose one of "
                f"{', '.join(codes[:MOST_TOLD])}{more}.",
                status=422,
            )
        return self.ids[code]


def languages_of(hf: PreTrainedTokenizerBase, name: str) -> Languages:
    """Returns the languages of a model by its tokenizer."""
    if targets := getattr(hf, "supported_language_codes", None):  # Marian's
        ids = {code[2:-2]: cast(int, hf.convert_tokens_to_ids(code)) for code in targets}
        return Languages(name, ids, only_target=True)
    source = getattr(hf, "src_lang", None)
    if not isinstance(source, str):
        return Languages(name)
    ids = getattr(hf, "lang_code_to_id", None)
    if ids is None:
        tokens = [token for token in hf.all_special_tokens if CODE.fullmatch(token)]
        ids = {token: cast(int, hf.convert_tokens_to_ids(token)) for token in tokens}
    return Languages(name, dict(ids), source)


def pipelines_of(config: PreTrainedConfig, name: str) -> dict[str, str]:
    """Returns what a model with an encoder is trained for, as the names of transformers' pipelines.

    A config states it in `task_specific_params`. The Marian models say it in their names: `opus-mt-fr-en`.

    Returns:
        By pipeline ("summarization", "translation_fr_to_en"), the prefix that the source must have, "" for none.
    """
    tasks = getattr(config, "task_specific_params", None) or {}
    stated = {task: params.get("prefix") for task, params in tasks.items() if isinstance(params, dict)}
    found = {
        task: prefix if isinstance(prefix, str) else "" for task, prefix in stated.items() if PIPELINE.fullmatch(task)
    }
    if pair := OPUS.search(name):
        found.setdefault(f"translation_{pair[1]}_to_{pair[2]}", "")
    return found


def prefixes_of(config: PreTrainedConfig) -> list[str]:
    """Returns the texts that a model such as T5 wants before the source, one for each of its tasks."""
    tasks = getattr(config, "task_specific_params", None) or {}
    stated = [task.get("prefix") for task in tasks.values() if isinstance(task, dict)]
    return list(dict.fromkeys(prefix for prefix in stated if isinstance(prefix, str) and prefix.strip()))
