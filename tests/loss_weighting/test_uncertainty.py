from __future__ import annotations

import math

import pytest
import torch

from mmfusion.loss_weighting.uncertainty import Uncertainty

BOTH = torch.tensor([True, True])


def test_the_formula():
    weighting = Uncertainty(["age", "kind"], ["age"])
    with torch.no_grad():
        weighting.log_variances.copy_(torch.tensor([0.4, -1.2]))
    total, weights = weighting(torch.tensor([2.0, 0.7]), None, BOTH)
    expected = 0.5 * math.exp(-0.4) * 2.0 + 0.5 * 0.4 + math.exp(1.2) * 0.7 - 0.5 * 1.2
    assert total.item() == pytest.approx(expected)
    assert weights.tolist() == pytest.approx([0.5 * math.exp(-0.4), math.exp(1.2)])


def test_s_settles_where_the_paper_says():
    # At the minimum over s: L = e^s for a regression (its noise's variance), 2 L = e^s for a classification.
    weighting = Uncertainty(["age", "kind"], ["age"])
    optimizer = torch.optim.SGD(weighting.parameters(), lr=0.5)
    for _ in range(200):
        optimizer.zero_grad()
        weighting(torch.tensor([4.0, 0.3]), None, BOTH)[0].backward()
        optimizer.step()
    assert weighting.log_variances.tolist() == pytest.approx([math.log(4.0), math.log(0.6)], abs=1e-4)


def test_it_learns_what_it_remembers():
    weighting = Uncertainty(["age", "kind"], initial=-0.5)
    assert weighting.log_variances.requires_grad
    assert list(weighting.state_dict()) == ["log_variances"]
    assert weighting.log_variances.tolist() == [-0.5, -0.5]


def test_what_is_refused():
    with pytest.raises(ValueError, match=r"loss_weighting.initial.*inf"):
        Uncertainty(["age"], initial=math.inf)
