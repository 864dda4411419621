import numpy as np
import polars as pl
import pytest

from mmfusion.data.kinds.tabular import Tabular
from mmfusion.data.kinds.text import Text
from mmfusion.runs.validation.odd_values import missing_spellings, rounded_numbers, similar_levels
from mmfusion.tasks.regression import Regression
from tests.runs.validated_table import table_of


def similar(columns, kind):
    table = table_of(columns, ["train"] * 3 + ["test"])
    kind.fit(list(zip(*(columns[name][:-1] for name in kind.columns), strict=True)), None)
    return similar_levels(table, {"table": kind, "words": Text(column="words")})


def test_levels_that_look_alike_are_named_whatever_their_split():
    columns = {
        "ward": pl.Series(["a", "b", "b", "B"]), "sex": pl.Series(["m", "f", "m", "f"]),
        "dose": pl.Series(["1", "1.0", "2", "2"]), "words": pl.Series(["One", "one", "ONE", "two"]),
    }  # fmt: skip
    (ward,) = similar(columns, Tabular(numeric=["dose"], categorical=["ward", "sex"]))
    assert ward.startswith("table: column ward: 'B' and 'b' are different levels that differ only in letter case")
    (dose,) = similar(columns, Tabular(categorical=["dose", "sex"]))
    assert dose.startswith("table: column dose: '1' and '1.0' are different levels")
    columns |= {"ward": pl.Series(["a", "b", None, "ab"]), "code": np.array([1.0, 2.0, 10.0, np.nan])}
    assert similar(columns, Tabular(categorical=["ward", "code"])) == []


def test_ids_as_inputs_and_targets_are_named_and_levels_are_not():
    cells = pl.Series([2**53 + i for i in range(4)])
    table = table_of({"i": cells, "c": cells, "y": cells})
    kind = Tabular(numeric=["i"], categorical=["c"])
    kind.fit([(i, i) for i in cells], None)
    messages = rounded_numbers(table, {"tab": kind}, {"y": Regression()})
    assert [message.partition(": ")[0] for message in messages] == ["tab, column 'i'", "task y, column 'y'"]


@pytest.mark.parametrize(
    ("classes", "not_empty", "advice"),
    [
        (["cat", "N/A"], None, "'N/A' is a class and looks like an empty cell; if it means one, add it to data.empty"),
        (["DE", "NA"], {"country": ["NA"]}, "if it means one, take it out of data.not_empty"),
        (["cat", "dog"], None, None),
    ],
)
def test_a_class_that_looks_like_an_empty_cell(classes, not_empty, advice):
    messages = missing_spellings({}, {"label": {"train": dict.fromkeys(classes, 3)}}, not_empty)
    assert messages == [] if advice is None else advice in messages[0]
