"""Tests that a forward in slices makes the numbers of the whole forward, and which models cannot stop."""

import pytest
import torch
from torch import nn

from playground.models.layer_slices import Layers, SlicedForward, in_slices, layers_of

WIDTH = 4


class Encoder(nn.Module):
    """Three layers in a list. `calls` are the numbers of the layers in the order of their calls."""

    def __init__(self, calls=(0, 1, 2), again=False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Linear(WIDTH, WIDTH)
        self.layers = nn.ModuleList(nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU()) for _ in range(3))
        self.calls, self.again = calls, again

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        made = [self.embedding(given)]
        for number in self.calls:
            made.append(self.layers[number](made[-1]))
        return made[-1] + made[1] if self.again else made[-1]


GIVEN = torch.linspace(-1, 1, 3 * WIDTH).reshape(3, WIDTH)


@pytest.mark.parametrize("calls", [(0, 1, 2), (0, 0, 1, 1, 0, 2)])
@pytest.mark.parametrize("at_once", [1, 2, 5, 9])
def test_slices_make_the_same_numbers_and_each_layer_runs_once(calls, at_once):
    encoder = Encoder(calls)
    layers = layers_of(encoder, lambda: encoder(GIVEN))
    assert layers is not None
    assert (layers.modules, layers.calls) == (tuple(encoder.layers), len(calls))
    ran = []
    for layer in encoder.layers:
        layer[0].register_forward_pre_hook(lambda *_: ran.append(1))
    counts, slices = [], SlicedForward(lambda: encoder(GIVEN), Layers(layers.modules, at_once))
    while not slices.go_on(10, 10):
        counts.append(len(ran))
    assert len(ran) == len(calls)
    assert counts == list(range(at_once, len(calls), at_once))
    assert torch.equal(slices.made, encoder(GIVEN))
    assert all("forward" not in vars(layer) for layer in encoder.layers)


def test_a_slice_has_at_least_one_layer_and_as_many_as_fit():
    layers = Layers((), 12)
    assert [layers.at_once(tokens, 256) for tokens in (10_000, 1024, 512, 256)] == [1, 3, 6, 12]


@pytest.mark.parametrize("encoder", [Encoder(again=True), nn.Linear(WIDTH, WIDTH), Encoder(calls=())])
def test_an_encoder_that_cannot_stop_is_run_in_one_forward(encoder):
    """One uses what its first layer made behind the last one, one has no list of layers, one does not call them."""
    assert layers_of(encoder, lambda: encoder(GIVEN)) is None
    whole = in_slices(SlicedForward(lambda: encoder(GIVEN), None), 1000, 1)
    with pytest.raises(StopIteration) as end:
        next(whole)
    assert torch.equal(end.value.value, encoder(GIVEN))


def test_a_layer_that_fails_can_be_tried_again():
    encoder, failures = Encoder(), [MemoryError("full")]
    own = encoder.layers[1].forward
    encoder.layers[1].forward = failing = lambda given: (
        own(given) if not failures else (_ for _ in ()).throw(failures.pop())
    )
    slices = SlicedForward(lambda: encoder(GIVEN), Layers(tuple(encoder.layers), 3))
    with pytest.raises(MemoryError):
        slices.go_on(1, 1)
    assert slices.calls == 1
    assert encoder.layers[1].forward is failing
    assert slices.go_on(1, 1)
    assert torch.equal(slices.made, encoder(GIVEN))
