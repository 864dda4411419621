from datetime import date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest

from mmfusion.data.errors import DataError
from mmfusion.data.table.parquet import read_parquet


def read(tmp_path, **columns):
    pl.DataFrame(columns).write_parquet(tmp_path / "a.parquet")
    return read_parquet(tmp_path / "a.parquet")


def test_plain_types_are_kept_and_rows_counted_from_one(tmp_path):
    columns, rows = read(
        tmp_path,
        s=["x", None],
        b=[True, None],
        i=pl.Series([1, None], dtype=pl.Int8),
        f=pl.Series([0.5, None], dtype=pl.Float32),
        decimal=[Decimal("1.25"), None],
        took=[timedelta(minutes=1, milliseconds=500), None],
    )
    types = [pl.String, pl.Boolean, pl.Int8, pl.Float32, pl.Float64, pl.Float64]
    assert [cells.dtype for cells in columns.values()] == types
    assert [list(cells)[1] for cells in columns.values()] == [None] * 6
    assert (columns["decimal"][0], columns["took"][0]) == (1.25, 60.5)  # a duration is seconds
    assert list(rows) == [1, 2]


def test_what_only_a_table_has_becomes_text(tmp_path):
    columns, _ = read(
        tmp_path,
        day=[date(2024, 1, 2)],
        at=[datetime(2024, 1, 2, 3, 4)],
        category=pl.Series(["u"], dtype=pl.Categorical),
        choice=pl.Series(["v"], dtype=pl.Enum(["v", "w"])),
        nothing=pl.Series([None], dtype=pl.Null),
    )
    assert all(cells.dtype == pl.String for cells in columns.values())
    assert columns["day"][0] == "2024-01-02"
    assert columns["at"][0].startswith("2024-01-02 03:04:00")
    assert (columns["category"][0], columns["choice"][0], columns["nothing"][0]) == ("u", "v", None)


@pytest.mark.parametrize("dtype", [pl.List(pl.Float64), pl.Array(pl.Float64, 2)])
def test_lists_are_pythons(tmp_path, dtype):
    cells = read(tmp_path, x=pl.Series([[1.0, 2.0], None], dtype=dtype))[0]["x"]
    assert isinstance(cells, list)
    assert list(cells[0]) == [1.0, 2.0]
    assert cells[1] is None


@pytest.mark.parametrize("cells", [[b"png"], [{"a": 1}]])
def test_bytes_and_objects_are_refused_by_column(tmp_path, cells):
    with pytest.raises(DataError, match=r"a\.parquet, column 'x': cells of type .*media as paths"):
        read(tmp_path, x=cells)


def test_a_file_that_was_cut(tmp_path):
    read(tmp_path, x=list(range(1000)))
    path = tmp_path / "a.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"a\.parquet: not readable as Parquet: ") as error:
        read_parquet(path)
    assert "\n" not in str(error.value)


def test_what_polars_panics_at_is_said_like_any_damage(tmp_path, monkeypatch):
    def panics(path):
        raise pl.exceptions.PanicException("called `Option::unwrap()` on a `None` value")

    monkeypatch.setattr(pl, "read_parquet", panics)
    with pytest.raises(DataError, match=r"a\.parquet: not readable as Parquet: called"):
        read_parquet(tmp_path / "a.parquet")
