import base64

import numpy as np
import pytest

from mmfusion.report.downsample import BUDGET, CAPS, cap, downsample, encode
from tests.helpers.pairwise import pairwise


def noisy(count, seed=0):
    rng = np.random.default_rng(seed)
    return np.arange(count) * 10.0, rng.standard_normal(count).cumsum()


def decoded(text):
    return np.frombuffer(base64.b64decode(text[1:]), dtype="<f4" if text[0] == "f" else "<f8")


def test_a_short_curve_stays_as_it_is_and_one_that_never_changes_is_two_points():
    x, y = noisy(100)
    curve = downsample(x, y, 100)
    assert (curve.x is x, curve.y is y, curve.mean_x, curve.mean_y) == (True, True, None, None)
    curve = downsample(np.arange(5_000.0), np.full(5_000, 0.25), 100)
    assert (curve.x.tolist(), curve.y.tolist(), curve.logged) == ([0.0, 4_999.0], [0.25, 0.25], 5_000)


@pairwise(count=[101, 1000, 9_999, 10_000], most=[8, 60, 61, 100])
def test_points_are_logged_ones_in_order_within_the_cap_with_both_ends_and_both_extremes(count, most):
    x, y = noisy(count)
    curve = downsample(x, y, most)
    assert len(curve.x) <= most
    assert curve.logged == count
    assert (np.diff(curve.x) > 0).all()
    assert (y[(curve.x / 10).astype(int)] == curve.y).all()
    assert (curve.x[0], curve.x[-1]) == (x[0], x[-1])
    assert (curve.y.min(), curve.y.max()) == (y.min(), y.max())


def test_extremes_of_every_bucket_are_kept_and_means_are_those_of_all_points():
    x, y = noisy(1_000)
    curve = downsample(x, y, 102)
    for part in np.array_split(np.arange(1_000), 50):
        assert {y[part].min(), y[part].max()} <= set(curve.y)
    np.testing.assert_allclose(curve.mean_y, y.reshape(50, 20).mean(1))
    np.testing.assert_allclose(curve.mean_x, x.reshape(50, 20).mean(1))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_gap_stays_a_gap_and_is_in_no_mean(bad):
    x, y = noisy(3_000)
    y[1_500] = bad
    curve = downsample(x, y, 101)
    assert 15_000.0 in curve.x[~np.isfinite(curve.y)]
    assert len(curve.x) <= 101
    assert np.isfinite(curve.mean_y).all()
    assert np.nanmax(np.where(np.isfinite(curve.y), curve.y, np.nan)) == y[np.isfinite(y)].max()


def test_what_is_nan_from_some_step_on_ends_there_and_all_nan_is_one_gap_from_end_to_end():
    x, y = noisy(3_000)
    y[1_000:] = np.nan
    curve = downsample(x, y, 101)
    gaps = curve.x[np.isnan(curve.y)]
    # The last bucket with a value has its first gap too, so the curve ends at the right step.
    assert (gaps.min(), gaps.max()) == (10_000.0, x[-1])
    assert curve.x[np.isfinite(curve.y)].max() <= 9_990.0
    assert np.isnan(curve.mean_y[-1])
    curve = downsample(x, y * np.nan, 100)
    assert np.isnan(curve.y).all()
    assert (curve.x[0], curve.x[-1]) == (x[0], x[-1])


def test_the_cap_falls_in_steps_with_the_number_of_curves():
    assert (cap(1), cap(BUDGET)) == (CAPS[0], CAPS[-1])
    assert [cap(BUDGET // most) for most in CAPS] == list(CAPS)
    assert [cap(BUDGET // most + 1) for most in CAPS[:-1]] == list(CAPS[1:])


def test_numbers_are_told_in_float32_unless_that_would_change_a_step_or_overflow():
    for values, mark in (
        ([0.1, 2.0, np.nan, np.inf], "f"),
        ([16_777_216.0], "f"),
        ([16_777_217.0], "d"),
        ([1e39], "d"),
        ([1.7e9 + 0.1, 1.7e9 + 0.3], "d"),
        ([1.7e9 + 0.1] * 2, "f"),
        ([], "f"),
    ):
        text = encode(values)
        assert text[0] == mark
        np.testing.assert_allclose(decoded(text), values, rtol=1e-6)
