import pytest
import torch

from mmfusion.encoders.tabular_mlp import TabularMLP
from tests.encoders.inputs import LEVELS, NUMBERS, ROWS


def small(**options) -> TabularMLP:
    return TabularMLP(2, [3, 4], **{"embedding": 5, "hidden": [6], **options})


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


def test_no_column():
    with pytest.raises(ValueError, match="expected one column or more, found none"):
        TabularMLP(0, [])
