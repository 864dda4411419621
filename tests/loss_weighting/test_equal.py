from __future__ import annotations

import torch

from mmfusion.loss_weighting.equal import Equal


def test_it_is_the_plain_sum():
    losses = torch.tensor([1.5, 2.5, 4.0])
    total, weights = Equal(["a", "b", "c"])(losses, None, torch.ones(3, dtype=torch.bool))
    assert total == 8.0
    assert weights.tolist() == [1.0, 1.0, 1.0]
