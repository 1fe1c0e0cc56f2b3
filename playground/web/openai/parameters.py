"""Reads the parameters of a completion or a chat completion, and refuses by its name what the playground cannot do.

Knows OpenAI's names and the settings. Does not know engines: what depends on a model is checked later.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from playground import values
from playground.decoding.constraints.written import KINDS
from playground.decoding.orders import TRANSFORMERS, checked_order
from playground.decoding.settings import MAX_SEED, RULES, Settings
from playground.decoding.stages import PARAMETERS, STAGES
from playground.errors import PlaygroundError
from playground.models.languages import Pair
from playground.traces.link import SIDES
from playground.values import shown
from playground.web.openai.errors import RefusalError, about
from playground.web.openai.response_format import schema_of

MOST_CHOICES = 64
"""The most texts of one request: its prompts times `n`."""
MOST_ALTERNATIVES = 20
"""The most probable tokens that are told for each token."""
MOST_TOKENS = 1_000_000
LONGEST_USER = 1000
USUAL_TOKENS = 16
"""The length of a completion whose request does not say it, as OpenAI has it."""

PLAIN_STAGES = tuple(name for stage in STAGES for name in stage.names if name != "temperature")
"""The settings of stages that a request has as they are. OpenAI knows `top_p`, the penalties and `logit_bias`."""
FORMAT = "response_format"
"""The constraint in OpenAI's form. The settings' own kinds of constraint go by their names."""
NOT_SUPPORTED: dict[str, tuple[tuple[object, ...], str]] = {
    "best_of": ((1,), "Ask for n texts, and compare their log-probabilities"),
    "suffix": (("",), "The model writes from the left to the right only. Leave it out"),
    "tools": (([],), "The text of a call is not read. Write the tools into chat_template_kwargs, or leave them out"),
    "tool_choice": (("none", "auto"), "The text of a call is not read. Leave it out"),
    "functions": (([],), "The text of a call is not read. Leave it out"),
    "function_call": (("none", "auto"), "The text of a call is not read. Leave it out"),
    "modalities": ((["text"],), "The model writes text only. Leave it out"),
    "reasoning_effort": ((), "If the model's template knows it, write it into chat_template_kwargs"),
    "store": ((False,), "What is kept is decided when the server starts, with --api-history. Leave it out"),
    "service_tier": (("auto", "default"), "There is one tier. Leave it out"),
}
"""The parameters of OpenAI's that the playground does not have: the values that ask for nothing, which are accepted,
and what to do in place of others."""


@dataclass(frozen=True)
class Asked:
    """What a request asks for, apart from its prompt.

    Attributes:
        model: the model's name; None for the server's first one.
        settings: how the first text of each prompt is written, apart from its length.
        length: the most new tokens, 0 to score the prompt only; None if the request does not say it.
        length_name: what the request calls the length.
        usual_length: the most new tokens in that case, as far as the server allows so many; None for all it allows.
        choices: the texts for each prompt.
        alternatives: the number of most probable tokens told for each token; None if no log-probability is asked for.
        echoes: whether the answer begins with the prompt.
        streams: whether the answer is sent as it is written.
        tells_usage: whether a stream ends with the numbers of tokens.
        languages: those of a translation.
    """

    model: str | None
    settings: Settings
    length: int | None
    length_name: str
    usual_length: int | None
    choices: int
    alternatives: int | None
    echoes: bool
    streams: bool
    tells_usage: bool
    languages: Pair


class Parameters:
    """The parameters of one request by their names, without those that are null. Each may be taken once.

    Args:
        body: the request's JSON; anything but an object is refused.
    """

    def __init__(self, body: object) -> None:
        given = values.mapping("The body", body)
        self._left = {name: value for name, value in given.items() if value is not None}

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def take(self, name: str, default: Any, check: Callable[[str, Any], Any]) -> Any:
        """Returns what `check(name, value)` returns for the value, or `default` if there is none."""
        if name not in self._left:
            return default
        with about(name):
            return check(name, self._left.pop(name))

    def refuse_others(self) -> None:
        """Refuses, by its name, a parameter that nobody took.

        Raises:
            RefusalError: the playground does not have it, or nobody knows it.
        """
        for name, value in self._left.items():
            harmless, remedy = NOT_SUPPORTED.get(name, ((), None))
            if any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in harmless):
                continue
            if remedy is None:
                sentence = f"{shown(name)} is not a parameter of this route. Leave it out."
                raise RefusalError(sentence, param=_whole_characters(name[:100]), code="unknown_parameter")
            sentence = f"{name} is {shown(value)}, which is not supported here. {remedy}."
            raise RefusalError(sentence, param=name, code="unsupported_parameter")


def asked_completion(given: Parameters) -> Asked:
    """Reads the parameters of `/v1/completions` but `prompt`.

    Raises:
        RefusalError: names the parameter, its value and what to do.
    """
    echoes = given.take("echo", False, values.boolean)
    alternatives = given.take("logprobs", None, _alternatives)
    length = given.take("max_tokens", None, _length(0))
    return _asked(given, length, "max_tokens", USUAL_TOKENS, alternatives, echoes)


def asked_chat(given: Parameters) -> Asked:
    """Reads the parameters of `/v1/chat/completions` but the conversation.

    Raises:
        RefusalError: as `asked_completion`.
    """
    name = "max_completion_tokens" if "max_completion_tokens" in given else "max_tokens"
    length = given.take("max_tokens", None, _length(1))
    length = given.take("max_completion_tokens", length, _length(1))
    are_told = given.take("logprobs", False, values.boolean)
    alternatives = given.take("top_logprobs", 0, _alternatives)
    if alternatives and not are_told:
        raise RefusalError("top_logprobs needs logprobs. Set logprobs to true.", param="top_logprobs")
    return _asked(given, length, name, None, alternatives if are_told else None, False)


def _asked(
    given: Parameters,
    length: int | None,
    length_name: str,
    usual_length: int | None,
    alternatives: int | None,
    echoes: bool,
) -> Asked:
    streams = given.take("stream", False, values.boolean)
    tells_usage = given.take("stream_options", False, _tells_usage)
    if tells_usage and not streams:
        raise RefusalError(
            "stream_options is for streams. Leave it out, or set stream to true.", param="stream_options"
        )
    given.take("user", None, lambda name, value: values.text(name, value, LONGEST_USER))  # changes nothing
    return Asked(
        model=given.take("model", None, lambda _, value: value),
        settings=_settings(given),
        length=length,
        length_name=length_name,
        usual_length=usual_length,
        choices=given.take("n", 1, lambda name, value: values.whole(name, value, 1, MOST_CHOICES)),
        alternatives=alternatives,
        echoes=echoes,
        streams=streams,
        tells_usage=tells_usage,
        languages=Pair(*(given.take(f"{side}_language", None, lambda _, value: value) for side in SIDES)),
    )


def _settings(given: Parameters) -> Settings:
    """Returns the settings that the parameters ask for. A temperature of 0 is greedy, as at OpenAI."""
    stages = {name: given.take(name, PARAMETERS[name].start, RULES[name].check) for name in PLAIN_STAGES}
    schema = given.take(FORMAT, None, schema_of)
    if schema is not None:
        _refuse_second_constraint(stages)
        stages["json_schema"] = schema
    temperature = given.take("temperature", 1, lambda name, value: 0 if _is_zero(value) else _rule(name, value))
    seed = given.take("seed", None, _rule)
    stop = given.take("stop", (), _stop)
    return Settings(
        strategy="sample" if temperature else "greedy",
        stop_strings=stop,
        seed=secrets.randbelow(MAX_SEED + 1) if seed is None else seed,
        temperature=temperature or 1,
        order=given.take("order", TRANSFORMERS, lambda _, order: checked_order(order)),
        **stages,
    )


def _refuse_second_constraint(stages: Mapping[str, Any]) -> None:
    """Refuses a constraint beside that of the format."""
    other = next((kind for kind in KINDS if stages[kind] is not None), None)
    if other is not None:
        sentence = f"{FORMAT} and {other} are given together, but a text has one constraint. Keep one."
        raise RefusalError(sentence, param=FORMAT)


def _whole_characters(text: str) -> str:
    """Returns a text that can be encoded: JSON may hold halves of a surrogate pair."""
    return text.encode(errors="replace").decode()


def _rule(name: str, value: object) -> int | float:
    return RULES[name].check(name, value)


def _is_zero(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == 0


def _stop(name: str, value: object) -> tuple[str, ...]:
    texts = [value] if isinstance(value, str) else value
    try:
        return Settings(stop_strings=texts).stop_strings  # pyright: ignore[reportArgumentType]  # it is checked there
    except PlaygroundError as refusal:
        raise PlaygroundError(str(refusal).replace("stop_strings", name), refusal.status) from None


def _length(least: int) -> Callable[[str, Any], int]:
    return lambda name, value: values.whole(name, value, least, MOST_TOKENS)


def _alternatives(name: str, value: object) -> int:
    return values.whole(name, value, 0, MOST_ALTERNATIVES)


def _tells_usage(name: str, value: object) -> bool:
    options = dict(value) if isinstance(value, Mapping) else values.mapping(name, value)
    tells = values.boolean("stream_options.include_usage", options.pop("include_usage", False))
    if options:
        raise PlaygroundError(f"{name} has {shown(next(iter(options)))}, which is not supported. Leave it out.")
    return tells
