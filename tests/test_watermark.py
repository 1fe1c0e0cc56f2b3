"""Tests the watermark against transformers' own: its processor makes the same scores, its detector finds the same."""

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, WatermarkDetector, WatermarkingConfig, WatermarkLogitsProcessor

from playground.decoding.green_list import detected, green_list
from playground.decoding.processors import stages
from playground.decoding.settings import Settings
from playground.decoding.stages.stage import Moment

SIZE = 500


@pytest.mark.parametrize("strategy", ["greedy", "sample"])
@pytest.mark.parametrize(("ratio", "bias", "key"), [(0.25, 2.0, 15485863), (0.5, 4.5, 7)])
def test_scores_equal_those_of_transformers(ratio, bias, key, strategy):
    logits = torch.randn(SIZE, generator=torch.Generator().manual_seed(1)) * 3
    settings = Settings(strategy, top_k=90, watermark_bias=bias, watermark_ratio=ratio, watermark_key=key)
    before, after = stages(logits, [3, 7], settings)[-2:]
    theirs = WatermarkLogitsProcessor(SIZE, "cpu", ratio, bias, key)(torch.tensor([[3, 7]]), before.logits[None])
    assert after.name == "watermark"
    assert torch.equal(after.logits, theirs[0])


def test_a_text_without_a_token_is_left_as_it_is():
    logits = torch.randn(SIZE)
    assert torch.equal(stages(logits, Moment([]), Settings(watermark_bias=3))[-1].logits, logits)


def test_the_detector_agrees_with_that_of_transformers():
    ids = np.random.default_rng(3).integers(0, SIZE - 1, 60).tolist()
    config = WatermarkingConfig(greenlist_ratio=0.25, hashing_key=15485863)
    detector = WatermarkDetector(LlamaConfig(vocab_size=SIZE, bos_token_id=SIZE - 1), "cpu", config)
    theirs = detector(torch.tensor([ids]), return_dict=True)
    ours = detected(ids, 1, SIZE, 0.25, 15485863)
    assert sum(ours.is_green) == theirs.num_green_tokens[0]
    assert ours.z_score == pytest.approx(theirs.z_score[0])
    assert ours.p_value == pytest.approx(theirs.p_value[0])


def test_a_text_with_the_watermark_is_found_and_one_without_is_not():
    rng = np.random.default_rng(4)
    marked, plain = [5], [5]
    for _ in range(50):
        scores = torch.from_numpy(rng.normal(size=SIZE).astype(np.float32))
        last = stages(scores, marked, Settings(watermark_bias=4))[-1].logits
        marked.append(int(last.argmax()))
        plain.append(int(scores.argmax()))
    assert detected(marked, 1, SIZE, 0.25, 15485863).z_score > 6
    assert abs(detected(plain, 1, SIZE, 0.25, 15485863).z_score) < 3
    assert detected(marked, 1, SIZE, 0.25, 99).z_score < 3, "another key finds nothing"


def test_without_a_token_there_is_no_score():
    assert detected([4], 1, SIZE, 0.25, 1) == ((), None, None)


def test_the_ratio_is_the_share_of_green_tokens():
    assert green_list(9, 1000, 0.3, 5).sum() == 300
