from __future__ import annotations

import math

import pytest
import torch

from mmfusion.loss_weighting.dwa import DWA, dwa_weights

NAN = math.nan


def epoch(weighting: DWA, *losses: tuple[float, float]) -> list[float]:
    """One epoch of steps; NaN stands for a task without labels. Returns the weights that the epoch used."""
    used = weighting.weights.tolist()
    for pair in losses:
        values = torch.tensor(pair)
        weighting(values.nan_to_num(), None, ~values.isnan())
    weighting.on_epoch_start()
    return used


def softmax(a: float, b: float, temperature: float = 2.0) -> list[float]:
    ea, eb = math.exp(a / temperature), math.exp(b / temperature)
    return [2 * ea / (ea + eb), 2 * eb / (ea + eb)]


def test_weights_follow_the_ratio_of_two_epochs_means():
    weighting = DWA(["a", "b"])
    assert epoch(weighting, (4.0, 1.0), (2.0, 3.0)) == [1.0, 1.0]  # means 3, 2
    assert epoch(weighting, (1.0, 2.0), (2.0, 1.0)) == [1.0, 1.0]  # means 1.5, 1.5
    assert epoch(weighting, (1.0, 1.0)) == pytest.approx(softmax(1.5 / 3, 1.5 / 2))
    assert weighting.weights.tolist() == pytest.approx(softmax(1 / 1.5, 1 / 1.5))


def test_the_task_that_fell_least_weighs_most_and_heat_evens_it_out():
    last, before = torch.tensor([0.2, 0.9]), torch.tensor([1.0, 1.0])
    cold, hot = dwa_weights(last, before, 0.5), dwa_weights(last, before, 50.0)
    assert cold[1] > hot[1] > 1 > hot[0] > cold[0] > 0
    torch.testing.assert_close(hot, torch.ones(2), rtol=0.02, atol=0)


def test_an_epoch_without_a_label_is_left_out_of_that_tasks_history():
    weighting = DWA(["a", "b"])
    epoch(weighting, (4.0, 2.0))
    epoch(weighting, (2.0, NAN), (2.0, NAN))
    assert weighting.weights.tolist() == pytest.approx(softmax(2 / 4, 1.0))  # b has one epoch so far
    epoch(weighting, (1.0, 1.5), (NAN, NAN), (1.0, NAN))
    assert weighting.weights.tolist() == pytest.approx(softmax(1 / 2, 1.5 / 2))
    epoch(weighting, (1.0, NAN))
    assert weighting.weights.tolist() == pytest.approx(softmax(1 / 1, 1.5 / 2))


def test_a_loss_of_zero_gives_no_nan():
    weighting = DWA(["a", "b"])
    for losses in [(0.0, 1.0), (0.0, 1.0), (1.0, 1.0)]:
        epoch(weighting, losses)
        assert weighting.weights.isfinite().all()
        assert weighting.weights.sum().item() == pytest.approx(2.0)
    assert weighting.weights[0] > 1.99  # from nothing to something: nothing falls less
