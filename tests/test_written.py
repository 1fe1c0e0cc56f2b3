"""Tests that what was typed is recovered from a trace, but only if it gives exactly the prompt's ids."""

import pytest

from playground.conversation import Conversation, Message, conversation
from playground.decoding.settings import Settings
from playground.engine.request import Request
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.sharing.written import Written, answer, conversation_of, written
from playground.traces.trace import Trace
from tests import fakes
from tests.test_chat_template import CALLED, DATED, EFFORT, STRICT, THINKING, TOOLS

SYSTEM, USER, ASSISTANT = Message("system", "S"), Message("user", "U"), Message("assistant", "A")
MOST = 10_000


def trace_of(ids, conversation: Conversation | None = None) -> Trace:
    return Trace("tiny", tuple(ids), Settings(), conversation=conversation)


def with_template(tiny_models, template: str) -> LanguageModel:
    tokenizer = fakes.byte_level_tokenizer()
    tokenizer.chat_template = template
    return LanguageModel(tiny_models["llama"], tokenizer, "tiny")


def encoded(model: LanguageModel, told: Conversation) -> tuple[int, ...]:
    return model.tokenizer.encode(model.tokenizer.conversation(told.turns(), told.template_options), templated=True)


@pytest.mark.parametrize("prompt", ["the", " the in", "two\nlines", "é 🦜", "", "</s> the"])
def test_a_prompt_is_found_again(llama, prompt):
    assert written(llama, trace_of(llama.tokenizer.encode(prompt))) == Written(prompt or "<s>", False)


def test_ids_that_no_text_gives_are_a_sentence(llama):
    merged = llama.tokenizer.encode(" the")
    pieces = [token_id for letter in " the" for token_id in llama.tokenizer.encode(letter)]
    assert len(pieces) > len(merged)
    with pytest.raises(PlaygroundError, match="Save the trace as a file"):
        written(llama, trace_of(pieces))


def test_the_users_turn_is_found_in_a_text_that_names_no_conversation(tiny_models):
    model = with_template(tiny_models, "<s>user: {{ messages[0]['content'] }}</s>answer:")
    ids = model.tokenizer.encode(model.tokenizer.chat_prompt("the playground in"), templated=True)
    assert written(model, trace_of(ids)) == Written("the playground in", True)


@pytest.mark.parametrize(
    ("template", "typed"),
    [
        (THINKING, Written("U", True)),
        (THINKING, Written("U", True, (SYSTEM, USER, ASSISTANT), {"enable_thinking": "false"})),
        (THINKING, Written("", True, (USER, Message("tool", "12")), {"tools": '[{"name": "now"}]'})),
        (THINKING, Written("", True)),
        (TOOLS, Written("U", True, conversation(CALLED, {}, MOST).messages)),
        (TOOLS, Written("", True, conversation(CALLED, {}, MOST).messages)),
        (EFFORT, Written("U", True, (), {"reasoning_effort": "low", "thinking_budget": "7", "thinking": "true"})),
        (DATED, Written("U", True, (SYSTEM,), {"date_string": "1 May 2026", "builtin_tools": '["python"]'})),
    ],
)
def test_a_conversation_is_found_again(tiny_models, template, typed):
    model = with_template(tiny_models, template)
    told = conversation_of(model.tokenizer, typed, MOST)
    assert written(model, trace_of(encoded(model, told), told)) == typed


def test_the_users_last_turn_is_the_prompt(tiny_models):
    model = with_template(tiny_models, THINKING)
    told = conversation_of(model.tokenizer, Written("", True, (SYSTEM, USER)), MOST)
    assert written(model, trace_of(encoded(model, told), told)) == Written("U", True, (SYSTEM,))


def test_a_conversation_that_gives_other_tokens_today_is_the_plain_text(tiny_models):
    model = with_template(tiny_models, "<s>{{ strftime_now('%f') }}: {{ messages[0]['content'] }}")
    text = "<s>yesterday: the"
    told = Conversation((Message("user", "the"),))
    assert written(model, trace_of(model.tokenizer.encode(text, templated=True), told)) == Written(text, False)


def test_a_template_that_refuses_a_lone_user_does_not_hide_a_plain_prompt(tiny_models):
    model = with_template(tiny_models, STRICT.replace("== 0", "== 1"))
    assert written(model, trace_of(model.tokenizer.encode("the in"))) == Written("the in", False)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (
            Written("", True, (USER, ASSISTANT)),
            "ends with the assistant's turn. Write what the user says into the Prompt field",
        ),
        (Written("U", True, (), {"enable_thinking": "maybe"}), "enable_thinking is 'maybe'. Write true or false."),
        (Written("U", True, (), {"tools": "[{"}), r"tools is '\[\{'. Write JSON, such as a list in square brackets."),
        (Written("U" * MOST, True, (SYSTEM,)), "The conversation has 10,003 characters"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(tiny_models, typed, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        conversation_of(with_template(tiny_models, THINKING).tokenizer, typed, MOST)


def test_without_the_template_there_is_no_conversation(llama):
    assert conversation_of(llama.tokenizer, Written("U", False, (SYSTEM,), {"tools": "["}), MOST) is None


def test_the_answer_is_the_completion_without_the_end_token(engine):
    _, trace = fakes.run(engine, Request(fakes.prompt(4), fakes.greedy(6)))
    decode = engine.model.tokenizer.decode
    engine.model.eos_token_ids = frozenset()
    assert answer(engine.model, trace) == decode(trace.token_ids)
    engine.model.eos_token_ids = frozenset([trace.token_ids[-1]])
    assert answer(engine.model, trace) == decode(trace.token_ids[:-1])


@pytest.mark.model
@pytest.mark.parametrize("chat", [False, True])
@pytest.mark.parametrize(
    "prompt", ["At night the sky is full of", "  two blanks, 2024\n\n", "{{user}} <|im_end|> 🦜", ""]
)
def test_the_default_models_prompts_are_found_again(default_model, prompt, chat):
    text = default_model.tokenizer.chat_prompt(prompt) if chat else prompt
    ids = default_model.tokenizer.encode(text, templated=chat)
    found = written(default_model, trace_of(ids))
    again = default_model.tokenizer.chat_prompt(found.prompt) if found.chat else found.prompt
    assert default_model.tokenizer.encode(again, templated=found.chat) == ids
