import pytest
import torch

from mmfusion.encoders.tabular_mlp import TabularMLP
from tests.encoders.checks import check_absent, check_never_waits, check_rows_apart, check_shapes
from tests.helpers.properties import check_all, check_gradients

NUMBERS = torch.randn(4, 2, generator=torch.Generator().manual_seed(0))
LEVELS = torch.tensor([[0.0, 2.0], [1.0, 0.0], [2.0, 3.0], [1.0, 1.0]])
ROWS = torch.cat([NUMBERS, LEVELS], 1)


def small(**options) -> TabularMLP:
    return TabularMLP(2, [3, 4], **{"embedding": 5, "hidden": [6], **options})


def test_properties():
    check_all(small, ROWS, parameters=(3 + 4) * 5 + (2 + 2 * 5) * 6 + 6 + 2 * 6)
    check_rows_apart(small, ROWS)
    check_never_waits(small, ROWS)
    check_absent(small, ROWS)
    check_shapes(small(), ROWS, positions=1)


def test_columns_have_tables_of_their_own():
    encoder = small(hidden=[]).eval()
    tables = encoder.embedding.weight.split([3, 4])
    expected = torch.cat([NUMBERS, tables[0][LEVELS[:, 0].long()], tables[1][LEVELS[:, 1].long()]], dim=1)
    assert torch.equal(encoder(ROWS).pooled, expected)
    assert encoder.dim == 2 + 2 * 5


def test_an_unknown_level_starts_as_no_vector_and_can_be_trained():
    encoder = small(hidden=[])
    unknown, known = encoder.embedding.weight[[0, 3]], encoder.embedding.weight[[1, 2, 4, 5, 6]]
    assert not unknown.any()
    assert (known.abs().sum(1) > 0).all()
    encoder(torch.zeros(1, 4)).pooled.sum().backward()
    assert encoder.embedding.weight.grad[[0, 3]].abs().sum() > 0


@pytest.mark.parametrize(("numeric", "cardinalities"), [(2, []), (0, [3, 4])])
def test_numbers_alone_and_categories_alone(numeric, cardinalities):
    x = ROWS[:, :2] if numeric else ROWS[:, 2:]
    check_gradients(lambda: TabularMLP(numeric, cardinalities, hidden=[6, 5]), x)
    check_shapes(TabularMLP(numeric, cardinalities, hidden=[6, 5]), x, positions=1)


def test_no_column():
    with pytest.raises(ValueError, match="expected one column or more, found none"):
        TabularMLP(0, [])


def test_width_of_nothing():
    with pytest.raises(ValueError, match=r"hidden: expected widths of 1 or more, found \[4, 0\]"):
        small(hidden=[4, 0])
