"""Describes the encoder of an encoder–decoder for its drawing, from its modules, and the head of an encoder-only model.

Knows models.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from torch import nn

from playground.models.encoder import encoder_blocks
from playground.models.encoder_part import Task
from playground.models.encoder_side import encoder_config, text_encoder
from playground.models.language_model import LanguageModel
from playground.models.parts import is_linear, parts


@dataclass(frozen=True)
class EncoderDrawing:
    """What the picture of an encoder is made of.

    Attributes:
        layers: the number of its blocks.
        heads: of one attention.
        width: of the vectors that it makes, one for each token of the source.
        window: the most tokens that it reads.
        neurons: the width inside a feed-forward; None if it is not found.
        shares_embedding: whether it reads the same table of vectors as the decoder.
        parameters: the numbers that it does not share with the decoder.
    """

    layers: int
    heads: int
    width: int
    window: int
    neurons: int | None
    shares_embedding: bool
    parameters: int


@dataclass(frozen=True)
class HeadStep:
    """One step of a head before its last matrix.

    Attributes:
        name: "matrix" or "norm".
        given, made: the numbers of the vectors that it reads and makes.
    """

    name: str
    given: int
    made: int


@dataclass(frozen=True)
class HeadDrawing:
    """The head of an encoder-only model.

    Attributes:
        task: what it does.
        reads: "each" token's vector on its own, only that of the "first" token, or one vector made of "all".
        steps: what it does before its last matrix, which has a row for each token or label.
        labels: those that it gives; empty if it fills blanks.
    """

    task: Task
    reads: str
    steps: tuple[HeadStep, ...]
    labels: tuple[str, ...]


def encoder_drawing(model: LanguageModel) -> EncoderDrawing | None:
    """Returns the drawing of a model's encoder, None for a decoder-only model."""
    if not model.takes_source:
        return None
    encoder, decoder = text_encoder(model.hf), model.hf.get_decoder()
    config = encoder_config(model.hf.config)
    blocks = encoder_blocks(model)
    table = next((module for module in encoder.modules() if isinstance(module, nn.Embedding)), None)
    width = 0 if table is None else table.embedding_dim
    own, others = own_parameters(model), {id(one) for one in decoder.parameters()}
    return EncoderDrawing(
        layers=len(blocks),
        heads=config.num_attention_heads,
        width=width,
        window=model.source_window,
        neurons=next(_inside(blocks[0], width), None) if blocks else None,
        shares_embedding=table is not None and id(table.weight) in others,
        parameters=sum(one.numel() for one in own),
    )


def own_parameters(model: LanguageModel) -> list[nn.Parameter]:
    """Returns the parameters of the encoder that nothing else of the model has."""
    output = parts(model.hf, model.name).unembedding
    others = {id(one) for one in (*model.hf.get_decoder().parameters(), *output.parameters())}
    return [one for one in model.hf.get_encoder().parameters() if id(one) not in others]


def _inside(block: nn.Module, width: int) -> Iterator[int]:
    """Yields the widths inside a block's feed-forward: those of matrices that make longer or shorter vectors."""
    for path, module in block.named_modules():
        if is_linear(module) and "attention" not in path.lower() and "attn" not in path:
            size = getattr(module, "out_features", width)
            if size != width:
                yield size
