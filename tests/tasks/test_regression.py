import logging
import math

import numpy as np
import pytest
import torch

from mmfusion.tasks.regression import Regression

LABELS = [1.0, "3", 5, np.float32(7)]


def fitted(**options) -> Regression:
    task = Regression(**options)
    task.fit(LABELS)
    return task


def test_statistics_are_the_training_splits():
    task = fitted()
    assert task.mean.item() == 4
    assert task.std.item() == pytest.approx(np.std([1, 3, 5, 7]))
    assert (fitted(standardise=False).mean, fitted(standardise=False).std) == (4, 1)


@pytest.mark.parametrize(
    ("loss", "standardise", "expected"),
    [
        ("mse", False, lambda e: e**2),
        ("mae", True, lambda e: e.abs()),
        ("huber", True, lambda e: torch.where(e.abs() < 0.5, e**2 / 2, 0.5 * (e.abs() - 0.25))),
    ],
)
def test_loss_by_hand(loss, expected, standardise):
    task = fitted(loss=loss, standardise=standardise, delta=0.5)
    z, y = torch.tensor([[0.1], [-3.0], [1.0]]), torch.tensor([4.0, 10.0, -2.0])
    error = z[:, 0] - (y - 4) / (5**0.5 if standardise else 1)
    torch.testing.assert_close(task.loss(z, y), expected(error))


def test_predictions_and_metrics_are_in_the_targets_own_unit():
    task = fitted()
    z, y = torch.tensor([[0.0], [1.0]]), torch.tensor([5.0, 5.0])
    values = [4.0, 4 + 5**0.5]
    torch.testing.assert_close(task.predict(z)["value"], torch.tensor(values, dtype=torch.float64))
    assert task.readable(task.predict(z)) == {"": pytest.approx(values)}
    metrics = task.metrics()
    metrics.update(*task.metric_inputs(z, y))
    assert metrics.compute()["mae"].item() == pytest.approx((1 + 5**0.5 - 1) / 2)


@pytest.mark.parametrize(
    "label", [math.nan, math.inf, "nan", "-inf", "1e39", 10**400, "three", "1_000", True, np.True_, [1], None, ""]
)
def test_what_is_no_finite_number_is_refused(label):
    with pytest.raises(ValueError, match=r"expected a finite number( up to 3\.4e\+38)?, found"):
        Regression().check(label)


def test_numbers_of_any_type_are_read():
    assert [Regression().check(x) for x in ("1.5", " 2 ", 3, np.float64(4.5), "1e3", "-0.5")] == [
        1.5, 2.0, 3.0, 4.5, 1000.0, -0.5,
    ]  # fmt: skip


def test_range():
    task = Regression(range=[0, 120])
    assert task.check("120") == 120
    with pytest.raises(ValueError, match=r"expected a number in \[0, 120\], found '121'"):
        task.check("121")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": "l2"}, "loss: expected one of mse, mae, huber, found 'l2'"),
        ({"delta": 0.0}, "delta: expected a positive number, found 0.0"),
        ({"range": [1, 0]}, r"range: expected \[lowest, highest\], found \[1, 0\]"),
        ({"range": [1]}, "range: expected"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Regression(**options)


def test_wrong_shapes_are_refused_with_both():
    for method in (fitted().loss, fitted().metric_inputs):
        with pytest.raises(ValueError, match=r"found output \[4, 1\] and target \[4, 1\]"):
            method(torch.zeros(4, 1), torch.zeros(4, 1))


def test_equal_and_bad_training_labels():
    task = Regression()
    task.fit([1e6 + 0.1] * 3)
    assert task.std == 1
    task.fit(["bad", [1], True, 2, 4])  # what is no number is left to the check of every row
    assert (task.mean, task.std) == (3, 1)
    with pytest.raises(ValueError, match="at least 1 label"):
        Regression().fit([])


@pytest.mark.parametrize(
    ("offset", "spread", "standardise"),
    [
        (1.7e9, 58.0, True), (1.7e9, 1.0, False), (2459000.5, 0.05, True), (5.5e6, 0.8, False), (1.7e15, 1e7, True),
        (0.0, 1e-15, True), (1e15, 1e14, False),
    ],
)  # fmt: skip
def test_loss_and_metrics_are_those_of_a_float64_reference(offset, spread, standardise):
    rng = np.random.default_rng(0)
    true = offset + spread * rng.standard_normal(200)
    task = Regression(standardise=standardise)
    task.fit(true.tolist())
    unit = true.std() if standardise else 1.0
    off = 0.3 * true.std() * rng.standard_normal(200)
    z = torch.from_numpy((true - true.mean() + off) / unit).float()[:, None]
    target = torch.from_numpy(true)
    predicted = z[:, 0].double().numpy() * unit + true.mean()
    metrics = task.metrics()
    for rows in (slice(0, 70), slice(70, 200)):
        metrics.update(*task.metric_inputs(z[rows], target[rows]))
    values = {name: value.item() for name, value in metrics.compute().items()}
    error = predicted - true
    assert values["mae"] == pytest.approx(np.abs(error).mean(), rel=1e-6)
    assert values["rmse"] == pytest.approx(np.sqrt((error**2).mean()), rel=1e-6)
    assert values["r2"] == pytest.approx(1 - (error**2).mean() / true.var(), abs=1e-6)
    assert values["pearson"] == pytest.approx(np.corrcoef(predicted, true)[0, 1], abs=1e-6)
    np.testing.assert_allclose(
        task.loss(z, target), (error / unit) ** 2, rtol=1e-3, atol=1e-6 * (true.std() / unit) ** 2
    )
    again = Regression()
    again.load_state(task.state())
    assert torch.equal(again.predict(z)["value"], task.predict(z)["value"])
    assert not task.state_dict()


def test_what_an_earlier_mmfusion_had_fitted_still_predicts_the_same():
    task = Regression()
    task.load_state({"mean": 3.5999999046325684, "std": 0.25})
    assert task.predict(torch.tensor([[2.0]]))["value"].item() == 3.5999999046325684 + 0.5


def test_whole_numbers_that_float64_rounds_are_reported_and_refused_where_it_counts(caplog):
    task = Regression()
    with caplog.at_level(logging.WARNING):
        task.fit([str(1_700_000_000_123_456_789 + 10**12 * i) for i in range(5)])
    assert "above 2^53 are rounded by up to" in caplog.text
    with pytest.raises(ValueError, match=r"differences float64 can hold .* subtract a constant from the column"):
        Regression().fit([2**60 + i for i in range(5)])
    caplog.clear()
    Regression().fit([2**52 + i for i in range(5)])  # large, and yet exact
    Regression().fit([2**60 + 256] * 3)
    assert not caplog.text


def test_ordinary_targets_are_trained_on_bit_for_bit_as_in_float32():
    values = torch.randint(0, 28, (500,), generator=torch.Generator().manual_seed(0)).double()
    task = Regression()
    task.fit(values.tolist())
    mean, std = values.mean().float(), values.std(correction=0).float()
    z = torch.randn(500, 1, generator=torch.Generator().manual_seed(1))
    assert torch.equal(
        task.loss(z, values), torch.nn.functional.mse_loss(z[:, 0], (values.float() - mean) / std, reduction="none")
    )
    assert (task.mean, task.std) == (mean, std)


@pytest.mark.parametrize("spread", [1e-47, 1e37])
def test_a_standardised_target_of_any_size_has_an_ordinary_loss(spread):
    values = torch.tensor([-3.0, 1.0, 2.0], dtype=torch.float64) * spread
    task = Regression()
    task.fit(values.tolist())
    expected = ((values / values.std(correction=0)) ** 2).float()
    torch.testing.assert_close(task.loss(torch.zeros(3, 1), values), expected)


@pytest.mark.parametrize("label", ["12345678.9", "0.1", 3.7, "9007199254740993"])
def test_labels_that_are_all_equal_are_taken_however_float64_rounds_them(label):
    task = Regression()
    task.fit([label] * 7)
    assert task.std == 1
    assert task.predict(torch.zeros(1, 1))["value"].item() == pytest.approx(float(label), rel=1e-15)
