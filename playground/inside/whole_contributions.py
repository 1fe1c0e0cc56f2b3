"""Who wrote the logit of a token at one place, for a model that fills blanks: what each part added to the stream.

Knows models. Every norm on the way is frozen, as in `contributions`, also those that stand in the stream. The head has
a function that bends each number on its own, such as GELU. It is frozen too: each number keeps the factor by which the
function changes it in this text (the identity rule of Achtibat et al. 2024). So the sum is exact for this text.
"""

from collections.abc import Generator, Sequence
from typing import cast

import torch
from torch import nn
from transformers.activations import ACT2FN

from playground.inside.contributions import LOST, Contributions, unknown
from playground.inside.frozen import frozen
from playground.inside.whole_blocks import Call, Run, run
from playground.models.masked_model import MaskedModel
from playground.models.parts import is_linear, matrix

SMALL = 1e-6
"""A number below this has no factor: what a function makes of it counts as remainder."""
NAMES = ("attention", "feed_forward")


def whole_contributions(
    model: MaskedModel, ids: Sequence[int], position: int, token_id: int, against: int | None = None
) -> Generator[None, None, Contributions]:
    """Reads a text and returns the terms of the logit of a token at a position, minus those of `against`.

    Raises:
        PlaygroundError: the model's blocks are not found, or they or its head are not of the kind that is known.
    """
    seen = run(model, ids, position)
    if any(not block.sums for block in seen.blocks):
        raise unknown(model)
    with torch.inference_mode():
        return _shared_out(model, seen, position, token_id, against)
    yield


def _shared_out(model: MaskedModel, seen: Run, position: int, token_id: int, against: int | None) -> Contributions:
    back = _Back(model, token_id, against)
    back.through_head(seen)
    count = model.hf.config.num_attention_heads
    parts: dict[str, list[float]] = {name: [] for name in NAMES}
    heads: list[list[float]] = []
    for block in reversed(seen.blocks):
        terms: dict[str, float] = dict.fromkeys(NAMES, 0.0)
        own = [0.0] * count
        for one in reversed(block.sums):
            if block.is_normed:
                assert one.norm is not None, "it was seen"
                back.through_norm(one.norm)
            terms[one.name] += float(_row(one.wrote.made) @ back.direction)
            if one.name == "attention":
                weights = matrix(one.wrote.module, model.hf).float().cpu()
                outputs = _row(one.wrote.given) * (weights.T @ back.direction)
                own = outputs.view(count, -1).sum(-1).tolist()
        for name in NAMES:
            parts[name].insert(0, terms[name])
        heads.insert(0, own)
    embedding = float(_row(seen.blocks[0].before) @ back.direction)
    logits = seen.logits[position]
    logit = float(logits[token_id] - (0 if against is None else logits[against]))
    total = embedding + sum(parts["attention"]) + sum(parts["feed_forward"]) + back.bias
    if abs(logit - total) > LOST * max(1.0, float(logits.abs().max())):
        raise unknown(model)
    return Contributions(logit, embedding, parts["attention"], parts["feed_forward"], heads, back.bias, logit - total)


class _Back:
    """Goes from the logit back through the model.

    Attributes:
        direction: (width,) float32 on the CPU: its product with the vector at the place that is reached is the logit,
            but for `bias`.
        bias: what the biases on the way add.
    """

    def __init__(self, model: MaskedModel, token_id: int, against: int | None) -> None:
        self._model = model
        self._output = cast(nn.Linear, model.hf.get_output_embeddings())
        rows = [self._row_of(one) for one in (token_id, *(() if against is None else (against,)))]
        self.direction, self.bias = rows[0] if against is None else (rows[0][0] - rows[1][0], rows[0][1] - rows[1][1])

    def _row_of(self, token_id: int) -> tuple[torch.Tensor, float]:
        bias = getattr(self._output, "bias", None)
        return self._output.weight[token_id].float().cpu(), 0.0 if bias is None else float(bias[token_id])

    def through_head(self, seen: Run) -> None:
        """Goes back from the logit to the last vector of the stream."""
        last = seen.blocks[-1].after
        calls = [call for call in seen.leaving if call.given.shape[0] == last.shape[0]]
        if not calls or calls[-1].module is not self._output:
            raise unknown(self._model)
        after = calls[-1].given
        for call in reversed(calls[:-1]):
            if call.made.shape != after.shape:
                raise unknown(self._model)
            if not torch.equal(call.made, after):
                self._through_function(call.made, after)
            if call.is_norm:
                self.through_norm(call)
            else:
                self._through_matrix(call)
            after = call.given
        if not torch.equal(after, last):
            raise unknown(self._model)

    def through_norm(self, call: Call) -> None:
        """Goes back through a norm, which is frozen."""
        norm = frozen(call.module, call.given[0])
        if norm is None:
            raise unknown(self._model)
        self.bias += float(norm.bias.cpu() @ self.direction)
        self.direction = norm.back(self.direction.to(norm.weight.device)).cpu()

    def _through_matrix(self, call: Call) -> None:
        if not is_linear(call.module):
            raise unknown(self._model)
        bias = getattr(call.module, "bias", None)
        if bias is not None:
            self.bias += float(bias.float().cpu() @ self.direction)
        self.direction = matrix(call.module, self._model.hf).float().cpu().T @ self.direction

    def _through_function(self, given: torch.Tensor, made: torch.Tensor) -> None:
        """Goes back through a function that bends each number on its own."""
        config = self._model.hf.config
        stated = (getattr(config, name, None) for name in ("hidden_act", "activation", "classifier_activation"))
        tried = dict.fromkeys([*(name for name in stated if isinstance(name, str)), "gelu"])
        if not any(torch.allclose(ACT2FN[name](given), made, rtol=1e-3, atol=1e-5) for name in tried):
            raise unknown(self._model)
        before, after = _row(given), _row(made)
        factor = torch.where(before.abs() > SMALL, after / before, torch.zeros_like(before))
        self.direction = factor * self.direction


def _row(vectors: torch.Tensor) -> torch.Tensor:
    return vectors[0].float().cpu()
