import polars as pl

from mmfusion.data.kinds.tabular import Tabular
from mmfusion.data.table.table import Table
from mmfusion.runs.validation.rounding import rounded_numbers
from mmfusion.tasks.regression import Regression


def test_ids_as_inputs_and_targets_are_named_and_levels_are_not():
    cells = pl.Series([2**53 + i for i in range(4)])
    table = Table("a.csv", {"i": cells, "c": cells, "y": cells}, ["train"] * 4, list("abcd"), range(4))
    kind = Tabular(numeric=["i"], categorical=["c"])
    kind.fit([(i, i) for i in cells], None)
    found = rounded_numbers(table, {"tab": kind}, {"y": Regression()})
    assert [sentence.partition(": ")[0] for sentence in found] == ["tab, column 'i'", "task y, column 'y'"]
