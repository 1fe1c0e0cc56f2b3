"""Trains the model that fills blanks: its tokenizer, its weights, and the folder that holds both."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import NamedTuple
from zlib import crc32

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import BertConfig, BertForMaskedLM, PreTrainedTokenizerFast

from docs.training.examples import HELD_OUT_OF, key, learned
from docs.training.facts import fact, review
from docs.training.translator import rate

PAD, UNKNOWN, BEGIN, END, MASK = SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
"""The special tokens; their places are their ids."""
LINES = 30_000
"""The texts from which the words are taken."""
WORDS = re.compile(r"\w+")
LETTERS = [chr(code) for code in range(0x21, 0x7F)]
"""The pieces of a word that is not in the vocabulary."""
WINDOW = 128
"""The most tokens of a text."""
BATCH = 128
TOGETHER = 32
"""So many batches are drawn at once and sorted by length, so that little of a batch is padding."""
RATE = 1.5e-3
LAST_RATE = 1e-3
MASKED = 0.25
"""The share of the tokens that are to be guessed: more than the 15 % of BERT, since the training is short."""
IGNORED = -100


class Shares(NamedTuple):
    """How often each kind of text is drawn; the rest are reviews."""

    facts: float
    sentences: float


def train(folder: Path, seed: int, count: int) -> float:
    """Trains a model that fills blanks and writes its folder. Returns the seconds of processor time that it took.

    Args:
        folder: where config, weights, tokenizer and `words.txt` are written.
        seed: of the texts, their order, what is masked, and the first weights.
        count: how many texts are learned.
    """
    tokenizer = made_tokenizer(seed)
    torch.manual_seed(seed)
    model = BertForMaskedLM(made_config(len(tokenizer)))
    seconds = _learn(model, tokenizer, folder, texts(seed), seed, count, RATE)
    write_words(folder, known_words(tokenizer, seed))
    return seconds


def train_on_reviews(folder: Path, seed: int, count: int) -> float:
    """Trains the model of a folder further, with more reviews, and writes it again. Returns the seconds as `train`.

    That a word far from the blank tells praise from blame is hard to see, and is learned late and then quickly.
    """
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    torch.manual_seed(seed)
    model = BertForMaskedLM.from_pretrained(folder)
    return _learn(model, tokenizer, folder, texts(seed + 1, AT_LAST), seed, count, LAST_RATE)


def _learn(
    model: BertForMaskedLM,
    tokenizer: PreTrainedTokenizerFast,
    folder: Path,
    drawn: Iterator[str],
    seed: int,
    count: int,
    highest: float,
) -> float:
    began = time.process_time()
    torch.set_num_threads(1)  # sums in another order give other weights
    steps = count // BATCH
    optimiser = torch.optim.AdamW(model.parameters(), lr=highest, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: rate(step, steps))
    model.train()
    for step, (ids, present) in enumerate(islice(_batches(tokenizer, drawn, seed), steps)):
        seen, answers = masked(ids, len(tokenizer))
        loss = _loss(model, seen, present, answers)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 100 == 0:
            print(f"Step {step} of {steps}: {loss.item():.3f} nats, {time.process_time() - began:.0f} s", flush=True)
    model.eval()
    half = {name: tensor.detach().half() for name, tensor in model.named_parameters()}
    model.save_pretrained(folder, state_dict=half)
    tokenizer.save_pretrained(folder)
    return time.process_time() - began


AT_FIRST = Shares(facts=0.25, sentences=0.4)
AT_LAST = Shares(facts=0.2, sentences=0.25)


def texts(seed: int, shares: Shares = AT_FIRST) -> Iterator[str]:
    """Yields texts to learn from, without end: sentences of the grammar, reviews, and facts.

    The facts are all learned, since nothing else tells them. Of the rest, the same rule as for the translator decides.
    """
    random, examples = Random(seed), learned(seed)
    while True:
        drawn = random.random()
        if drawn < shares.facts:
            yield fact(random)
        else:
            is_sentence = drawn < shares.facts + shares.sentences
            text = next(examples).english.text if is_sentence else review(random, praises=random.random() < 0.5)
            if not is_unseen(text):
                yield text


def is_unseen(text: str) -> bool:
    """Tells whether a sentence of the grammar, or a review, is never learned; its case and its ends do not count."""
    return crc32(key(text).encode()) % HELD_OUT_OF == 0


def made_tokenizer(seed: int) -> PreTrainedTokenizerFast:
    """Takes the words of the texts as the vocabulary; capital letters count. Other words are cut into letters.

    The trainer of the package orders its pieces differently each time.
    """
    counts = Counter(word for text in islice(texts(seed), LINES) for word in WORDS.findall(text))
    words = [word for word, count in counts.most_common() if count > 1 and len(word) > 1]
    pieces = [*SPECIAL, *LETTERS, *(f"##{letter}" for letter in LETTERS), *words]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A {END}",
        pair=f"{BEGIN} $A {END} $B:1 {END}:1",
        special_tokens=[(one, tokenizer.token_to_id(one)) for one in (BEGIN, END)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        unk_token=UNKNOWN,
        cls_token=BEGIN,
        sep_token=END,
        mask_token=MASK,
        model_max_length=WINDOW,
        clean_up_tokenization_spaces=False,
    )


def known_words(tokenizer: PreTrainedTokenizerFast, seed: int) -> list[str]:
    """Returns the words of the texts that the tokenizer keeps whole, as they are written: capital letters count.

    Any other word is cut into letters, which mean nothing to the model.
    """
    written = {word for text in islice(texts(seed), LINES) for word in WORDS.findall(text)}
    return sorted(word for word in written if word.isalpha() and tokenizer.tokenize(word) == [word])


def write_words(folder: Path, words: list[str]) -> None:
    """Writes the words that a model knows into its folder, one a line."""
    (folder / "words.txt").write_text("\n".join(words) + "\n", encoding="utf-8")


def made_config(vocabulary: int) -> BertConfig:
    """Returns the shape of the model."""
    return BertConfig(
        vocab_size=vocabulary,
        hidden_size=192,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=512,
        max_position_embeddings=WINDOW,
        hidden_act="relu",
        hidden_dropout_prob=0.0,  # hardly a sentence is seen twice, so that few are learned by heart
        attention_probs_dropout_prob=0.0,
        pad_token_id=0,
    )


def masked(ids: Tensor, vocabulary: int) -> tuple[Tensor, Tensor]:
    """Returns what the model sees and what it is to answer, each (text, token).

    Of the tokens to guess, 80 % are masked, 10 % are another token and 10 % are left, as in the paper of BERT
    (Devlin et al. 2019). All other answers are -100.
    """
    special = ids < len(SPECIAL)
    guessed = (torch.rand(ids.shape) < MASKED) & ~special
    answers = ids.masked_fill(~guessed, IGNORED)
    how = torch.rand(ids.shape)
    seen = ids.masked_fill(guessed & (how < 0.8), SPECIAL.index(MASK))
    other = torch.randint(len(SPECIAL), vocabulary, ids.shape)
    return torch.where(guessed & (how >= 0.9), other, seen), answers


def _loss(model: BertForMaskedLM, seen: Tensor, present: Tensor, answers: Tensor) -> Tensor:
    """Returns the mean loss of a masked token, in nats; only there the vocabulary is computed."""
    hidden = model.bert(seen, attention_mask=present).last_hidden_state
    where = answers != IGNORED
    return cross_entropy(model.cls(hidden[where]), answers[where])


def _batches(tokenizer: PreTrainedTokenizerFast, drawn: Iterator[str], seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yields ids and attention masks of texts of like length, without end."""
    order = torch.Generator().manual_seed(seed)
    while True:
        batch = sorted(islice(drawn, BATCH * TOGETHER), key=len)
        for number in torch.randperm(TOGETHER, generator=order).tolist():
            made = tokenizer(batch[number * BATCH : (number + 1) * BATCH], padding=True, return_tensors="pt")
            yield made["input_ids"], made["attention_mask"]
