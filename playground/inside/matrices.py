"""Measures directions in a model's embedding matrices: cosines with the whole vocabulary, angles, principal components.

Knows models and tensors. Does not know texts, words, threads or pages. Every product is computed in float32 on slices
of rows, also where the weights have 16 bits, so that no second matrix is kept.
"""

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch

from playground.errors import PlaygroundError
from playground.models.loaded_model import LoadedModel
from playground.models.spread import weight_of

Space = Literal["input", "output"]
"""The input embedding turns a token into a vector. The output embedding, or unembedding, turns a vector into logits."""
SPACES: tuple[Space, ...] = get_args(Space)
SLICE_BYTES = 2**24
"""The float32 bytes of the rows that are read in one piece of work."""
AXES = 3


@dataclass(frozen=True)
class Shape:
    """What a model's two matrices are.

    Attributes:
        is_tied: whether both are the same matrix.
        tokens: the number of rows that belong to a token with a logit, in each.
        widths: the number of numbers in a row, in each. A model whose head gives labels has no output embedding.
    """

    is_tied: bool
    tokens: int
    widths: dict[Space, int]


@dataclass(frozen=True, eq=False)
class Points:
    """Rows of a matrix, projected on their first principal components.

    Attributes:
        places: (row, AXES) float64; a component that the rows do not have is 0.
        zero: (AXES,) where the zero vector falls.
        explained: the share of the rows' variance along each axis.
    """

    places: torch.Tensor
    zero: torch.Tensor
    explained: tuple[float, ...]


def shape(model: LoadedModel) -> Shape:
    """Returns what the model's matrices are."""
    given = _matrix(model, "input")
    if model.hf.get_output_embeddings() is None:
        return Shape(False, len(given), {"input": given.shape[1]})
    made = _matrix(model, "output")
    is_tied = given.data_ptr() == made.data_ptr() and given.shape == made.shape
    return Shape(is_tied, min(len(given), len(made)), {"input": given.shape[1], "output": made.shape[1]})


def rows(model: LoadedModel, space: Space, ids: Sequence[int]) -> torch.Tensor:
    """Returns (token, width) float32 rows of a matrix, on the CPU.

    Raises:
        PlaygroundError: the model has no such matrix.
    """
    matrix = _matrix(model, space)
    return matrix[torch.tensor(list(ids), device=matrix.device)].float().cpu()


def norms(model: LoadedModel, space: Space) -> Generator[None, None, torch.Tensor]:
    """Computes the (vocab,) float32 lengths of all rows. They stay on the model's device."""
    matrix = _matrix(model, space)[: shape(model).tokens]
    found = torch.empty(len(matrix), device=matrix.device)
    for part in _slices(matrix):
        found[part] = torch.linalg.vector_norm(matrix[part].float(), dim=1)
        yield
    return found


def cosines(
    model: LoadedModel, space: Space, lengths: torch.Tensor, vectors: torch.Tensor
) -> Generator[None, None, torch.Tensor]:
    """Computes the cosine of each of some vectors with every row.

    Args:
        lengths: what `norms` returned.
        vectors: (vector, width) float32.

    Returns:
        (vector, vocab) float32 on the CPU. The cosine with a vector of zeros, which has no direction, is 0.
    """
    matrix = _matrix(model, space)[: len(lengths)]
    wanted = vectors.to(matrix.device)
    wanted = wanted / _not_zero(torch.linalg.vector_norm(wanted, dim=1, keepdim=True))
    found = torch.empty(len(vectors), len(matrix))
    for part in _slices(matrix):
        found[:, part] = (wanted @ matrix[part].float().T / _not_zero(lengths[part])).clamp(-1, 1).cpu()
        yield
    return found


def best(found: torch.Tensor, count: int) -> list[int]:
    """Returns the ids of the `count` largest of (vocab,) cosines, largest first; of equal ones the lower id first."""
    count = min(count, len(found))
    least = found.topk(count).values[-1] if count else torch.inf
    ids = (found >= least).nonzero()[:, 0]
    return ids[found[ids].sort(descending=True, stable=True).indices[:count]].tolist()


def rank(found: torch.Tensor, token_id: int) -> int:
    """Returns a token's place by descending cosine, from 1, in the order of `best`."""
    own = found[token_id]
    return 1 + int((found > own).sum()) + int((found[:token_id] == own).sum())


def between(vectors: torch.Tensor) -> torch.Tensor:
    """Returns the (row, row) float64 cosines of some rows with each other; 0 with a row of zeros."""
    exact = vectors.double()
    unit = exact / _not_zero(torch.linalg.vector_norm(exact, dim=1, keepdim=True))
    return (unit @ unit.T).clamp(-1, 1)


def degrees(cosine: float) -> float:
    """Returns the angle of a cosine, from 0 to 180."""
    return math.degrees(math.acos(max(-1.0, min(1.0, cosine))))


def projected(vectors: torch.Tensor) -> Points:
    """Projects rows on their own first principal components (Pearson 1901).

    A component's sign is arbitrary. Here the number of largest size in a component is positive, so that the same rows
    always have the same picture.
    """
    exact = vectors.double()
    middle = exact.mean(0)
    _, sizes, components = torch.linalg.svd(exact - middle, full_matrices=False)
    components, variances = components[:AXES], sizes.square()
    at = components.abs().argmax(dim=1, keepdim=True)
    components = components * components.gather(1, at).sign()
    total = variances.sum().item()
    shares = [value / total if total else 0.0 for value in variances[:AXES].tolist()]
    missing = AXES - len(components)
    return Points(
        torch.nn.functional.pad((exact - middle) @ components.T, (0, missing)),
        torch.nn.functional.pad(-middle @ components.T, (0, missing)),
        (*shares, *[0.0] * missing),
    )


def _matrix(model: LoadedModel, space: Space) -> torch.Tensor:
    found = model.hf.get_input_embeddings() if space == "input" else model.hf.get_output_embeddings()
    if found is None:
        raise PlaygroundError(
            f"{model.name} has no output embedding, because its head gives labels and no words. Choose the input "
            "embedding.",
            status=422,
        )
    return weight_of(found).detach()


def _slices(matrix: torch.Tensor) -> list[slice]:
    size = max(1, SLICE_BYTES // (4 * matrix.shape[1]))
    return [slice(start, start + size) for start in range(0, len(matrix), size)]


def _not_zero(lengths: torch.Tensor) -> torch.Tensor:
    return torch.where(lengths > 0, lengths, 1)
