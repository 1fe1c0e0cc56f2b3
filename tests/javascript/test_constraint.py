"""Tests that the page applies a constraint's mask as Python does, first or elsewhere in a chain."""

import base64

import numpy as np
import torch

from playground.decoding.green_list import green_list
from playground.decoding.processors import deeds, stages
from playground.decoding.settings import Settings
from playground.decoding.stages.stage import Moment
from tests.javascript import node

OTHERS = {"temperature": 0.7, "top_k": 5, "top_p": 0.8, "min_p": 0.1, "typical_p": 0.9}


class Masked:
    """A vocabulary whose constraint has a mask that a test gives: a choice among single tokens."""

    name, special_ids = "rows", ()

    def __init__(self, allowed: np.ndarray) -> None:
        self.size, self.end_ids = len(allowed), (int(np.nonzero(allowed)[0][0]),)
        self.texts = [str(token_id) for token_id in range(self.size)]

    def ids_of(self, text: str) -> list[int]:
        return [int(text)]


def told(cases: list[tuple[np.ndarray, np.ndarray | None, dict]]) -> list[dict]:
    """Returns what the page makes of (logits, mask, settings)."""
    starts = np.cumsum([0] + [len(logits) for logits, *_ in cases]).tolist()
    asked = [
        {"start": start, "size": len(logits), "mask": None if mask is None else _packed(mask), "settings": settings}
        for start, (logits, mask, settings) in zip(starts, cases, strict=False)
    ]
    row = np.concatenate([logits for logits, *_ in cases]).astype("<f4").tobytes()
    return node.answer("constrained.js", {"logits": base64.b64encode(row).decode(), "cases": asked})


def _packed(mask: np.ndarray) -> str:
    return base64.b64encode(np.packbits(mask, bitorder="little").tobytes()).decode()


def case(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, dict]:
    size = int(rng.integers(9, 90))
    logits = np.round(rng.normal(size=size) * 3, int(rng.integers(3))).astype(np.float32)
    if rng.random() < 0.3:
        logits[rng.random(size) < 0.3] = -np.inf
        logits[0] = 1
    mask = rng.random(size) < rng.choice([0.05, 0.5, 0.95])
    mask[int(rng.integers(size))] = True
    mask[np.argmax(logits)] = True  # something is left
    choices = [str(token_id) for token_id in np.nonzero(mask)[0]]
    on = {name: value for name, value in OTHERS.items() if rng.random() < 0.4}
    names = ["constraint", *OTHERS]
    order = "transformers" if rng.random() < 0.5 else rng.permutation(names).tolist()
    return logits, mask, {"strategy": "sample", "choices": choices, "order": order} | on


def test_random_masks_leave_what_python_leaves():
    rng = np.random.default_rng(5)
    cases = [case(rng) for _ in range(400)]
    for (logits, mask, settings), found in zip(cases, told(cases), strict=True):
        chosen = Settings.from_dict(settings)
        chain = stages(torch.from_numpy(logits), Moment((), 0), chosen, vocabulary=Masked(mask))
        expected = deeds(chain)
        assert [stage["name"] for stage in found["stages"]] == [deed.name for deed in expected]
        kept = np.array([stage["kept"] for stage in found["stages"]])
        if (kept != [deed.kept for deed in expected]).any():
            assert "typical_p" in settings, "logits that are equal to typical-p are a few float32 steps apart"
            continue
        masses = [stage["removedMass"] for stage in found["stages"]]
        np.testing.assert_allclose(masses, [deed.removed_mass for deed in expected], atol=2e-6)
        np.testing.assert_allclose(found["probabilities"], chain[-1].logits.double().softmax(-1).numpy(), atol=2e-6)
        by = [next((one.name for one in chain if one.removed[token_id]), None) for token_id in range(len(logits))]
        assert found["removedBy"] == by
        assert sorted(found["order"]) == list(range(len(logits)))


def test_as_long_as_the_mask_is_not_there_nothing_is_removed():
    logits = np.array([1, 2, 3], np.float32)
    [found] = told([(logits, None, {"strategy": "sample", "regex": "a"})])
    assert found["stages"] == [{"name": "constraint", "kept": 3, "removedMass": 0, "isWaiting": True}]
    np.testing.assert_allclose(found["probabilities"], torch.from_numpy(logits).double().softmax(-1))


def test_a_refused_constraint_removes_nothing_and_keeps_the_sentence():
    case = {
        "start": 0,
        "size": 3,
        "mask": None,
        "refusal": "It is wrong.",
        "settings": {"strategy": "sample", "regex": "["},
    }
    row = np.array([1, 2, 3], "<f4").tobytes()
    [found] = node.answer("constrained.js", {"logits": base64.b64encode(row).decode(), "cases": [case]})
    assert found["stages"] == [{"name": "constraint", "kept": 3, "removedMass": 0, "refusal": "It is wrong."}]


def test_random_watermarks_raise_what_python_raises():
    rng = np.random.default_rng(6)
    cases, moments = [], []
    for _ in range(200):
        logits, _, settings = case(rng)
        ratio, key = float(rng.uniform(0.05, 0.9)), int(rng.integers(1, 9999))
        watermark = {"watermark_bias": float(rng.uniform(0.1, 6)), "watermark_ratio": ratio, "watermark_key": key}
        on = {name: value for name, value in settings.items() if name not in ("choices", "order", "typical_p")}
        order = "transformers" if rng.random() < 0.5 else rng.permutation(["watermark", *OTHERS]).tolist()
        previous = int(rng.integers(len(logits)))
        cases.append((logits, green_list(previous, len(logits), ratio, key), on | watermark | {"order": order}))
        moments.append(Moment([previous], 1))
    for (logits, _, settings), moment, found in zip(cases, moments, told(cases), strict=True):
        chain = stages(torch.from_numpy(logits), moment, Settings.from_dict(settings))
        assert [stage["kept"] for stage in found["stages"]] == [deed.kept for deed in deeds(chain)]
        np.testing.assert_allclose(found["probabilities"], chain[-1].logits.double().softmax(-1).numpy(), atol=2e-6)
