import polars as pl
import pytest

from mmfusion.report.compare import compare
from mmfusion.report.table_file import write_csv
from tests.report.memory_runs import grid, make_run


def test_all_columns_with_all_digits(tmp_path):
    runs = [
        *grid({"concat": [0.80, 0.83], "gated": [0.90, 0.91]}),
        make_run("f", {}, {"fusion": "sum"}, status="failed"),
    ]
    comparison = compare(runs, "accuracy")
    write_csv(comparison, tmp_path / "new" / "table.csv")
    table = pl.read_csv(tmp_path / "new" / "table.csv").to_dicts()
    best, second, none = table
    assert (best["rank"], best["fusion"], best["metric"], best["n"]) == (1, "gated", "test/largest/accuracy", 2)
    row = comparison.rows[1]
    assert second["mean"] == row.score.mean
    assert (second["low"], second["high"]) == pytest.approx(
        (row.score.mean - row.score.half, row.score.mean + row.score.half)
    )
    assert second["best_minus_this"] == pytest.approx(0.09)
    assert (second["pairs"], second["p"], second["p_holm"]) == (2, row.paired.p, row.p)
    assert (best["p"], best["pairs"], best["delta_m_percent"]) == (None, None, None)
    assert (best["seconds"], best["parameters"], best["step_seconds"]) == (40, 800_000, 0.1)
    assert second["runs"] == "concat-0 concat-1"
    assert (none["rank"], none["mean"], none["n"], none["completed"], none["not_completed"]) == (None, None, 0, 0, 1)


def test_settings_have_all_digits_too(tmp_path):
    rate = 0.003100051234567
    write_csv(compare(grid({rate: [0.5], 0.1: [0.4]}, key="optimizer.lr"), "accuracy"), tmp_path / "table.csv")
    assert pl.read_csv(tmp_path / "table.csv")["optimizer.lr"].to_list() == [rate, 0.1]
