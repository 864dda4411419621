import numpy as np
import polars as pl
import pytest
import torch

from mmfusion.batch import Tokens
from mmfusion.data.errors import DecodeError
from mmfusion.data.kinds.features import Features
from mmfusion.data.table.cells import Cells


def fitted(cells, root=None, **options):
    kind = Features(**options)
    kind.fit(cells, root)
    return kind


def vectors(rows=6, dim=3, seed=0):
    return np.random.default_rng(seed).normal(2.0, 3.0, (rows, dim)).astype(np.float32)


def test_standardize_false_leaves_values():
    x = torch.from_numpy(vectors())
    kind = fitted(list(x), standardize=False)
    kind.measure(iter([x]))
    assert torch.equal(kind.finish(x), x)


def test_half_precision_stays_half_in_memory():
    kind = fitted([np.ones(3, np.float16)])
    assert kind.decode(np.ones(3, np.float16), None).dtype == torch.float16
    assert kind.decode(np.ones(3, np.float64), None).dtype == torch.float32
    assert kind.finish(torch.ones(1, 3, dtype=torch.float16)).dtype == torch.float32


def test_sequences_are_cut_and_padded_by_length():
    kind = fitted([np.ones((4, 3))], max_length=5)
    assert kind.for_encoder() == {"in_dim": 3, "sequence": True}
    assert kind.ragged
    assert kind.decode(np.ones((9, 3)), None).shape == (5, 3)
    finished = kind.finish(Tokens(torch.ones(2, 5, 3), torch.tensor([5, 2])))
    assert isinstance(finished, Tokens)
    assert kind.blank().shape == (0, 3)


@pytest.mark.parametrize(
    ("first", "cell", "message"),
    [
        (np.ones(3), np.ones(4), r"expected \[3\] as in the first training row, found \[4\]"),
        (np.ones(3), np.ones((2, 3)), r"expected \[3\] as in the first training row, found \[2, 3\]"),
        (np.ones((2, 3)), np.ones((2, 4)), r"expected \[L, 3\] as in the first training row, found \[2, 4\]"),
        (np.ones(3), np.ones((1, 1, 3)), r"expected a vector \[D\] or a sequence \[L, D\]"),
        (np.ones(3), np.array([1, np.nan, 2]), "not finite"),
        (np.ones(3), np.array([1, 1e39, 2]), "not finite.*beyond float32"),
        (np.ones(3), np.array(["a", "b", "c"]), "expected numbers, found <U1"),
    ],
)
def test_wrong_arrays_name_expected_and_found(first, cell, message):
    with pytest.raises(DecodeError, match=message):
        fitted([first]).decode(cell, None)


def test_columns_of_numbers():
    columns = [pl.Series(["1", "2"]), pl.Series([3.0, 4.0])]
    kind = fitted(Cells(columns), columns=["a", "b"])
    assert not kind.reads_files
    assert kind.for_encoder() == {"in_dim": 2, "sequence": False}
    whole = kind.decode_all(Cells(columns))
    assert whole.tolist() == [[1.0, 3.0], [2.0, 4.0]]
    assert torch.equal(whole[0], kind.decode(("1", 3.0), None))


def test_columns_with_holes_or_words():
    kind = fitted(Cells([["1"], ["2"]]), columns=["a", "b"])
    assert kind.decode_all(Cells([["1"], [None]])) is None
    with pytest.raises(DecodeError, match="column 'b' is empty in a row with other features"):
        kind.decode(("1", None), None)
    with pytest.raises(DecodeError, match="column 'a': expected a number, found 'x'"):
        kind.decode(("x", "2"), None)


def test_column_and_columns():
    with pytest.raises(ValueError, match="give column or columns, not both"):
        Features(column="a", columns=["b"])
