import numpy as np

from mmfusion.baselines.text import FEW_TOKENS, NgramWeights


def test_pairs_of_words_tell_orders_apart():
    weights = NgramWeights(vocab_size=FEW_TOKENS + 1)
    weights.fit([[2, 3], [3, 2]])
    rows = weights.transform([[2, 3], [3, 2], []]).toarray()
    assert rows.shape == (3, 4)  # two words, two pairs
    assert not np.allclose(rows[0], rows[1])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 1, 0])


def test_characters_are_taken_four_at_a_time():
    weights = NgramWeights(vocab_size=30)
    weights.fit([[2, 3, 4, 5, 6]])
    assert weights.transform([[2, 3, 4, 5, 6]]).shape == (1, 5 + 4 + 3 + 2)


def test_in_many_texts_what_occurs_once_is_no_feature():
    weights = NgramWeights(vocab_size=5000)
    weights.fit([[2, i + 3] for i in range(1000)])
    assert weights.transform([[2]]).shape == (1, 1)


def test_texts_of_which_none_is_alike_and_no_text_at_all():
    weights = NgramWeights(vocab_size=5000)
    weights.fit([[i] for i in range(1000)])
    assert weights.transform([[5]]).nnz == 1
    nothing = NgramWeights(vocab_size=5000)
    nothing.fit([])
    assert nothing.transform([[1], []]).shape == (2, 0)
