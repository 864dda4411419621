import numpy as np
from scipy.sparse import issparse

from mmfusion.baselines.scaling import Scaled, joined


def test_numbers_are_standardised_on_present_rows_and_zero_elsewhere():
    rng = np.random.default_rng(0)
    raw, present = rng.normal(5, 3, (200, 4)).astype(np.float32), np.arange(200) % 4 > 0
    raw[~present] = 1e6
    scaled = Scaled()
    scaled.fit(raw, present)
    found = scaled.transform(raw, present)
    assert found.shape == (200, 5)
    assert (found[:, 4] == present).all()
    assert not found[~present].any()
    np.testing.assert_allclose((found[present, :4] ** 2).sum(1).mean(), 1, rtol=1e-3)
    np.testing.assert_allclose(found[present, :4].mean(0), 0, atol=1e-6)


def test_a_constant_column_becomes_zeros_and_outliers_are_capped():
    raw = np.array([[7.0, 0.0], [7.0, 1.0], [7.0, 2.0]])
    scaled = Scaled()
    scaled.fit(raw, np.ones(3, bool))
    found = scaled.transform(np.array([[9.0, 1e9]]), np.ones(1, bool))
    assert found.tolist() == [[0.0, 10.0]]


def test_texts_and_numbers_side_by_side():
    here, all_here = np.array([True, False]), np.ones(2, bool)
    text, number = Scaled(), Scaled()
    text.fit([[2, 3], []], here, 1000)
    number.fit(np.array([[1.0], [2.0]]), all_here)
    both = joined([text.transform([[2, 3], [2]], here), number.transform(np.array([[1.0], [2.0]]), all_here)])
    assert issparse(both)
    assert both.shape == (2, 5)  # two words, a pair, the indicator, the number
    assert both.toarray()[1].tolist() == [0, 0, 0, 0, 1]


def test_a_modality_that_no_row_has():
    scaled = Scaled()
    scaled.fit(np.ones((3, 2)), np.zeros(3, bool))
    assert not scaled.transform(np.ones((1, 2)), np.zeros(1, bool)).any()
