"""Tests that a typed text is recovered from its ids, but only if it gives exactly these ids."""

import pytest

from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.sharing.written import written
from tests import fakes


@pytest.mark.parametrize("prompt", ["the", " the in", "two\nlines", "é 🦜", "", "</s> the"])
def test_a_prompt_is_found_again(llama, prompt):
    assert written(llama, llama.tokenizer.encode(prompt)) == (prompt or "<s>", False)


def test_ids_that_no_text_gives_are_a_sentence(llama):
    merged = llama.tokenizer.encode(" the")
    pieces = [token_id for letter in " the" for token_id in llama.tokenizer.encode(letter)]
    assert len(pieces) > len(merged)
    with pytest.raises(PlaygroundError, match="Save the trace as a file"):
        written(llama, pieces)


def test_the_users_turn_of_a_conversation_is_found_again(tiny_models):
    tokenizer = fakes.byte_level_tokenizer()
    tokenizer.chat_template = "<s>user: {{ messages[0]['content'] }}</s>answer:"
    model = LanguageModel(tiny_models["llama"], tokenizer, "tiny")
    ids = model.tokenizer.encode(model.tokenizer.chat_prompt("the playground in"), templated=True)
    answer = written(model, ids)
    assert model.tokenizer.encode(model.tokenizer.chat_prompt(answer.prompt) if answer.chat else answer.prompt) == ids


@pytest.mark.model
@pytest.mark.parametrize("chat", [False, True])
@pytest.mark.parametrize(
    "prompt", ["At night the sky is full of", "  two blanks, 2024\n\n", "{{user}} <|im_end|> 🦜", ""]
)
def test_the_default_models_prompts_are_found_again(default_model, prompt, chat):
    text = default_model.tokenizer.chat_prompt(prompt) if chat else prompt
    ids = default_model.tokenizer.encode(text, templated=chat)
    found = written(default_model, ids)
    again = default_model.tokenizer.chat_prompt(found.prompt) if found.chat else found.prompt
    assert default_model.tokenizer.encode(again, templated=found.chat) == ids
