import polars as pl
import pytest

from mmfusion.data.inspect.splits import split_meaning


@pytest.mark.parametrize(
    ("values", "meaning"),
    [
        (["train", "dev", "TEST", None], {"train": "train", "dev": "val", "TEST": "test"}),
        (["a", "train"], {"train": "train"}),
        ([1, 2], {}),
    ],
)
def test_values_that_name_splits(values, meaning):
    assert split_meaning(pl.Series(values)) == meaning
