"""llama.cpp as an oracle: gives it rows of logits, and compares what its sampler chain makes of them with our stages.

The rows are written into a GGUF file of a model whose logits are nothing but the row of the prompt's last token: each
token's embedding is one axis, attention and the feed-forward layer add zero, and the output matrix holds the rows.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
import xllamacpp
from tokenizers import Tokenizer as TokenizerOfBytes
from tokenizers import decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast
from transformers.convert_slow_tokenizer import bytes_to_unicode

from playground.decoding.orders import Order
from playground.decoding.processors import stages
from playground.decoding.settings import Settings
from playground.decoding.stages.stage import Moment
from playground.models.tokenizer import Tokenizer
from playground.models.word_ids import WordIds

Shares = dict[int, float]
"""Probabilities by token id."""
LETTERS = 'abcdefghijklmnopqrstuvwxyz :\n*".'
WIDTH = 256
"""Of the embeddings: the largest number of rows. The norm multiplies by its square root, a power of two."""
LONGEST = 512
"""The largest number of tokens of a prompt, with the one that llama.cpp draws."""
NO_STAGE = {
    "top_k": 0,
    "top_p": 1.0,
    "min_p": 0.0,
    "typical_p": 1.0,
    "temperature": 1.0,
    "repeat_penalty": 1.0,
}
"""Request fields that switch off what is on by default."""
LISTED = 1e-30
"""llama.cpp does not list a token whose probability rounds to 0, so smaller ones than this are not compared."""
LAST_BITS = 3e-6
"""By this much the logits of two float32 computations may differ."""
MOST_BY_ROUNDING = 10
"""Fewer cases of a file of rows may be decided by such a difference."""
FIELDS = {"repetition_penalty": "repeat_penalty"}
"""llama.cpp's request fields that have another name than ours."""
SAMPLERS = {
    "typical_p": "typ_p",
    **dict.fromkeys(["repetition_penalty", "frequency_penalty", "presence_penalty"], "penalties"),
}
"""The same for its names of stages in an order."""


class LlamaCpp:
    """A llama.cpp server in this process, on a file that `write_rows` wrote. `vocabulary` is its number of tokens."""

    def __init__(self, path: Path, vocabulary: int) -> None:
        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_ctx = LONGEST
        params.n_parallel = 1
        params.cpuparams.n_threads = 1
        params.warmup = params.fit_params = False
        params.verbosity = -1  # nothing is printed, errors are raised
        self._server = xllamacpp.Server(params)
        self._vocabulary = vocabulary

    def raw(self, ids: Sequence[int]) -> np.ndarray:
        """Returns (vocab,) float32: the logarithms of the model's probabilities after `ids`."""
        entries = self._complete(ids, {})["top_logprobs"]
        found = np.full(self._vocabulary, np.nan, np.float32)
        found[[entry["id"] for entry in entries]] = [entry["logprob"] for entry in entries]
        return found

    def after(self, ids: Sequence[int], **fields: Any) -> dict[int, float]:
        """Returns the probability of every token that the chain keeps, most probable first.

        Args:
            ids: the tokens before the step.
            fields: llama.cpp's request fields. What they do not name is off, and not at llama.cpp's default.
        """
        entries = self._complete(ids, {**fields, "post_sampling_probs": True})["top_probs"]
        return {entry["id"]: entry["prob"] for entry in entries}

    def after_defaults(self, ids: Sequence[int]) -> dict[int, float]:
        """Returns the same of a request that names no stage, so that all are as llama.cpp has them by default."""
        return self.after(ids, **dict.fromkeys(NO_STAGE))

    def text(self, ids: Sequence[int], length: int, **fields: Any) -> list[tuple[int, dict[int, float]]]:
        """Returns each of `length` drawn tokens with the probabilities of those that its step kept, by `seed`."""
        steps = self._drawn(ids, {**fields, "post_sampling_probs": True, "max_tokens": length})
        return [(step["id"], {entry["id"]: entry["prob"] for entry in step["top_probs"]}) for step in steps]

    def _complete(self, ids: Sequence[int], fields: Mapping[str, Any]) -> dict:
        """Returns the entry of one step. A token that is a part of a character has none: another seed draws again."""
        drawn = (self._drawn(ids, {**fields, "seed": seed, "max_tokens": 1}) for seed in range(50))
        return next(step for step in drawn if step)[0]

    def _drawn(self, ids: Sequence[int], fields: Mapping[str, Any]) -> list[dict]:
        request = {**NO_STAGE, "n_probs": self._vocabulary, "cache_prompt": False, **fields, "prompt": list(ids)}
        answer = self._server.handle_completions(request)
        if "choices" not in answer:
            raise RuntimeError(answer["error"]["message"])
        shares = answer["choices"][0]["logprobs"]
        return shares["content"] if shares else []


def write_rows(path: Path, rows: Mapping[int, np.ndarray], tokenizer: PreTrainedTokenizerFast, size: int) -> None:
    """Writes a GGUF file whose logits after a prompt are the row of its last token, the first one if it has none.

    Args:
        rows: at most `WIDTH` rows (size,) float32, by token id. The file's logits equal them bit by bit.
        tokenizer: a BPE tokenizer in GPT-2's alphabet of bytes.
        size: the number of logits, not more than the tokenizer has tokens.
    """
    tokens = tokenizer.convert_ids_to_tokens(list(range(size)))
    merges = json.loads(tokenizer.backend_tokenizer.to_str())["model"]["merges"]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(LONGEST)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(32)
    writer.add_head_count(4)
    writer.add_head_count_kv(1)
    writer.add_rope_dimension_count(WIDTH // 4)
    writer.add_layer_norm_rms_eps(1e-30)  # vanishes beside 1 / WIDTH, the mean of the squares
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.NORMAL] * len(tokens))
    writer.add_token_merges([" ".join(merge) for merge in merges])
    writer.add_add_bos_token(False)
    writer.add_eos_token_id(tokenizer.eos_token_id)
    embeddings = np.zeros((len(tokens), WIDTH), np.float32)
    output = np.zeros((len(tokens), WIDTH), np.float32)
    embeddings[:, 0] = 1
    for axis, (token_id, row) in enumerate(rows.items()):
        embeddings[token_id] = np.eye(WIDTH)[axis]
        output[:, axis] = row / WIDTH**0.5
    writer.add_tensor("token_embd.weight", embeddings)
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    writer.add_tensor("output.weight", output)
    shapes = {
        "attn_norm": (WIDTH,),
        "attn_q": (WIDTH, WIDTH),
        "attn_k": (WIDTH // 4, WIDTH),
        "attn_v": (WIDTH // 4, WIDTH),
        "attn_output": (WIDTH, WIDTH),
        "ffn_norm": (WIDTH,),
        "ffn_gate": (32, WIDTH),
        "ffn_up": (32, WIDTH),
        "ffn_down": (WIDTH, 32),
    }
    for name, shape in shapes.items():
        writer.add_tensor(f"blk.0.{name}.weight", np.zeros(shape, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def byte_pairs() -> PreTrainedTokenizerFast:
    """Builds a tokenizer whose tokens are the `LETTERS`, each two of them, and one that ends texts."""
    pieces = [bytes_to_unicode()[ord(letter)] for letter in LETTERS]
    merges = [(one, two) for one in pieces for two in pieces]
    vocab = {piece: token_id for token_id, piece in enumerate([*pieces, *map("".join, merges), "</s>"])}
    backend = TokenizerOfBytes(models.BPE(vocab=vocab, merges=merges))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="</s>")


class Rows:
    """Rows of logits by the token that ends a text, and llama.cpp on a file of them."""

    def __init__(
        self, path: Path, rows: Mapping[int, np.ndarray], tokenizer: PreTrainedTokenizerFast, size: int
    ) -> None:
        write_rows(path, rows, tokenizer, size)
        self.llama_cpp = LlamaCpp(path, size)
        self.rows = {token_id: torch.from_numpy(row) for token_id, row in rows.items()}
        self.decided_by_rounding = 0
        self._words = WordIds(Tokenizer(tokenizer, "tiny", size), size, [])

    def ours(self, moment: Moment | Sequence[int], values: Mapping[str, Any], order: Order = "llama.cpp") -> Shares:
        """Returns the probability of every token that our stages keep and llama.cpp lists."""
        moment = moment if isinstance(moment, Moment) else Moment(moment)
        return self._after(self._row(moment), moment, Settings(**values, order=order))

    def theirs(self, ids: Sequence[int], values: Mapping[str, Any], order: Order = "llama.cpp") -> Shares:
        """Returns what llama.cpp makes of the same settings, in its own default order or in another."""
        fields = {FIELDS.get(name, name): value for name, value in values.items()}
        if order != "llama.cpp":
            fields["samplers"] = list(dict.fromkeys(SAMPLERS.get(name, name) for name in order))
        found = self.llama_cpp.after(ids, **{"repeat_last_n": LONGEST, **fields})
        return {token_id: share for token_id, share in found.items() if share > LISTED}

    def compare(
        self,
        moment: Moment | Sequence[int],
        values: Mapping[str, Any],
        order: Order = "llama.cpp",
        theirs: Shares | None = None,
    ) -> None:
        """Fails unless llama.cpp keeps the same tokens, with the same probabilities.

        Where a limit lies so close to a sum or a difference that its last bits decide, the two may keep others. Few
        cases are like this, which is counted.
        """
        moment = moment if isinstance(moment, Moment) else Moment(moment)
        ours, theirs = self.ours(moment, values, order), theirs or self.theirs(moment.ids, values, order)
        if ours.keys() != theirs.keys() and self._is_decided_by_rounding(moment, Settings(**values, order=order)):
            self.decided_by_rounding += 1
            assert self.decided_by_rounding < MOST_BY_ROUNDING
            return
        assert ours.keys() == theirs.keys(), (moment, values, order)
        np.testing.assert_allclose([theirs[token_id] for token_id in ours], [*ours.values()], rtol=0, atol=1e-5)

    def compare_text(self, ids: Sequence[int], length: int, values: Mapping[str, Any], seed: int = 0) -> None:
        """The same for each step of a text that llama.cpp draws."""
        surprises: list[float] = []
        text = list(ids)
        for token_id, theirs in self.llama_cpp.text(ids, length, **values, seed=seed):
            self.compare(Moment(text, len(ids), surprises=surprises), values, theirs=theirs)
            surprises.append(-math.log2(theirs[token_id]))
            text.append(token_id)
        assert len(surprises) > 1

    def _row(self, moment: Moment) -> torch.Tensor:
        return self.rows.get(moment.ids[-1], next(iter(self.rows.values())))

    def _after(self, logits: torch.Tensor, moment: Moment, settings: Settings) -> Shares:
        scores = stages(logits, moment, settings, (), self._words)[-1].logits
        shares = torch.softmax(scores.double(), -1)
        return {token_id: float(shares[token_id]) for token_id in (shares > LISTED).nonzero()[:, 0].tolist()}

    def _is_decided_by_rounding(self, moment: Moment, settings: Settings) -> bool:
        """Whether our own stages keep other tokens when the logits, or a share to reach, move a little."""
        row, generator = self._row(moment), torch.Generator().manual_seed(0)
        moved = [(row + LAST_BITS * torch.randn(row.shape, generator=generator), settings) for _ in range(8)]
        for name in ("top_p", "typical_p"):
            share = getattr(settings, name)
            moved += [(row, replace(settings, **{name: share + sign * LAST_BITS})) for sign in (-1, 1) if share < 1]
        kept = self._after(row, moment, settings).keys()
        return any(self._after(logits, moment, one).keys() != kept for logits, one in moved)
