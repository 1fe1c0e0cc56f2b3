"""Tries a loaded model before it serves anybody: whether its texts are right alone, and whether they may share steps.

Knows the model and the batch. Any model that transformers loads may come here, and none may be wrong in silence.
"""

import logging
from functools import partial
from weakref import WeakKeyDictionary

import torch
from transformers import PreTrainedModel

from playground.engine.batch import Batch
from playground.errors import PlaygroundError
from playground.models.device_memory import is_out_of_memory
from playground.models.language_model import LanguageModel
from playground.models.one_query import NAME
from playground.models.split import is_split
from playground.models.spread import is_spread

log = logging.getLogger(__name__)

LENGTHS = (7, 4)
"""The tokens of the two texts that are tried. They differ, so that one of them is padded."""
LARGEST_ERRORS = {torch.float32: 0.02}
LARGEST_ERROR = 0.3
"""The largest root mean square of an error, in standard deviations of the logits. In 16 bits two ways to compute differ
by some hundredths, and by more where experts are chosen, or where a package for packed weights multiplies in 8 bits.
Wrong masks and positions make errors of about 1."""


@torch.inference_mode()
def texts_may_share(model: LanguageModel) -> bool:
    """Returns whether two texts in one batch get the logits that each of them gets alone.

    Raises:
        PlaygroundError: the model cannot be run, or a text alone, read with a cache, gets other logits than in one
            forward. BERT is such a model: its tokens also see those that come after them.
        RuntimeError, MemoryError: the memory is full, as `told_when_full` takes it.
    """
    texts = [[(7 * place + 5 * length) % model.vocabulary_size for place in range(length)] for length in LENGTHS]
    try:
        models = [model.reading(ids) for ids in texts]  # an encoder reads the same ids as the decoder
        whole = [one.read(ids, one.new_cache())[-1] for one, ids in zip(models, texts, strict=True)]
        alone = [_stepped(model, [ids])[0] for ids in texts]
    except PlaygroundError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise PlaygroundError(
            f"{model.name} ({model.hf.config.model_type}) cannot write a text token by token: {reason.rstrip('.')}. "
            "Choose another model."
        ) from error
    if not all(_close(model, one, other) for one, other in zip(whole, alone, strict=True)):
        raise PlaygroundError(
            f"{model.name} ({model.hf.config.model_type}) gives other logits when it reads a text token by token than "
            "when it reads the whole text at once, so no step would be exact. Choose another model."
        )
    together = _stepped(model, texts)
    return all(_close(model, one, other) for one, other in zip(whole, together, strict=True))


_may_be_shared: WeakKeyDictionary[PreTrainedModel, bool] = WeakKeyDictionary()


def beginnings_may_be_shared(model: LanguageModel) -> bool:
    """Returns whether rows that begin alike get the same logits when what they begin with is kept once.

    The model is tried when this is asked for first. Only its steps with `one_query` attention know of what is shared.
    """
    if model.hf not in _may_be_shared:
        _may_be_shared[model.hf] = model.step_attention == NAME and not model.has_states and _are_same_shared(model)
    return _may_be_shared[model.hf]


@torch.inference_mode()
def _are_same_shared(model: LanguageModel) -> bool:
    if model.takes_source or is_split(model.hf) or is_spread(model.hf):
        return False
    texts = [[(7 * place + (place > 4) * number) % model.vocabulary_size for place in range(9)] for number in (1, 2)]
    try:
        return all(map(partial(_close, model), _stepped(model, texts), _stepped(model, texts, least_saved=1)))
    except (AttributeError, RuntimeError, TypeError, ValueError) as error:
        log.info("rows that begin alike share nothing: %s reads keys before its attention", model.name, exc_info=error)
        return False


def _stepped(model: LanguageModel, texts: list[list[int]], least_saved: int | None = None) -> list[torch.Tensor]:
    """Returns the (vocab,) logits after each text, computed as the engine does: a prefill, and a step in one batch.

    Args:
        least_saved: the fewest tokens that sharing saves; None if the texts share nothing.
    """
    batch, prompts = Batch(lambda: True, least_saved or 0), [ids[:-1] for ids in texts]
    if model.takes_source:
        sources = [tuple(ids) for ids in texts]
        reading = model.sources(sources)
        reading.go_on(len(sources) * max(LENGTHS))  # all of them in one forward
        caches = [reading.cache_of(one) for one in sources]
        for ids, cache in zip(prompts, caches, strict=True):
            model.prefill(ids, cache)
    else:
        caches = model.prefill_together(prompts)
    batch.join(caches, prompts if least_saved else None)
    return list(batch.step(model, [ids[-1] for ids in texts]).logits.float())


def _close(model: LanguageModel, expected: torch.Tensor, found: torch.Tensor) -> bool:
    error = (found - expected).square().mean().sqrt()
    largest = LARGEST_ERROR if model.is_packed else LARGEST_ERRORS.get(model.hf.dtype, LARGEST_ERROR)
    return bool(error <= largest * expected.std())
