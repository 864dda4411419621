import numpy as np
import polars as pl

from mmfusion.data.kinds.tabular import Tabular
from mmfusion.data.kinds.text import Text
from mmfusion.data.table.table import Table
from mmfusion.runs.validation.odd_values import odd_levels


def odd(columns, kind):
    size = len(next(iter(columns.values())))
    splits = ["train"] * (size - 1) + ["test"]
    table = Table("rows.csv", columns, splits, [str(i) for i in range(size)], range(2, size + 2))
    kind.fit(list(zip(*(columns[name][:-1] for name in kind.columns), strict=True)), None)
    return odd_levels(table, {"table": kind, "words": Text(column="words")})


def test_levels_that_look_alike_are_named_whatever_their_split():
    columns = {
        "ward": pl.Series(["a", "b", "b", "B"]), "sex": pl.Series(["m", "f", "m", "f"]),
        "dose": pl.Series(["1", "1.0", "2", "2"]), "words": pl.Series(["One", "one", "ONE", "two"]),
    }  # fmt: skip
    (ward,) = odd(columns, Tabular(numeric=["dose"], categorical=["ward", "sex"]))
    assert ward.startswith("table: column ward: 'B' and 'b' are different levels that differ only in letter case")
    (dose,) = odd(columns, Tabular(categorical=["dose", "sex"]))
    assert dose.startswith("table: column dose: '1' and '1.0' are different levels")


def test_levels_that_differ_are_not():
    columns = {"ward": pl.Series(["a", "b", None, "ab"]), "code": np.array([1.0, 2.0, 10.0, np.nan])}
    assert odd(columns | {"words": pl.Series(list("abcd"))}, Tabular(categorical=["ward", "code"])) == []
