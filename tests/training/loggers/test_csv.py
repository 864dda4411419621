import csv
import math

import pytest

from mmfusion.store.files import CURVES
from mmfusion.training.loggers.csv import CSVLogger


def read(folder):
    with (folder / CURVES).open(newline="") as file:
        return list(csv.DictReader(file))


def test_one_row_a_step_and_one_column_a_metric(tmp_path):
    logger = CSVLogger(str(tmp_path))
    logger.log_metrics({"a": 1.5, "epoch": 0}, step=0)
    logger.log_metrics({"a": 2.0, "epoch": 0}, step=10)
    assert read(tmp_path) == [
        {"step": "0", "epoch": "0", "a": "1.5"},
        {"step": "10", "epoch": "0", "a": "2.0"},
    ]


def test_columns_that_come_later_lose_no_row(tmp_path):
    logger = CSVLogger(str(tmp_path))
    for step in range(3):
        logger.log_metrics({"a": float(step), "epoch": 0}, step=step)
    logger.log_metrics({"b, quoted": 9.0, "epoch": 0}, step=7)
    logger.log_metrics({"a": 4.0, "c": 1.0, "epoch": 1}, step=8)
    rows = read(tmp_path)
    assert [row["a"] for row in rows] == ["0.0", "1.0", "2.0", "", "4.0"]
    assert [row["b, quoted"] for row in rows] == ["", "", "", "9.0", ""]
    assert rows[-1]["c"] == "1.0"
    assert len({len(row) for row in rows}) == 1


def test_what_is_logged_at_one_step_shares_a_row(tmp_path):
    logger = CSVLogger(str(tmp_path))
    logger.log_metrics({"a": 1.0, "epoch": 0}, step=0)
    logger.log_metrics({"a": 2.0, "epoch": 0}, step=5)
    logger.log_metrics({"val/a": 3.0, "epoch": 0}, step=5)
    logger.log_metrics({"val/monitor": 4.0, "epoch": 0}, step=5)
    logger.log_metrics({"a": 5.0, "epoch": 1}, step=6)
    rows = read(tmp_path)
    assert [row["step"] for row in rows] == ["0", "5", "6"]
    assert [rows[1][name] for name in ("a", "val/a", "val/monitor")] == ["2.0", "3.0", "4.0"]


def test_an_existing_file_is_continued_without_a_line_that_a_crash_cut_short(tmp_path):
    CSVLogger(str(tmp_path)).log_metrics({"a": 1.0, "epoch": 0}, step=0)
    with (tmp_path / CURVES).open("a") as file:
        file.write("1,0,2.")
    CSVLogger(str(tmp_path)).log_metrics({"a": 2.0, "b": 3.0, "epoch": 1}, step=1)
    assert [(row["a"], row["b"]) for row in read(tmp_path)] == [("1.0", ""), ("2.0", "3.0")]


def test_numbers_come_back_as_they_were(tmp_path):
    values = [0.1 + 0.2, 1e-300, math.inf, 123456789.125]
    logger = CSVLogger(str(tmp_path))
    for step, value in enumerate(values):
        logger.log_metrics({"a": value}, step=step)
    logger.log_metrics({"a": math.nan}, step=9)
    result = [float(row["a"]) for row in read(tmp_path)]
    assert result[:-1] == values
    assert math.isnan(result[-1])


def test_the_test_is_left_to_the_result(tmp_path):
    logger = CSVLogger(str(tmp_path))
    logger.log_metrics({"a": 1.0, "epoch": 0}, step=0)
    logger.log_metrics({"test/a": 1.0, "test[x+y]/a": 2.0, "epoch": 1}, step=1)
    assert [list(row) for row in read(tmp_path)] == [["step", "epoch", "a"]]


def test_a_write_costs_the_same_however_long_the_file_is(tmp_path, monkeypatch):
    logger = CSVLogger(str(tmp_path))
    logger.log_metrics({"a": 0.0}, step=0)
    (tmp_path / CURVES).write_text((tmp_path / CURVES).read_text() + "1,,1.0\n" * 100_000)
    monkeypatch.setattr(logger, "_widen", lambda added: pytest.fail("the whole file was rewritten"))
    monkeypatch.setattr(type(logger.path), "read_bytes", lambda path: pytest.fail("the whole file was read"))
    for step in range(2, 5):
        logger.log_metrics({"a": 2.0}, step=step)
    monkeypatch.undo()
    assert len(read(tmp_path)) == 100_004
