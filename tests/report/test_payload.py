import base64
import json
import math
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from mmfusion.report.payload import about, curves, epochs, log_tail, one, payload, plain
from mmfusion.store.find import find_runs
from tests.helpers.run_folders import config, training_curves, write_run
from tests.report.memory_runs import grid


def decoded(text):
    return np.frombuffer(base64.b64decode(text[1:]), dtype="<f4" if text[0] == "f" else "<f8")


def test_a_run_says_what_the_page_shows_of_it(tmp_path):
    write_run(
        tmp_path / "a",
        config({"fusion": "gated"}, seed=3),
        {"test/largest/accuracy": 0.9},
        validation={"val/loss": 0.4},
        overrides=["fusion=gated", "seed=3"],
        curves=training_curves(50),
        job={"trial": 4, "number": 0},
    )
    (run,) = find_runs([tmp_path])
    shown = one(run, 100)
    assert (shown["id"], shown["status"], shown["seed"], shown["trial"]) == ("a", "completed", 3, 4)
    assert shown["metrics"] == {"test/largest/accuracy": 0.9, "val/loss": 0.4}
    assert shown["config"]["fusion._target_"] == "mmfusion.fusion.gated.Gated"
    assert (shown["modalities"], shown["tasks"]) == (["image", "speech", "text"], ["sum", "largest"])
    assert shown["costs"]["step_seconds"] == 0.1
    assert decoded(shown["curves"]["step/sum/loss"]["x"]).tolist() == list(range(0, 500, 10))
    assert shown["log"] == shown["faults"] == []
    assert json.loads(json.dumps(plain(shown), allow_nan=False)) == plain(shown)


def test_curves_keep_their_gaps_leave_out_what_was_not_logged_and_say_how_many_points_there_were():
    points = 1_000
    y = np.linspace(0, 1, points)
    y[500] = np.nan
    logged = pl.Series([1.0 if i % 100 == 0 else None for i in range(points)])
    table = pl.DataFrame(
        {"step": np.arange(points), "epoch": np.zeros(points, int), "a": y, "b": logged, "c": [None] * points}
    )
    found = curves(table, 60)
    assert list(found) == ["a", "b"]
    assert found["a"]["n"] == points
    a = decoded(found["a"]["y"])
    assert len(a) <= 60
    assert np.isnan(a).sum() == 1
    assert len(decoded(found["a"]["mx"])) == len(decoded(found["a"]["my"]))
    # A constant is told by its ends.
    assert decoded(found["b"]["x"]).tolist() == [0.0, 900.0]
    assert found["b"]["n"] == 10


def test_epochs_say_where_each_began_and_where_the_last_ended():
    table = pl.DataFrame({"step": [0, 10, 20, 30, 40], "epoch": [0, 0, 1, 1, 2]})
    assert epochs(table) == [[0, 0], [1, 20], [2, 40], [3, 40]]
    assert epochs(pl.DataFrame({"step": [1]})) == []
    assert epochs(table.clear()) == []


def test_a_log_is_told_as_a_terminal_would_show_its_end(tmp_path):
    path = tmp_path / "log.txt"
    path.write_bytes(b"a\n\x1b[31mred\x1b[0m\n0%\r50%\r100%\r\nlast \xff\n\n\n")
    assert log_tail(path) == ["a", "red", "100%", "last \N{REPLACEMENT CHARACTER}"]
    path.write_text("".join(f"line {i}\n" for i in range(20_000)))
    tail = log_tail(path)
    assert tail[-1] == "line 19999"
    assert len(tail) == 80
    assert log_tail(tmp_path / "none.txt") == []


def test_a_damaged_file_is_named_and_the_rest_of_the_run_is_there(tmp_path):
    folder = write_run(tmp_path / "a", metrics={"test/sum/mae": 1.0}, curves=training_curves(5))
    (folder / "predictions.parquet").write_bytes(b"no table")
    (run,) = find_runs([tmp_path])
    shown = one(run, 100)
    (fault,) = shown["faults"]
    assert "predictions.parquet cannot be read" in fault
    assert shown["metrics"] == {"test/sum/mae": 1.0}
    assert shown["curves"]


def test_what_json_has_no_word_for_gets_its_name():
    found = plain(
        {"a": math.inf, 1: [float("nan"), Path("x") / "y"], "b": date(2026, 1, 2), "c": None, "d": {1}, "e": True}
    )
    assert found == {"a": "inf", "1": ["nan", "x/y"], "b": "2026-01-02", "c": None, "d": [1], "e": True}


def test_more_runs_have_fewer_points_each(tmp_path, monkeypatch):
    monkeypatch.setattr("mmfusion.report.downsample.BUDGET", 120 * 14)
    write_run(tmp_path / "a", curves=training_curves(400))

    def length():
        first = payload(find_runs([tmp_path]), "t", {})["runs"][0]
        return len(decoded(first["curves"]["step/sum/loss"]["x"]))

    few = length()
    write_run(tmp_path / "b", curves=training_curves(400))
    assert few > 1.5 * length()


def test_the_page_says_what_it_is_of():
    runs = grid({"concat": [0.8, 0.9], "gated": [0.7]})
    found = payload(runs, "my sweep", {"by": []})
    assert (found["title"], found["live"], found["shared"]) == ("my sweep", False, {"by": []})
    assert [run["id"] for run in found["runs"]] == [run.id for run in runs]
    assert (about(runs), about(runs[:1]), about([])) == ("3 runs in nowhere", "1 run in nowhere", "0 runs")
