from pathlib import Path

import pytest

from mmfusion.store.run import Run
from mmfusion.studies.common_sections import closing_sections, left_out_lines, numbers_section, rule, too_few
from mmfusion.studies.contrasts import Contrast
from mmfusion.studies.results import Results, Variant

A, B = Variant("a", ("fusion=a",)), Variant("b", ("fusion=b",))


def run(accuracy=None, seconds=None, status="completed", **costs):
    metrics = {} if accuracy is None else {"test/label/accuracy": accuracy}
    return Run(Path("nowhere"), status, "x", error="no", metrics=metrics, seconds=seconds, cost=costs)


def results(runs, seeds=2, left_out=None):
    return Results("example", [A, B], left_out or {}, list(range(seeds)), runs, ["image"], ["label"])


WHOLE = {
    ("a", 0): run(0.5, 10.0, parameters=1000, peak_memory_bytes=2**30),
    ("a", 1): run(0.7, 30.0, parameters=1000),
    ("b", 0): run(0.9, 60.0, parameters=3_000_000),
    ("b", 1): run(status="failed", seconds=20.0),
}


def test_a_row_a_variant_in_the_order_given():
    (table,) = numbers_section(results(WHOLE), [B, A], {"rank": {"b": "1.0"}}).tables
    assert list(map(list, (table.head, *table.rows))) == [
        ["", "label accuracy ↑", "rank", "n", "time", "param.", "memory"],
        ["b", "0.900", "1.0", "1", "60 s", "3 M", "–"],
        ["a", "0.600 ± 1.271", "–", "2", "20 s", "1 k", "1.0 GiB"],  # 12.706 · 0.1414 / √2
    ]
    (table,) = numbers_section(results({("a", 0): run(0.5)}), [A, B]).tables
    assert list(map(list, (table.head, *table.rows))) == [
        ["", "label accuracy ↑", "n"], ["a", "0.500", "1"], ["b", "–", "0"],
    ]  # fmt: skip


def test_what_was_spent_and_which_jobs_are_missing():
    left_out = {"no tokens": ["x", "z", "w"], "too many": ["y"]}
    cost, jobs, how = closing_sections(results(WHOLE, left_out={"too many": ["y"]}), "a", "b")
    assert list(cost.lines) == [
        "All runs together: 2 min.",  # the failed one too
        "Time of one run: 20 s (a) to 60 s (b).",
        "Parameters: 1 k (a) to 3 M (b).",
        "Peak memory: 1.0 GiB.",
    ]
    assert list(jobs.lines) == [
        "3 of 4 jobs completed.",
        "y is left out: too many",
        "b, seed 1: failed: no",
        "b is judged by 1 of 2 seeds; tests take the seeds that both sides have.",
    ]
    assert list(how.lines) == ["a", "b"]
    assert list(closing_sections(results({}))[0].lines) == ["All runs together: 0 ms."]
    assert left_out_lines(left_out) == ["x, z and w are left out: no tokens", "y is left out: too many"]


def test_how_many_tests_were_corrected_together():
    assert "p < 0.05 after Holm's correction for all 1 test (every pair)." in rule(
        {"": Contrast(3, p=0.01)}, "every pair"
    )
    assert rule({"": Contrast(1)}, "every pair") == "No test could be made (every pair)."


@pytest.mark.parametrize(
    ("runs", "start"),
    [
        ({}, "Nothing can be said: no job completed."),
        ({("a", 0): run()}, "Nothing can be said: no run has a test metric."),
        ({("a", 0): run(0.5)}, "No difference shown: 1 seed cannot show any. A test needs 3 at the least"),
        ({("a", seed): run(0.5) for seed in range(2)}, "No difference shown: 2 seeds cannot show any."),
    ],
)
def test_numbers_that_can_show_nothing(runs, start):
    assert too_few(results(runs, seeds=3)).startswith(start)
    assert too_few(results({("a", seed): run(0.5) for seed in range(3)}, seeds=3)) is None
