"""Trains the translator from French to English: its tokenizer, its weights, and the folder that holds both."""

import math
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import GenerationConfig, MarianConfig, MarianMTModel, PreTrainedTokenizerFast

from docs.training.examples import WORD, learned
from docs.training.grammar import Sentence

PAD, END, UNKNOWN = "<pad>", "</s>", "<unk>"
PIECES = 3000
"""The pieces of the vocabulary that both languages share."""
LINES = 60_000
"""The sentences from which the pieces are learned."""
WINDOW = 128
"""The most tokens of a source or a translation."""
LATIN = [chr(code) for code in (*range(0x21, 0x7F), *range(0xC0, 0x100))] + ["œ", "Œ"]
"""Characters that are never unknown."""
BATCH = 128
TOGETHER = 32
"""So many batches are drawn at once and sorted by length, so that little of a batch is padding."""
RATE, WARM_UP = 2.2e-3, 300
"""The highest rate of learning, and the steps until it is reached; it falls to 0 at the end."""


class Batch(NamedTuple):
    """Padded ids, each (sentence, token); `targets` begins with the start token, which the model reads first."""

    sources: Tensor
    mask: Tensor
    targets: Tensor


def train(folder: Path, seed: int, sentences: int) -> float:
    """Trains a translator and writes its folder. Returns the seconds of processor time that it took.

    Args:
        folder: where config, weights, tokenizer and `words.txt` are written.
        seed: of the sentences, their order, and the first weights.
        sentences: how many are learned, each once.
    """
    began = time.process_time()
    torch.set_num_threads(1)  # sums in another order give other weights
    tokenizer = made_tokenizer(seed)
    torch.manual_seed(seed)
    model = MarianMTModel(made_config(len(tokenizer)))
    words: set[str] = set()
    steps = sentences // BATCH
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: rate(step, steps))
    model.train()
    for step, batch in enumerate(islice(_batches(tokenizer, seed, words), steps)):
        loss = _loss(model, batch)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 100 == 0:
            print(f"Step {step} of {steps}: {loss.item():.3f} nats, {time.process_time() - began:.0f} s", flush=True)
    model.eval()
    save(folder, model, tokenizer, words)
    return time.process_time() - began


def rate(step: int, steps: int) -> float:
    """Returns the share of the highest rate at a step: it rises evenly, then falls along half a cosine."""
    if step < WARM_UP:
        return (step + 1) / WARM_UP
    return 0.5 * (1 + math.cos(math.pi * (step - WARM_UP) / max(1, steps - WARM_UP)))


def made_tokenizer(seed: int) -> PreTrainedTokenizerFast:
    """Learns the pieces of both languages from sentences of the grammar.

    It reads a typographic apostrophe as a straight one, and no space before a full stop or a question mark, so that
    the kind of space there makes no difference.
    """
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFC(),
            normalizers.Replace(Regex("[’ʼ]"), "'"),
            normalizers.Replace(Regex(r"[\s\u00a0\u202f]+"), " "),
            normalizers.Replace(Regex(r" (?=[?!.,;:])"), ""),
            normalizers.Strip(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(prepend_scheme="first"),
            pre_tokenizers.Split(Regex("'"), "merged_with_previous"),
            pre_tokenizers.Split(Regex("[?!.,;:]"), "isolated"),
        ]
    )
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="first")
    trainer = trainers.BpeTrainer(
        vocab_size=PIECES,
        special_tokens=[PAD, END, UNKNOWN],
        initial_alphabet=LATIN,
        min_frequency=4,
        show_progress=False,
    )
    texts = (text for one in islice(learned(seed), LINES) for text in (one.french.text, one.english.text))
    tokenizer.train_from_iterator(texts, trainer)
    end = tokenizer.token_to_id(END)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"$A {END}", pair=f"$A $B {END}", special_tokens=[(END, end)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        unk_token=UNKNOWN,
        model_max_length=WINDOW,
        clean_up_tokenization_spaces=False,
        model_input_names=["input_ids", "attention_mask"],
    )


def made_config(vocabulary: int) -> MarianConfig:
    """Returns the shape of the model. Each id is set: the defaults are those of another vocabulary."""
    return MarianConfig(
        vocab_size=vocabulary,
        decoder_vocab_size=vocabulary,
        max_position_embeddings=WINDOW,
        d_model=192,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=512,
        decoder_ffn_dim=512,
        activation_function="relu",
        dropout=0.0,  # no sentence is seen twice, so that none is learned by heart
        scale_embedding=True,
        pad_token_id=0,
        eos_token_id=1,
        decoder_start_token_id=0,
        forced_eos_token_id=None,
        # a page offers the model for this task; a config takes more values than its class names
        task_specific_params={"translation_fr_to_en": {}},  # pyright: ignore[reportCallIssue]
    )


def save(folder: Path, model: MarianMTModel, tokenizer: PreTrainedTokenizerFast, words: set[str]) -> None:
    """Writes the folder of a model. The file holds half-precision weights, and the model computes with float32."""
    model.generation_config = GenerationConfig(
        pad_token_id=0, eos_token_id=1, decoder_start_token_id=0, forced_eos_token_id=1, max_length=64, num_beams=1
    )
    half = {name: tensor.detach().half() for name, tensor in (*model.named_parameters(), *model.named_buffers())}
    model.save_pretrained(folder, state_dict=half)
    tokenizer.save_pretrained(folder)
    (folder / "words.txt").write_text("\n".join(sorted(words)) + "\n", encoding="utf-8")


def _loss(model: MarianMTModel, batch: Batch) -> Tensor:
    """Returns the mean loss of a token, in nats; the padding does not count."""
    logits = model(
        input_ids=batch.sources,
        attention_mask=batch.mask,
        decoder_input_ids=batch.targets[:, :-1],
        use_cache=False,
    ).logits
    return cross_entropy(logits.flatten(0, 1), _answers(batch).flatten())


def _answers(batch: Batch) -> Tensor:
    """Returns what the model is to write, with -100 where nothing follows the end."""
    answers = batch.targets[:, 1:]
    return answers.masked_fill(answers == 0, -100)


def _batches(tokenizer: PreTrainedTokenizerFast, seed: int, words: set[str]) -> Iterator[Batch]:
    """Yields batches of sentences of like length, without end; puts their French words into `words`."""
    examples = learned(seed)
    order = torch.Generator().manual_seed(seed)
    while True:
        drawn = list(islice(examples, BATCH * TOGETHER))
        words.update(word for one in drawn for word in WORD.findall(one.french.text.lower()))
        drawn.sort(key=lambda one: (len(one.french.words), len(one.english.words)))
        for number in torch.randperm(TOGETHER, generator=order).tolist():
            yield _batch(tokenizer, drawn[number * BATCH : (number + 1) * BATCH])


def _batch(tokenizer: PreTrainedTokenizerFast, examples: list[Sentence]) -> Batch:
    sources = tokenizer([one.french.text for one in examples], padding=True, return_tensors="pt")
    targets = tokenizer([one.english.text for one in examples], padding=True, return_tensors="pt")
    start = torch.zeros(len(examples), 1, dtype=torch.long)
    return Batch(sources["input_ids"], sources["attention_mask"], torch.cat((start, targets["input_ids"]), 1))
