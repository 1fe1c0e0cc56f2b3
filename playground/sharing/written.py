"""Finds what a person would type to get a trace's prompt, for a link or a script that makes the same text again.

Also reads what a person typed as the conversation that it stands for. Knows models and traces. Does not know pages.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from playground.conversation import Conversation, Message, conversation
from playground.errors import PlaygroundError
from playground.models.chat_template import Switch
from playground.models.language_model import LanguageModel
from playground.models.tokenizer import Tokenizer
from playground.traces.trace import Trace
from playground.values import shown

MARK = "playground"
"""The user's turn in a conversation that is written only to find the template's text before and after that turn."""


@dataclass(frozen=True)
class Written:
    """What stands in the sidebar.

    Attributes:
        prompt: the prompt; with the chat template it is the user's last turn.
        chat: whether the chat template is put around it. Without it, nothing below is used.
        earlier: the turns before the prompt, a system text first. If there are any, an empty prompt is no turn.
        fields: what stands in the fields of the template's switches, by name; an empty text sets nothing.
        languages: the codes of the languages of a translation, by "source" and "target", "" for the usual ones. Empty
            for a model without an encoder.
    """

    prompt: str
    chat: bool
    earlier: tuple[Message, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    languages: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON values."""
        earlier = [message.to_dict() for message in self.earlier]
        return {
            "prompt": self.prompt,
            "chat": self.chat,
            "earlier": earlier,
            "fields": dict(self.fields),
            "languages": dict(self.languages),
        }


def conversation_of(tokenizer: Tokenizer, written: Written, most: int) -> Conversation | None:
    """Returns the conversation that a person wrote, None for a plain prompt.

    Args:
        tokenizer: has the template whose switches the fields are.
        written: the values of the sidebar.
        most: the most characters of the conversation.

    Raises:
        PlaygroundError: the conversation ends with the assistant's turn, is too long, or a field cannot be read.
    """
    if not written.chat:
        return None
    own = [] if written.earlier and not written.prompt else [Message("user", written.prompt)]
    messages = [*written.earlier, *own]
    if messages[-1].role == "assistant":
        raise PlaygroundError(
            "The conversation ends with the assistant's turn. Write what the user says into the Prompt field.",
            status=422,
        )
    kinds = {switch.name: switch for switch in tokenizer.switches}
    options = {name: _typed(kinds.get(name), name, text) for name, text in written.fields.items() if text.strip()}
    return conversation([message.to_dict() for message in messages], options, most)


def source(model: LanguageModel, trace: Trace) -> str | Conversation:
    """Returns the plain prompt or the conversation that encodes to exactly the trace's prompt, which is checked.

    Of a model with an encoder, that is what the encoder read.

    Raises:
        PlaygroundError: nothing such was found, which is possible for ids that a program made.
    """
    tokenizer, ids = model.tokenizer, trace.source_ids or trace.prompt_ids
    if trace.source_ids:
        _, ids = model.languages.source_read(trace.source_ids)
    text = tokenizer.decode(ids)
    told = trace.conversation or _one_turn(tokenizer, text)
    if told is not None and _is_templated(tokenizer, told, ids):  # not if the template wrote another day's date
        return told
    plain = [text, tokenizer.decode(ids[1:]), ""]  # with its special tokens, without a start token, empty
    # without an end token, without both, without an end token and a language
    ends = [tokenizer.decode(part) for part in (ids[:-1], ids[1:-1], ids[:-2])]
    for prompt in plain + ends:
        if _encodes_to(tokenizer, prompt, ids):
            return prompt
    raise PlaygroundError(
        "No text gives exactly this prompt's tokens, so there is no link to it. Save the trace as a file.",
        status=422,
    )


def written(model: LanguageModel, trace: Trace) -> Written:
    """Returns what to type to get the trace's prompt.

    Raises:
        PlaygroundError: as `source`.
    """
    found = source(model, trace)
    typed = Written(found, False) if isinstance(found, str) else _as_typed(model.tokenizer, found)
    return replace(typed, languages=languages(model, trace)) if trace.source_ids else typed


def languages(model: LanguageModel, trace: Trace) -> dict[str, str]:
    """Returns the codes of the languages of a translation, by "source" and "target", "" for the usual ones."""
    source_code, _ = model.languages.source_read(trace.source_ids)
    target_code = model.languages.target_read(model.start_ids, trace.prompt_ids, trace.source_ids)
    return {"source": source_code, "target": target_code}


def answer(model: LanguageModel, trace: Trace) -> str:
    """Returns the completion as the assistant's turn of a conversation: the whole text without the end token."""
    ids = trace.token_ids
    return model.tokenizer.decode(ids[:-1] if ids and ids[-1] in model.eos_token_ids else ids)


def _one_turn(tokenizer: Tokenizer, text: str) -> Conversation | None:
    """Returns the conversation of one user's turn that may have given the text, for a trace that names none."""
    if not tokenizer.has_chat_template:
        return None
    try:
        before, _, after = tokenizer.chat_prompt(MARK).partition(MARK)
    except PlaygroundError:  # a template that refuses a single user's turn did not write this text
        return None
    return Conversation((Message("user", text.removeprefix(before).removesuffix(after)),))


def _is_templated(tokenizer: Tokenizer, told: Conversation, ids: Sequence[int]) -> bool:
    try:
        text = tokenizer.conversation(told.turns(), told.template_options)
        return tokenizer.encode(text, templated=True) == ids
    except PlaygroundError:  # the template refuses what a page claims, or what `_one_turn` tries
        return False


def _encodes_to(tokenizer: Tokenizer, prompt: str, ids: Sequence[int]) -> bool:
    try:
        return tokenizer.encode(prompt) == ids
    except PlaygroundError:  # an empty prompt, for a model without a start token
        return False


def _typed(switch: Switch | None, name: str, text: str) -> Any:
    """Returns the value that the text of a field stands for. The template itself refuses a switch it does not have."""
    if switch is None or switch.kind == "text":
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        wanted = {"truth": "true or false", "number": "a number", "json": "JSON, such as a list in square brackets"}
        raise PlaygroundError(f"{name} is {shown(text)}. Write {wanted[switch.kind]}.", status=422) from None


def _as_typed(tokenizer: Tokenizer, told: Conversation) -> Written:
    *earlier, last = told.messages
    texts = {switch.name for switch in tokenizer.switches if switch.kind == "text"}
    fields = {
        name: value if name in texts and isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in told.template_options.items()
    }
    if last.role == "user" and (last.content or not earlier):
        return Written(last.content or "", True, tuple(earlier), fields)
    return Written("", True, told.messages, fields)
