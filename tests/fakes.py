"""Small test objects: tokenizers built in code, models with random weights, a paced model, and helpers for engines.

Nothing here is downloaded, and every run has the same random numbers.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    DynamicCache,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from playground.decoding import draws
from playground.decoding.draws import Draw
from playground.decoding.settings import Settings
from playground.engine.engine import Engine, Run
from playground.engine.news import News
from playground.engine.request import Request
from playground.models.forward import Observation
from playground.models.language_model import LanguageModel
from playground.traces.trace import Step, Trace

VOCABULARY = 300
"""The number of logits of the tiny models. Their tokenizer has fewer tokens."""
WINDOW = 96
SLIDING_WINDOW = 8
MERGES = ["Ġ t", "h e", "Ġt he", "i n", "Ġ a", "o n", "Ġ Ġ", "â ĺ"]
BOS, EOS = 0, 1
PATIENCE_SECONDS = 60
"""A test that waits longer for the engine fails. What a test expects always happens sooner."""


def byte_level_tokenizer(merges: Sequence[str] = MERGES) -> PreTrainedTokenizerFast:
    """Builds a tokenizer like GPT-2's: 256 bytes, a few merges, `<s>`, `</s>`, and an added ordinary token."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces = ["<s>", "</s>", *alphabet, *(merge.replace(" ", "") for merge in merges)]
    vocab = {piece: token_id for token_id, piece in enumerate(pieces)}
    backend = Tokenizer(models.BPE(vocab=vocab, merges=[tuple(merge.split()) for merge in merges]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<s>", eos_token="</s>")
    tokenizer.add_tokens(["éü"])
    return tokenizer


def sentence_piece_tokenizer() -> PreTrainedTokenizerFast:
    """Builds a tokenizer like Llama's: `▁` for a space and `<0xE2>` for a byte."""
    pieces = ["<unk>", "<s>", "▁", "▁the", "the", "▁▁", "\n", "<0xE2>", "<0x0A>", "<0xyz>", "é"]
    backend = Tokenizer(models.Unigram([(piece, -1.0) for piece in pieces], unk_id=0))
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    return PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<s>", unk_token="<unk>")


def word_piece_tokenizer() -> PreTrainedTokenizerFast:
    """Builds a tokenizer like BERT's: `##` marks a piece that continues a word."""
    pieces = ["[UNK]", "the", "##re", "a", "##"]
    backend = Tokenizer(models.WordPiece({piece: token_id for token_id, piece in enumerate(pieces)}, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    backend.decoder = decoders.WordPiece()
    return PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="[UNK]")


def tiny(kind: str) -> PreTrainedModel:
    """Builds a random float32 model of one of the `KINDS`, whose logits spread about as a trained model's do."""
    torch.manual_seed(KINDS.index(kind))
    shared = {"vocab_size": VOCABULARY, "bos_token_id": BOS, "eos_token_id": EOS, "initializer_range": 0.25}
    llama_like = shared | {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": WINDOW,
    }
    match kind:
        case "gpt2":
            model = GPT2LMHeadModel(GPT2Config(n_embd=32, n_layer=2, n_head=4, n_positions=WINDOW, **shared))
        case "llama":
            model = LlamaForCausalLM(LlamaConfig(**llama_like))
        case "gemma3":
            layers = ["sliding_attention", "full_attention", "sliding_attention"]
            config = llama_like | {"head_dim": 8, "num_hidden_layers": 3, "layer_types": layers}
            config |= {"sliding_window": SLIDING_WINDOW, "tie_word_embeddings": False}
            model = Gemma3ForCausalLM(Gemma3TextConfig(**config))
        case "qwen2":
            model = Qwen2ForCausalLM(Qwen2Config(**llama_like))
    return model.float().eval()


KINDS = ("gpt2", "llama", "gemma3", "qwen2")


class PacedModel(LanguageModel):
    """A model whose forwards a test can hold back, watch and change, so that the test controls the engine's timing.

    Attributes:
        forwards: ("prefill", tokens), ("extend", rows) or ("step", rows) for every forward so far.
        spoil: called with the ids fed and the observation; the engine sees what it returns. It may raise.
        on_prefill: called on the engine's thread before a prefill.
    """

    def __init__(self, hf: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, name: str = "tiny") -> None:
        super().__init__(hf, tokenizer, name)
        self.forwards: list[tuple[str, int]] = []
        self.spoil: Callable[[Sequence[int], Observation], Observation] = as_seen
        self.on_prefill: Callable[[], None] = lambda: None
        self._permits: threading.Semaphore | None = None
        self._arrivals = threading.Semaphore(0)

    @property
    def batch_sizes(self) -> list[int]:
        """The number of rows of every step so far."""
        return [rows for kind, rows in self.forwards if kind == "step"]

    def hold(self) -> None:
        """Makes each step from now on need a permit of `allow`."""
        self._permits = threading.Semaphore(0)

    def allow(self, steps: int) -> None:
        """Lets this number of steps pass."""
        self._permits.release(steps)

    async def arrived(self) -> None:
        """Waits until one more step requests its permit."""
        assert await asyncio.to_thread(self._arrivals.acquire, timeout=PATIENCE_SECONDS)

    def free(self) -> None:
        """Stops holding steps back."""
        permits, self._permits = self._permits, None
        if permits is not None:
            permits.release()

    def prefill(self, ids: Sequence[int], cache: DynamicCache) -> None:
        self.on_prefill()
        self.forwards.append(("prefill", len(ids)))
        super().prefill(ids, cache)

    def prefill_together(self, prompts: Sequence[Sequence[int]]) -> list[DynamicCache]:
        self.on_prefill()
        self.forwards.append(("prefill", sum(len(ids) for ids in prompts)))
        return super().prefill_together(prompts)

    def extend(self, rows: Sequence[Sequence[int]], cache: DynamicCache) -> torch.Tensor:
        self.forwards.append(("extend", len(rows)))
        logits = super().extend(rows, cache)
        return self.spoil([row[-1] for row in rows], Observation(logits, None)).logits

    def step(
        self,
        ids: Sequence[int],
        positions: Sequence[int],
        mask: torch.Tensor | None,
        cache: DynamicCache,
        shown: Sequence[int] | None = None,
    ) -> Observation:
        if (permits := self._permits) is not None:
            self._arrivals.release()
            permits.acquire()
        self.forwards.append(("step", len(ids)))
        seen = super().step(ids, positions, mask, cache, shown)
        return self.spoil(ids, Observation(seen.logits.clone(), seen.attention))


def as_seen(ids: Sequence[int], seen: Observation) -> Observation:
    """Returns the observation unchanged."""
    return seen


@torch.inference_mode()
def full_forward(hf: PreTrainedModel, ids: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Runs one plain forward of `ids`. Returns logits (position, vocab) and attention (layer, head, query, key)."""
    hf.set_attn_implementation("eager")
    outputs = hf(torch.tensor([ids]), use_cache=False, output_attentions=True)
    return outputs.logits[0], torch.stack(outputs.attentions)[:, 0]


def next_logits(model: LanguageModel, ids: Sequence[int]) -> torch.Tensor:
    """Returns the (vocab,) logits after `ids`, computed as by the engine: a prefill, then a step."""
    cache = model.new_cache()
    if len(ids) > 1:
        model.prefill(ids[:-1], cache)
    return model.step([ids[-1]], [len(ids) - 1], None, cache).logits[0]


def generate(hf: PreTrainedModel, prompt_ids: Sequence[int], settings: Settings, **options):
    """Returns what transformers' own `generate` returns for the same request."""
    prompt_ids = torch.tensor([prompt_ids], device=hf.device)
    return hf.generate(
        prompt_ids,
        attention_mask=torch.ones_like(prompt_ids),
        pad_token_id=EOS,
        return_dict_in_generate=True,
        **settings.generate_kwargs(),
        **options,
    )


async def collect(run: Run) -> list[Step | News]:
    """Returns all that a run yields until its trace has a stop reason."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        return [item async for item in run]


async def trace(engine: Engine, request: Request, onto: str | None = None) -> tuple[list[Step | News], Trace]:
    """Runs a request. Returns what it yielded, and its trace."""
    run = engine.trace(request, onto)
    told = await collect(run)
    return told, engine.store.get(run.trace_id)


def run(engine: Engine, request: Request, onto: str | None = None) -> tuple[list[Step | News], Trace]:
    """Does the same as `trace`, for a test that is not async."""
    return asyncio.run(trace(engine, request, onto))


def greedy(max_new_tokens: int = 12, **others) -> Settings:
    """Returns greedy settings for a short text."""
    return Settings(strategy="greedy", max_new_tokens=max_new_tokens, **others)


def prompt(length: int, seed: int = 0) -> tuple[int, ...]:
    """Returns `length` ordinary ids, without start and end tokens."""
    generator = torch.Generator().manual_seed(1000 * length + seed)
    return tuple(torch.randint(2, VOCABULARY, (length,), generator=generator).tolist())


def from_probabilities(*probabilities: float) -> torch.Tensor:
    """Returns (vocab,) logits whose softmax is these probabilities."""
    return torch.tensor(probabilities).log()


def kept_ids(scores: torch.Tensor) -> list[int]:
    """Returns the ids that are not removed in (vocab,) scores."""
    return (scores > -torch.inf).nonzero()[:, 0].tolist()


def draw(scores: torch.Tensor, u: float) -> Draw:
    """Draws from (vocab,) scores as the engine does: among the best, and among all if the draw lies beyond them."""
    for prefix in (draws.PREFIX_TOKENS, scores.shape[-1]):
        [(found, _, [is_found])] = draws.told(draws.drawn(scores[None], [u], prefix), None)
        if is_found:
            return found
    raise AssertionError("a draw among all tokens is always found")


def most_probable(scores: torch.Tensor) -> Draw:
    """Returns the most probable token of (vocab,) scores."""
    return draws.told(draws.most_probable(scores[None]), None)[0][0]
