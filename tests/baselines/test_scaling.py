import numpy as np
from scipy.sparse import issparse

from mmfusion.baselines.scaling import FEW_TOKENS, NgramWeights, Scaled, side_by_side


def test_numbers_are_standardised_on_present_rows_and_zero_elsewhere():
    rng = np.random.default_rng(0)
    raw, present = rng.normal(5, 3, (200, 4)).astype(np.float32), np.arange(200) % 4 > 0
    raw[~present] = 1e6
    scaled = Scaled(raw, present)
    scaled_rows = scaled.transform(raw, present)
    assert scaled_rows.shape == (200, 5)
    assert (scaled_rows[:, 4] == present).all()
    assert not scaled_rows[~present].any()
    np.testing.assert_allclose((scaled_rows[present, :4] ** 2).sum(1).mean(), 1, rtol=1e-3)
    np.testing.assert_allclose(scaled_rows[present, :4].mean(0), 0, atol=1e-6)


def test_a_constant_column_becomes_zeros_and_outliers_are_capped():
    raw = np.array([[7.0, 0.0], [7.0, 1.0], [7.0, 2.0]])
    scaled = Scaled(raw, np.ones(3, bool))
    scaled_rows = scaled.transform(np.array([[9.0, 1e9]]), np.ones(1, bool))
    assert scaled_rows.tolist() == [[0.0, 10.0]]


def test_texts_and_numbers_side_by_side():
    here, all_here = np.array([True, False]), np.ones(2, bool)
    text, number = Scaled([[2, 3], []], here, 1000), Scaled(np.array([[1.0], [2.0]]), all_here)
    both = side_by_side([text.transform([[2, 3], [2]], here), number.transform(np.array([[1.0], [2.0]]), all_here)])
    assert issparse(both)
    assert both.shape == (2, 5)  # two words, a pair, the indicator, the number
    assert both.toarray()[1].tolist() == [0, 0, 0, 0, 1]


def test_a_modality_that_no_row_has():
    scaled = Scaled(np.ones((3, 2)), np.zeros(3, bool))
    assert not scaled.transform(np.ones((1, 2)), np.zeros(1, bool)).any()


def test_pairs_of_words_tell_orders_apart():
    weights = NgramWeights([[2, 3], [3, 2]], FEW_TOKENS + 1)
    rows = weights.transform([[2, 3], [3, 2], []]).toarray()
    assert rows.shape == (3, 4)  # two words, two pairs
    assert not np.allclose(rows[0], rows[1])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 1, 0])


def test_characters_are_taken_four_at_a_time():
    weights = NgramWeights([[2, 3, 4, 5, 6]], 30)
    assert weights.transform([[2, 3, 4, 5, 6]]).shape == (1, 5 + 4 + 3 + 2)


def test_in_many_texts_what_occurs_once_is_no_feature():
    weights = NgramWeights([[2, i + 3] for i in range(1000)], 5000)
    assert weights.transform([[2]]).shape == (1, 1)


def test_texts_of_which_none_is_alike_and_no_text_at_all():
    weights = NgramWeights([[i] for i in range(1000)], 5000)
    assert weights.transform([[5]]).nnz == 1
    assert NgramWeights([], 5000).transform([[1], []]).shape == (2, 0)
