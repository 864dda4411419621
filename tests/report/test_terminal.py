import io
import itertools
import re

import pytest
from rich.console import Console

from mmfusion.report.compare import compare
from mmfusion.report.terminal import show
from tests.report.memory_runs import grid, make_run

METRIC = "test/largest/accuracy"
RUNS = [
    *grid({"concat": [0.80, 0.83, 0.85], "gated": [0.90, 0.91, 0.91]}),
    make_run("f", {}, {"fusion": "gated"}, seed=3, status="failed", error="RuntimeError: [bold]NaN\nsecond line"),
    make_run("r", {}, {"fusion": "concat"}, seed=3, status="running"),
]


def shown(runs=RUNS, width=120, by=()):
    console = Console(file=io.StringIO(), width=width, no_color=True)
    show(compare(runs, METRIC, by), console)
    return console.file.getvalue()


def cells(text):
    lines = [[cell.strip() for cell in re.split("[│┃]", line)[1:-1]] for line in text.splitlines()]
    return [line for line in lines if line]


def test_everything_is_there():
    text = shown()
    assert "test/largest/accuracy (higher is better)" in text
    table = cells(text)
    assert table[0] == ["#", "fusion", "mean ± 95% CI", "n", "p vs best", "d", "time", "param.", "memory", "step"]
    assert table[1] == ["1", "gated", "0.907 ± 0.014", "3 +1 failed", "best", "–", "40 s", "800 k", "1.0 GiB", "100 ms"]
    assert table[2][:6] == ["2", "concat", "0.827 ± 0.063", "3 +1 running", "0.020", "4.4"]
    assert ["f", "failed", "RuntimeError: [bold]NaN"] in table
    assert "second line" not in text
    assert "1 did not complete" in text
    assert "Not ranked: 1 running." in text
    assert text.rstrip().endswith("better than concat (p = 0.020, d = 4.4).")


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_no_line_of_a_table_is_wider_than_the_terminal(width):
    runs = []
    for f, w, s in itertools.product(("concat", "gated"), ("equal", "uncertainty"), range(3)):
        settings = {"fusion": f, "loss_weighting": w, "optimizer.lr": 0.001 * s}
        runs.append(make_run(f"{f}{w}{s}", {METRIC: 0.5 + s / 10}, settings, seed=s))
    text = shown(runs, width)
    framed = [line for line in text.splitlines() if line and line[0] in "│┃┏└├┡"]
    assert framed
    assert max(map(len, framed)) <= width
    # What is compared stands first; what it took is never left out, and has the same ranks.
    assert ("what it took" in text) == (width < 200)
    if width == 80:
        table = cells(shown(width=80))
        assert table[0] == ["#", "fusion", "mean ± 95% CI", "n", "p vs best", "d"]
        head = table.index(["#", "fusion", "time", "param.", "memory", "step"])
        assert table[head + 1] == ["1", "gated", "40 s", "800 k", "1.0 GiB", "100 ms"]
    for title in ("time", "param.", "memory", "step", "40 s", "800 k") if width > 40 else ():
        assert title in text
    assert "p vs best" in text
    assert "0.500" in text


def test_many_keys_become_one_column():
    keys = {f"trainer.setting_number_{n}": 1 for n in range(12)}
    runs = [make_run(str(n), {METRIC: n / 10}, dict.fromkeys(keys, n)) for n in range(2)]
    text = shown(runs, 80)
    assert "settings" in text
    assert "and 6 more" in re.sub(r"[│\s]+", " ", text)
    assert "12 keys differ; --by fusion,lr groups by fewer." in text


def test_delta_is_shown():
    runs = [make_run("m", {METRIC: 0.9, "test/sum/mae": 1.0}), make_run("l", {METRIC: 0.8}, without=["task.sum"])]
    runs.append(make_run("s", {"test/sum/mae": 1.0}, without=["task.largest"]))
    table = cells(shown(runs))
    assert table[0][5] == "Δm %"
    assert [(row[1], row[5]) for row in table[1:]] == [("largest+sum", "6.25"), ("largest", "–"), ("sum", "–")]


def test_long_lists_are_cut_and_counted():
    failed = [make_run(f"x{n}", status="failed", error="no") for n in range(30)]
    assert "11 more did not complete." in shown([*RUNS, *failed])
    many = [make_run(str(n), {METRIC: n / 100}, {"optimizer.lr": n / 100}) for n in range(70)]
    assert "10 more rows" in shown(many)


def test_one_row_and_none():
    table = cells(shown(grid({"concat": [0.5, 0.6]})))
    assert (len(table), table[0][:3]) == (2, ["#", "mean ± 95% CI", "n"])
    text = shown([make_run("a", status="failed", error="no")])
    assert "higher is better" not in text
    assert "Nothing to rank: no completed run has a metric." in text


def test_a_runs_own_path_is_not_repeated():
    run = make_run("a", status="missing")
    bad = make_run("a", status="missing", error=f"{run.path}/result.json cannot be read: x")
    assert ["a", "missing", "result.json cannot be read: x"] in cells(shown([bad]))
