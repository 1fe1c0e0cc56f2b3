"""Tests that stages give llama.cpp's kept tokens and probabilities on the same rows: alone, in chains, in both orders.

Where its definition differs from ours, `test_engine_differences.py` shows how.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from playground.decoding.orders import ORDERS, Order
from playground.decoding.stages import BY_NAME
from tests.llama_cpp import Rows, byte_pairs

Rng = np.random.Generator
TOKENIZER = byte_pairs()
ROWS, VOCABULARY = 200, len(TOKENIZER)
"""Above 1,024 tokens llama.cpp's top-p sorts only as many as it needs."""
PROMPTS = (
    "The capital of France is",
    "def fibonacci(n):\n",
    "Once upon a time, there was a little",
    "1, 2, 3, 4, 5, 6,",
    "The cat sat on the mat. The cat sat on the mat. The cat",
)
BREAKERS = ["\n", ":", '"', "*", "a:", "hello", "world", "o w"]


def dry(rng: Rng) -> dict[str, Any]:
    return {
        "dry_multiplier": float(rng.uniform(0.1, 3)),
        "dry_base": float(rng.choice([1, rng.uniform(1, 3)])),
        "dry_allowed_length": int(rng.integers(1, 5)),
        "dry_penalty_last_n": int(rng.choice([1, 2, 10, 30, 500])),
        "dry_sequence_breakers": [str(one) for one in rng.choice(BREAKERS, rng.integers(1, 4), replace=False)],
    }


def biases(rng: Rng) -> dict[str, Any]:
    ids = {str(token_id): float(rng.normal() * 4) for token_id in rng.choice(VOCABULARY, 3, replace=False)}
    return {"logit_bias": ids | {str(rng.choice(BREAKERS)): float(rng.normal()), str(rng.choice(VOCABULARY)): False}}


def temperature(rng: Rng) -> dict[str, float]:
    dynamic = {"dynatemp_range": rng.uniform(0.1, 1), "dynatemp_exponent": rng.uniform(0.5, 2)}
    return {"temperature": float(rng.uniform(0.4, 2))} | (dynamic if rng.random() < 0.4 else {})


def top_k(rng: Rng) -> dict[str, int]:
    return {"top_k": int(np.exp(rng.uniform(0, np.log(VOCABULARY))))}


def within(name: str, low: float, high: float) -> Callable[[Rng], dict[str, float]]:
    return lambda rng: {name: float(rng.uniform(low, high))}


VALUES: dict[str, Callable[[Rng], dict[str, Any]]] = {
    "logit_bias": biases,
    "repetition_penalty": within("repetition_penalty", 1, 2),
    "frequency_penalty": within("frequency_penalty", -0.5, 1.5),
    "presence_penalty": within("presence_penalty", -1, 2),
    "dry": dry,
    "top_n_sigma": within("top_n_sigma", 0.3, 4),
    "top_k": top_k,
    "typical_p": within("typical_p", 0.1, 0.99),
    "top_p": within("top_p", 0.05, 0.99),
    "min_p": within("min_p", 0.001, 0.6),
    "xtc": lambda rng: {"xtc_probability": 1.0, "xtc_threshold": float(rng.uniform(0.01, 0.5))},
    "temperature": temperature,
}
"""Random values of every stage that llama.cpp has in its chain."""
IN_ORDERS = [name for name in VALUES if name != "logit_bias"]
"""The names that llama.cpp knows in an order. The bias always comes first."""
READ_ENTROPY = ("typical_p", "dynatemp_range", "dynatemp_exponent")
BLOCK = ("repetition_penalty", "frequency_penalty", "presence_penalty")
"""These are one stage in llama.cpp, so that nothing comes between them."""
TEMPERATURE_FIRST = tuple(sorted(IN_ORDERS, key=ORDERS["transformers"].index))
"""transformers' order of these."""


def random_chain(rng: Rng) -> dict[str, Any]:
    """Returns the values of some stages.

    llama.cpp's entropies count what top-n-sigma and a bias of false remove, so what reads one is off beside these.
    """
    names = [name for name in VALUES if rng.random() < 0.5]
    values = {key: value for name in names for key, value in VALUES[name](rng).items()}
    spoils = {"top_n_sigma", "logit_bias"} & {*names}
    return {key: value for key, value in values.items() if not (spoils and key in READ_ENTROPY)}


def random_order(rng: Rng) -> tuple[str, ...]:
    names = [str(name) for name in rng.permutation([BLOCK[0], *(name for name in IN_ORDERS if name not in BLOCK)])]
    return tuple(one for name in names for one in (BLOCK if name in BLOCK else (name,)))


def random_row(rng: Rng) -> np.ndarray:
    """Returns (vocab,) float32, from nearly flat to a row of few probable tokens."""
    return (rng.normal(size=VOCABULARY) * rng.uniform(0.5, 4)).astype(np.float32)


def random_text(rng: Rng, last: int) -> list[int]:
    """Returns up to 80 tokens that end with `last`, often of few different ones, so that parts come again."""
    choice = rng.choice([last, *rng.choice(VOCABULARY, rng.integers(1, 4))], 80)
    ids = rng.integers(0, VOCABULARY, 80) if rng.random() < 0.2 else choice
    return [*ids[: rng.integers(0, 80)].tolist(), last]


def random_window(rng: Rng) -> dict[str, int]:
    return {"repeat_last_n": int(rng.choice([0, 1, 3, 30, 200]))}


@pytest.fixture(scope="module")
def random_rows(tmp_path_factory) -> Rows:
    rng = np.random.default_rng(11)
    rows = {int(token_id): random_row(rng) for token_id in rng.choice(VOCABULARY, ROWS, replace=False)}
    return Rows(tmp_path_factory.mktemp("rows") / "rows.gguf", rows, TOKENIZER, VOCABULARY)


def test_the_file_gives_the_rows_that_it_was_written_from(random_rows):
    for token_id, row in [*random_rows.rows.items()][::20]:
        expected = torch.log_softmax(row.double(), -1).numpy()
        np.testing.assert_allclose(random_rows.llama_cpp.raw([3, 7, token_id]), expected, rtol=0, atol=2e-5)


@pytest.mark.parametrize("name", VALUES)
def test_a_stage_alone_keeps_the_tokens_that_llama_cpp_keeps(random_rows, name):
    rng = np.random.default_rng([*name.encode()])
    for last in random_rows.rows:
        random_rows.compare(random_text(rng, last), VALUES[name](rng) | random_window(rng))


@pytest.mark.parametrize("order", ["llama.cpp", TEMPERATURE_FIRST, None], ids=["llama.cpp", "temperature first", "any"])
def test_chains_keep_the_tokens_that_llama_cpp_keeps(random_rows, order: Order | None):
    rng = np.random.default_rng(5)
    for last in random_rows.rows:
        values = random_chain(rng) | random_window(rng)
        random_rows.compare(random_text(rng, last), values, order or random_order(rng))


def test_llama_cpps_default_chain_is_its_default(random_rows):
    defaults = {"temperature": 0.8, "top_k": 40, "top_p": 0.95, "min_p": 0.05}
    for last in [*random_rows.rows][::10]:
        theirs = random_rows.llama_cpp.after_defaults([last])
        assert theirs == pytest.approx(random_rows.ours([last], defaults), abs=1e-6)


@pytest.mark.parametrize("version", [1, 2])
def test_a_text_under_mirostat_keeps_the_tokens_that_llama_cpp_keeps(random_rows, version):
    """The limit moves with the surprise of each token that llama.cpp draws."""
    rng = np.random.default_rng(version)
    for last in [*random_rows.rows][::20]:
        target = {"mirostat": version, "mirostat_tau": float(rng.uniform(1, 6)), "mirostat_eta": 0.3}
        random_rows.compare_text([last], 20, target | within("temperature", 0.4, 2)(rng))


@pytest.fixture(scope="module")
def prompts(default_model, tmp_path_factory) -> tuple[Rows, list[list[int]]]:
    """The default model's logits after five prompts, and the prompts as ids."""
    tokenizer = default_model.tokenizer
    texts = [tokenizer.encode(prompt) for prompt in PROMPTS]
    with torch.inference_mode():
        rows = {ids[-1]: default_model.hf(torch.tensor([ids])).logits[0, -1].numpy() for ids in texts}
    assert len(rows) == len(PROMPTS)
    return Rows(
        tmp_path_factory.mktemp("prompts") / "prompts.gguf", rows, tokenizer.hf, default_model.vocabulary_size
    ), texts


@pytest.mark.model
@pytest.mark.parametrize("name", VALUES)
def test_a_stage_on_the_default_models_prompts_keeps_the_tokens_that_llama_cpp_keeps(prompts, name):
    rows, texts = prompts
    rng = np.random.default_rng(3)
    few = {} if BY_NAME[name].removes else {"top_k": 2000}  # llama.cpp takes a second to write 49,152 probabilities
    for ids in texts:
        rows.compare(ids, VALUES[name](rng) | few)


@pytest.mark.model
@pytest.mark.parametrize("order", ["llama.cpp", TEMPERATURE_FIRST], ids=["llama.cpp", "temperature first"])
def test_chains_on_the_default_models_prompts_keep_the_tokens_that_llama_cpp_keeps(prompts, order: Order):
    rows, texts = prompts
    rng = np.random.default_rng(7)
    for ids in texts:
        rows.compare(ids, random_chain(rng), order)
        rows.compare(ids, {"temperature": 0.8, "top_k": 40, "top_p": 0.95, "min_p": 0.05}, order)
