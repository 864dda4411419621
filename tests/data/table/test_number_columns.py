from __future__ import annotations

import polars as pl
import pytest

from mmfusion.data.errors import DataError
from mmfusion.data.kinds.features import Features
from mmfusion.data.kinds.tabular import Tabular
from mmfusion.data.kinds.text import Text
from mmfusion.data.table.new_rows import table_from_rows
from mmfusion.data.table.number_columns import in_points
from mmfusion.data.table.table import Table
from mmfusion.tasks.classification import Classification
from mmfusion.tasks.multilabel import Multilabel
from mmfusion.tasks.regression import Regression


def table(decimal: str, **columns: list[str]) -> Table:
    rows = len(next(iter(columns.values())))
    source = {name: pl.Series(cells, dtype=pl.String) for name, cells in columns.items()}
    return Table("a.csv", source, ["train"] * rows, [str(i) for i in range(rows)], range(2, rows + 2), None, decimal)


def columns(source: Table) -> dict[str, list]:
    return {name: list(cells) for name, cells in source.columns.items()}


COLUMNS = {
    "score": ["3,5", "1.234,5", None],
    "grade": ["1,3", "2,0", "1,3"],
    "note": ["3,5 of 1.234", "12.05.2024", "3,5"],
    "weight": ["20,5", "7", "-0,25"],
    "code": ["250,0", "1.234", "7"],
}


def test_with_commas_what_is_read_as_a_number_is_and_nothing_else():
    kinds = {
        "table": Tabular(["weight"], categorical=["code"]),
        "note": Text(),
        "features": Features(columns=["weight"]),
    }
    tasks = {"score": Regression(), "grade": Classification(), "tags": Multilabel(column="note")}
    result = columns(in_points(table(",", **COLUMNS), kinds, tasks))
    assert result == COLUMNS | {"score": ["3.5", "1234.5", None], "weight": ["20.5", "7", "-0.25"]}


def test_a_fitted_table_knows_which_of_its_columns_are_numbers():
    kind = Tabular(["weight", "code"])
    kind.load_state({"numeric": {"weight": [0.0, 1.0]}, "levels": {"code": ["250,0"]}})
    result = columns(in_points(table(",", **COLUMNS), {"table": kind}, {}))
    assert result == COLUMNS | {"weight": ["20.5", "7", "-0.25"]}


@pytest.mark.parametrize(
    ("kinds", "tasks", "column"),
    [
        ({"table": Tabular(["weight"])}, {}, "weight"),
        ({"table": Tabular(numeric=["weight"])}, {}, "weight"),
        ({"f": Features(columns=["weight"])}, {}, "weight"),
        ({}, {"score": Regression()}, "score"),
        ({}, {"grade": Classification()}, "grade"),
    ],
)
def test_with_points_a_column_of_commas_is_refused_with_advice_that_works(kinds, tasks, column):
    with pytest.raises(DataError, match=rf"a\.csv, line 2, column '{column}': .* set data\.decimal=','"):
        in_points(table(".", **COLUMNS), kinds, tasks)
    in_points(table(",", **COLUMNS), kinds, tasks)


def test_lists_categories_and_texts_may_have_commas():
    kinds = {"table": Tabular(categorical=["weight"]), "note": Text()}
    tasks = {"grade": Multilabel(separator=",")}
    source = table(".", **COLUMNS)
    assert in_points(source, kinds, tasks) is source


def test_thousands_are_refused_with_both_that_it_may_be():
    with pytest.raises(DataError, match=r"data\.decimal=',' if .*, or write it without if it separates thousands"):
        in_points(table(".", price=["999", "1,234"]), {"table": Tabular(["price"])}, {})


def test_commas_that_can_only_separate_thousands_are_no_decimal_commas():
    with pytest.raises(DataError, match="like others of its column; write it without") as caught:
        in_points(table(".", price=["999.50", "1,234.50"]), {"table": Tabular(["price"])}, {})
    assert "data.decimal" not in str(caught.value)


def test_with_commas_a_number_with_a_point_is_refused():
    mixed = table(",", x=["3,5", "1.5", "1.25"])
    with pytest.raises(DataError, match=r"2 problems\n  a\.csv, line 3, column 'x': '1\.5': expected a decimal comma"):
        in_points(mixed, {"table": Tabular(["x"])}, {})
    with pytest.raises(DataError, match="expected a decimal comma"):
        in_points(mixed, {}, {"x": Regression()})
    assert in_points(table(",", x=["a", "1.5", "b"]), {"table": Tabular(["x"])}, {}).columns["x"][1] == "1.5"


def test_numbers_stay_numbers_and_rows_from_python_may_mix():
    rows = table_from_rows([{"x": "3,5"}, {"x": 2.5}, {"x": None}], {"decimal": ","})
    assert columns(in_points(rows, {"table": Tabular(["x"])}, {}))["x"] == ["3.5", 2.5, None]
    typed = Table("a.parquet", {"x": pl.Series([1.5, 2.5])}, ["train"] * 2, ["0", "1"], [1, 2], None, ",")
    assert columns(in_points(typed, {"table": Tabular(["x"])}, {}))["x"] == [1.5, 2.5]
