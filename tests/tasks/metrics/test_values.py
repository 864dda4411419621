import numpy as np
import pytest
import torch
from sklearn.metrics import r2_score

from mmfusion.tasks.metrics.values import R2, Pearson


def make(rows: int = 300, shift: float = 0.0, scale: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    g = torch.Generator().manual_seed(0)
    target = torch.randn(rows, generator=g)
    preds = 0.8 * target + 0.3 * torch.randn(rows, generator=g)
    return preds * scale + shift, target * scale + shift


def value(metric, *batches) -> float:
    for preds, target in batches:
        metric.update(preds, target)
    return metric.compute().item()


@pytest.mark.parametrize(("shift", "scale"), [(0, 1), (1000, 1), (-5, 1e-4), (1e6, 1e4)])
def test_agrees_with_a_double_precision_reference_however_rows_are_batched(shift, scale):
    preds, target = make(shift=shift, scale=scale)
    batches = [(preds[i:j], target[i:j]) for i, j in ((0, 1), (1, 1), (1, 40), (40, 300))]
    p, t = preds.double().numpy(), target.double().numpy()
    assert value(R2(), *batches) == pytest.approx(r2_score(t, p), abs=1e-4)
    assert value(Pearson(), *batches) == pytest.approx(np.corrcoef(p, t)[0, 1], abs=1e-4)


@pytest.mark.parametrize("number", [0.0, 0.1, 1e6 + 0.1, -3e-8])
def test_equal_targets_have_neither(number):
    preds, _ = make()
    batches = [(preds[:101], torch.full((101,), number)), (preds[101:], torch.full((199,), number))]
    assert np.isnan(value(R2(), *batches))
    assert np.isnan(value(Pearson(), *batches))


def test_equal_predictions_have_an_r2_only():
    _, target = make()
    constant = torch.full_like(target, 0.1)
    assert value(R2(), (constant, target)) == pytest.approx(r2_score(target, constant), abs=1e-5)
    assert np.isnan(value(Pearson(), (constant, target)))


def test_too_few_rows_are_nan_without_a_warning():
    for kind in (R2, Pearson):
        assert [np.isnan(value(kind(), make(rows))) for rows in (0, 1)] == [True, True]


def test_perfect_predictions_also_under_autocast():
    _, target = make(shift=50)
    with torch.autocast("cpu", torch.bfloat16):
        assert value(R2(), (target, target)) == 1
        assert value(Pearson(), (target, target)) == pytest.approx(1)
        assert value(Pearson(), (-target, target)) == pytest.approx(-1)


def test_predictions_that_differ_by_the_rounding_of_the_network_are_equal():
    _, target = make()
    noise = 1e-8 * torch.randn(len(target), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    assert np.isnan(value(Pearson(), (noise, target)))
    assert not np.isnan(value(Pearson(), (1e-4 * target, target)))
