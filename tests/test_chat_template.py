"""Tests what a chat template says of itself, what it makes of a conversation, and its refusals."""

import json

import pytest

from playground.conversation import Conversation, Message, checked_fields, conversation, typed_messages
from playground.errors import PlaygroundError
from playground.models.chat_template import Switch
from playground.models.tokenizer import Tokenizer
from tests import fakes

THINKING = """
{%- if tools %}{{- '[tools]' }}{% for tool in tools %}{{- tool | tojson }}{% endfor %}{{- '\\n' }}{% endif %}
{%- for message in messages %}
    {%- if message.role == 'assistant' %}{% set reasoning_content = '' %}{{- reasoning_content }}{% endif %}
    {{- '<' + message.role + '>' + message.content + '\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<assistant>' }}
    {%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}{% endif %}
{%- endif %}"""
"""The shape of Qwen3's template."""

DATED = """
{{- bos_token }}
{%- if custom_tools is defined %}{% set tools = custom_tools %}{% endif %}
{%- if not date_string is defined %}{% set date_string = strftime_now("%d %b %Y") %}{% endif %}
{%- if not tools is defined %}{% set tools = none %}{% endif %}
{%- if messages[0].role == 'system' %}{% set system_message = messages[0].content %}{% endif %}
{%- if "python" in builtin_tools %}{{- 'python' }}{% endif %}
{{- 'Today: ' + date_string + system_message }}"""
"""The shape of Llama 3.1's template."""

EFFORT = """
{%- if reasoning_effort is not defined %}{% set reasoning_effort = "medium" %}{% endif %}
{%- if reasoning_effort not in ["low", "medium", "high"] %}{{- raise_exception("No such effort.") }}{% endif %}
{{- 'Reasoning: ' + reasoning_effort }}{% if thinking_budget < 100 %}{{- ' short' }}{% endif %}
{%- set thinking = thinking | default(false) %}{% if thinking %}{{- '<think>' }}{% endif %}"""
"""The shape of gpt-oss's template, with a number."""

TOOLS = """
{%- for message in messages %}
    {%- if message.role == 'assistant' and message.tool_calls %}
        {{- '<assistant>' }}{% if message.content %}{{- message.content }}{% endif %}
        {%- for call in message.tool_calls %}
            {%- if call.function %}{% set call = call.function %}{% endif %}
            {{- '<call>' + call.name + (call.arguments | tojson) + '</call>' }}
        {%- endfor %}
    {%- elif message.role == 'tool' %}{{- '<answer>' + message.content }}
    {%- elif message.role in ['user', 'assistant'] %}{{- '<' + message.role + '>' + message.content }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<assistant>' }}{% endif %}"""
"""The shape of Qwen2.5's template."""

CALL = {"id": "c1", "type": "function", "function": {"name": "now", "arguments": {"zone": "é"}}}
CALLED = [
    {"role": "user", "content": "Time?"},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "c1", "name": "now", "content": "12"},
]
"""A conversation with a tool, as OpenAI writes it."""
ONLY_USERS = "{% for message in messages %}{% if message.role == 'user' %}{{ message.content }}{% endif %}{% endfor %}"

STRICT = """
{%- if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}
{%- for message in messages %}
    {%- if (message.role == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}
    {%- endif %}
    {{- '<' + message.role + '>' + message.content }}
{%- endfor %}"""
"""The shape of Gemma's template."""


def with_template(template: str | dict[str, str]) -> Tokenizer:
    hf = fakes.byte_level_tokenizer()
    hf.chat_template = template
    return Tokenizer(hf, "tiny", len(hf))


def turns(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"role": role, "content": content} for role, content in pairs]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (THINKING, [Switch("tools", "json"), Switch("enable_thinking", "truth")]),
        (
            DATED,
            [
                Switch("custom_tools", "json"),
                Switch("tools", "json"),
                Switch("date_string", "text"),
                Switch("builtin_tools", "json"),
            ],
        ),
        (
            EFFORT,
            [
                Switch("reasoning_effort", "text", ("low", "medium", "high")),
                Switch("thinking_budget", "number"),
                Switch("thinking", "truth"),
            ],
        ),
        (STRICT, []),
        ({"default": STRICT, "tool_use": THINKING}, [Switch("tools", "json"), Switch("enable_thinking", "truth")]),
        ("{% generation %}{{ messages }}{{ eos_token }}{% endgeneration %}{% for i in range(2) %}{% endfor %}", []),
        ("{% if chat_template or padding or tokenize or kwargs %}{% endif %}", []),
        ("{% if %}", []),
        (None, []),
    ],
)
def test_its_switches_are_the_variables_that_transformers_does_not_set(template, expected):
    assert list(with_template(template).switches) == expected


@pytest.mark.model
def test_the_default_models_template_has_no_switch_but_reads_a_system_text(default_model):
    assert default_model.tokenizer.switches == ()
    told = turns(("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello."), ("user", "Why?"))
    expected = default_model.tokenizer.hf.apply_chat_template(told, tokenize=False, add_generation_prompt=True)
    assert default_model.tokenizer.conversation(told) == expected
    assert expected.startswith("<|im_start|>system\nBe brief.<|im_end|>")


def test_a_switch_changes_the_text_and_a_missing_one_is_left_to_the_template():
    tokenizer, told = with_template(THINKING), turns(("system", "S"), ("user", "U"))
    assert tokenizer.conversation(told) == "<system>S\n<user>U\n<assistant>"
    assert tokenizer.conversation(told, {"enable_thinking": False}).endswith("<assistant><think>\n\n</think>\n\n")
    assert tokenizer.conversation(told, {"enable_thinking": True}) == tokenizer.conversation(told)
    assert tokenizer.conversation(told, {"tools": [{"name": "now"}]}).startswith('[tools]{"name": "now"}\n<system>')


@pytest.mark.parametrize(
    ("template", "told", "options", "sentence"),
    [
        (STRICT, turns(("system", "S"), ("user", "U")), {}, "System role not supported. Leave the system text empty"),
        (
            STRICT,
            turns(("user", "U"), ("user", "V")),
            {},
            "alternate .* of the user follow each other: 'U' and 'V'. Join",
        ),
        (STRICT, turns(("assistant", "A")), {}, "must alternate .* Change the roles of the turns"),
        (EFFORT, turns(("user", "U")), {"reasoning_effort": "huge", "thinking_budget": 1}, "No such effort. Change"),
        (DATED, turns(("user", "U")), {"date_string": 3, "builtin_tools": []}, "tiny refuses this conversation: "),
        (THINKING, turns(("user", "U")), {"thinking": True}, "does not know 'thinking'. It knows tools, enable_thi"),
        (STRICT, turns(("user", "U")), {"bos_token": "x"}, "does not know 'bos_token'. It has no switches"),
        (THINKING, turns(("user", "U")), {"tools": "now"}, "tools must be a list of objects. Write it as JSON"),
        ("{% if %}", turns(("user", "U")), {}, "chat template does not compile: line 1: Expected an expression"),
        ({"other": STRICT}, turns(("user", "U")), {}, "chat template cannot be chosen: "),
    ],
)
def test_a_refusal_says_why_and_what_to_do(template, told, options, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        with_template(template).conversation(told, options)


@pytest.mark.parametrize(
    ("messages", "options", "sentence"),
    [
        ([], {}, "messages is empty. Give at least one"),
        ("hello", {}, "messages must be a list, but is 'hello'"),
        (["hello"], {}, "Message 1 must be an object of names and values, but is 'hello'"),
        ([{"role": "user"}], {}, "Message 1 has no content. Give one."),
        (
            [{"role": "king", "content": ""}],
            {},
            "The role of message 1 is 'king'. Choose one of system, developer, user",
        ),
        ([{"role": "user", "content": 3}], {}, "The content of message 1 must be a text, but is 3"),
        (
            [{"role": "user", "content": "", "name": "A"}],
            {},
            "Message 1 has 'name'. A turn of the user has role, content.",
        ),
        ([{"role": "user", "content": None}], {}, "The content of message 1 must be a text, but is None"),
        ([{"role": "user", "content": "", "tool_calls": [CALL]}], {}, "Message 1 has 'tool_calls'. A turn of the user"),
        ([{"role": "assistant", "tool_calls": []}], {}, "Message 1 has no content. Give one."),
        ([{"role": "assistant", "tool_calls": {"name": "x"}}], {}, "tool_calls of message 1 is {.* Give a list of c"),
        ([{"role": "assistant", "tool_calls": [{"function": {}}]}], {}, "tool_calls of message 1 is .* Give a list"),
        (
            [{"role": "assistant", "tool_calls": [{"name": float("inf")}]}],
            {},
            "Message 1 is .*which JSON does not have",
        ),
        (
            [{"role": "assistant", "tool_calls": [{"name": "x" * 99}]}],
            {},
            r"Message 1 has \d+ characters. Give at most",
        ),
        (
            [{"role": "tool", "content": "", "tool_call_id": 3}],
            {},
            "tool_call_id of message 1 must be a text, but is 3",
        ),
        ([{"role": "user", "content": "\ud800"}], {}, r"message 1 holds U\+D800 at character 1"),
        ([{"role": "user", "content": "x" * 60}] * 2, {}, "The conversation has 122 characters, .* at most 100"),
        (
            [{"role": "user", "content": ""}] * 201,
            {},
            "conversation has 201 turns, and this server reads at most 200. Re",
        ),
        ([{"role": "user", "content": ""}], [], "template_options must be an object of names and values"),
        ([{"role": "user", "content": ""}], {"a": float("nan")}, "template_options is .*, which JSON does not have"),
        ([{"role": "user", "content": ""}], {"a": "x" * 100}, "template_options has 109 characters. Give at most 100"),
    ],
)
def test_a_conversation_that_cannot_be_used_is_a_sentence(messages, options, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        conversation(messages, options, 100)


def test_a_conversation_comes_back_from_plain_values():
    told = Conversation((Message("system", "S"), Message("user", "")), {"enable_thinking": False, "tools": [{}]})
    values = told.to_dict()
    assert conversation(values["messages"], values["template_options"], 1000) == told


@pytest.mark.parametrize("content", [None, "", "Let me see."])
def test_tool_calls_reach_the_template_as_transformers_gives_them(content):
    told = [CALLED[0], CALLED[1] | {"content": content}, CALLED[2]]
    tokenizer, one = with_template(TOOLS), conversation(told, {}, 1000)
    expected = tokenizer.hf.apply_chat_template(told, tokenize=False, add_generation_prompt=True)
    assert f'<assistant>{content or ""}<call>now{{"zone": "é"}}</call><answer>12' in expected
    assert tokenizer.conversation(one.turns()) == expected
    assert conversation(one.to_dict()["messages"], {}, 1000) == one


@pytest.mark.parametrize(
    ("template", "told", "sentence"),
    [
        (STRICT, CALLED, "The chat template of tiny does not read tool_calls. Write the call into the content"),
        (ONLY_USERS, [CALLED[0], CALLED[2]], "leaves out the turns of the tool of this conversation. Write them"),
        (
            "{% if messages[0].tool_calls %}{% endif %}" + ONLY_USERS,
            CALLED[:2],
            "leaves out the tool_calls of this conversation",
        ),
    ],
)
def test_a_template_that_does_not_write_calls_says_so(template, told, sentence):
    tokenizer = with_template(template)
    assert tokenizer.reads_tool_calls == ("tool_calls" in template)
    with pytest.raises(PlaygroundError, match=sentence):
        tokenizer.conversation(conversation(told, {}, 1000).turns())


def test_a_turn_of_the_editor_may_be_the_json_of_a_message():
    folded = [
        {"role": "json", "content": json.dumps(message)} if "tool_calls" in message else message for message in CALLED
    ]
    assert typed_messages(folded, 1000) == conversation(CALLED, {}, 1000).messages
    for wrong, sentence in (
        ("{", "Message 1 is '{', which is not JSON. Write an"),
        ("3", "Message 1 must be an object"),
    ):
        with pytest.raises(PlaygroundError, match=sentence):
            typed_messages([{"role": "json", "content": wrong}], 1000)


def test_fields_are_texts():
    assert checked_fields({"date_string": "1 May", "tools": ""}, 10) == {"date_string": "1 May", "tools": ""}
    with pytest.raises(PlaygroundError, match="The field tools must be a text, but is 3"):
        checked_fields({"tools": 3}, 10)
