import io
from pathlib import Path

import pytest
from rich.console import Console

from mmfusion.runs.baseline_table import verdict
from mmfusion.runs.run_summary import show_run
from mmfusion.store.run import Run

SUMMARY = {
    "metrics": {
        "constant": {"test/digit/accuracy": 0.1, "test/level/mae": 2.0},
        "linear[image]": {"test/digit/accuracy": 0.8, "test/level/mae": 1.5},
    },
    "best": {"digit": "linear[image]", "level": "constant"},
    "penalties": {},
    "rows": 90,
    "notes": ["odd: no simple model is known for a Odd"],
    "seconds": 1.0,
    "against": {
        "digit": {"rows": 50, "difference": 0.1, "low": 0.02, "high": 0.18},
        "level": {"rows": 50, "difference": -0.2, "low": -0.5, "high": 0.1},
    },
}


def test_the_run_stands_above_the_simple_models_with_a_verdict_for_each_task():
    metrics = {"test/rows": 50.0, "test/digit/accuracy": 0.9, "test/level/mae": 1.7}
    result = Run(Path("/runs/x"), "completed", "x", 0, "", metrics=metrics, baselines=SUMMARY)
    screen = io.StringIO()
    show_run(result, Console(file=screen, width=100))
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in screen.getvalue().splitlines()]
    assert ["this run", "0.900", "1.700"] in cells
    assert ["majority or mean", "0.100", "2.000*"] in cells
    assert ["linear: image", "0.800*", "1.500"] in cells
    said = " ".join(screen.getvalue().split())
    assert "digit (accuracy): better than the best simple model (+0.100, 95% interval +0.020 to +0.180)" in said
    assert "level (mae): not shown to be better than the best simple model" in said
    assert "odd: no simple model is known" in said


@pytest.mark.parametrize(
    ("low", "high", "says"), [(0.1, 0.2, "better than"), (-0.1, 0.2, "not shown"), (-0.2, -0.1, "worse than")]
)
def test_verdicts(low, high, says):
    assert verdict({"difference": 0.0, "low": low, "high": high}).startswith(says)


def test_no_verdict_without_rows():
    assert verdict({"difference": None, "low": None, "high": None}) == "no row to compare on"
