import math

import polars as pl

from mmfusion.store.curves import curve_names, read_curves


def test_columns_and_gaps(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text("step,epoch,step/a/loss,val/loss\n0,0,1.5,\n10,1,,0.25\n20,1,nan,inf\n")
    actual = read_curves(path)
    assert actual.schema == {"step": pl.Int64, "epoch": pl.Int64, "step/a/loss": pl.Float64, "val/loss": pl.Float64}
    assert actual["step"].to_list() == [0, 10, 20]
    assert actual["val/loss"].to_list() == [None, 0.25, math.inf]
    assert math.isnan(actual["step/a/loss"][2])


def test_while_it_is_being_written(tmp_path):
    path = tmp_path / "metrics.csv"
    for written, rows in (("", 0), ("step,epo", 0), ("step,epoch,a\n", 0), ("step,epoch,a\n0,0,1\n1,0,", 1)):
        path.write_text(written)
        actual = read_curves(path)
        assert len(actual) == rows
        assert actual.schema["step"] == pl.Int64
    assert len(read_curves(tmp_path / "none.csv")) == 0


def test_cells_that_are_damaged_are_null(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_bytes(b"step,epoch,a\n0,0,x\n1,0,2,3,4\n2\n\xff,0,1\n")
    assert read_curves(path)["a"].to_list()[:3] == [None, 2.0, None]


def test_names_are_read_from_the_first_line(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text("step,epoch,x,y\n0,0,1,2\n")
    assert curve_names(path) == ["x", "y"]
    assert curve_names(tmp_path / "none.csv") == []
