from pathlib import Path

import pytest

from mmfusion.report.formatting import many, together
from mmfusion.store.run import Run
from mmfusion.studies.results import LeftOut, Results, Variant
from mmfusion.studies.sections import cost, jobs, left_out_lines, method, numbers, short, title, too_few

A, B = Variant("a", ("fusion=a",)), Variant("b", ("fusion=b",))


def run(accuracy=None, seconds=None, status="completed", **costs):
    metrics = {} if accuracy is None else {"test/label/accuracy": accuracy}
    return Run(Path("nowhere"), status, "x", error="no", metrics=metrics, seconds=seconds, cost=costs)


def results(runs, seeds=2, left_out=()):
    return Results("example", [A, B], left_out, list(range(seeds)), runs, ["image"], ["label"])


WHOLE = {
    ("a", 0): run(0.5, 10.0, parameters=1000, peak_memory_bytes=2**30),
    ("a", 1): run(0.7, 30.0, parameters=1000),
    ("b", 0): run(0.9, 60.0, parameters=3_000_000),
    ("b", 1): run(status="failed", seconds=20.0),
}


def test_a_row_a_variant_in_the_order_given():
    (table,) = numbers(results(WHOLE), [B, A], {"rank": {"b": "1.0"}}).tables
    assert list(table.head) == ["", "label accuracy ↑", "rank", "n", "time", "param.", "memory"]
    b, a = table.rows
    assert b == ["b", "0.900", "1.0", "1", "60 s", "3 M", "–"]
    assert a[0] == "a"
    assert a[1].startswith("0.600 ± 1.27")  # 12.706 · 0.1414 / √2
    assert a[2:] == ["–", "2", "20 s", "1 k", "1.0 GiB"]


def test_costs_that_nobody_knows_have_no_column():
    (table,) = numbers(results({("a", 0): run(0.5)}), [A, B]).tables
    assert list(table.head) == ["", "label accuracy ↑", "n"]
    assert [list(row) for row in table.rows] == [["a", "0.500", "1"], ["b", "–", "0"]]


def test_all_that_was_spent_and_the_dearest():
    assert list(cost(results(WHOLE)).lines) == [
        "All runs together: 2 min.",  # the failed one too
        "Time of one run: 20 s (a) to 60 s (b).",
        "Parameters: 1 k (a) to 3 M (b).",
        "Peak memory: 1.0 GiB.",
    ]
    assert list(cost(results({})).lines) == ["All runs together: 0 ms."]


def test_jobs_that_are_missing_and_what_follows():
    found = results({("a", 0): run(0.5), ("a", 1): run(0.5), ("b", 1): run(status="failed")})
    assert list(jobs(found).lines) == [
        "2 of 4 jobs completed.",
        "b, seed 0: it has not been started",
        "b, seed 1: failed: no",
        "b is not judged at all; tests take the seeds that both sides have.",
    ]
    assert jobs(results(WHOLE)).lines[-1] == "b is judged by 1 of 2 seeds; tests take the seeds that both sides have."


def test_a_reason_is_said_once():
    left = [LeftOut("x", "no tokens"), LeftOut("y", "too many"), LeftOut("z", "no tokens"), LeftOut("w", "no tokens")]
    assert left_out_lines(left) == ["x, z and w are left out: no tokens", "y is left out: too many"]
    assert left_out_lines([]) == []


def test_how_many_tests_were_corrected_together():
    (rule,) = method(1, "every pair").lines
    assert "p < 0.05 after Holm's correction for all 1 test (every pair)." in rule
    assert "all 2 tests (" in method(2, "every pair").lines[0]
    assert list(method(0, "every pair").lines) == ["No test could be made (every pair)."]


@pytest.mark.parametrize(
    ("runs", "start"),
    [
        ({}, "Nothing can be said: no job completed."),
        ({("a", 0): run()}, "Nothing can be said: no run has a test metric."),
        ({("a", 0): run(0.5)}, "No difference shown: 1 seed cannot show any. A test needs 3 at the least"),
        ({("a", seed): run(0.5) for seed in range(2)}, "No difference shown: 2 seeds cannot show any."),
        ({("a", seed): run(0.5) for seed in range(3)}, None),
    ],
)
def test_numbers_that_can_show_nothing(runs, start):
    found = too_few(results(runs, seeds=3))
    assert found is None if start is None else found.startswith(start)


def test_words():
    assert title(results({}, seeds=1)) == "study=example: 2 variants, 1 seed"
    assert short("test/digit/calibration_error") == "digit calibration error"
    assert [many(0, "seed"), many(1, "seed"), many(5, "seed")] == ["0 seeds", "1 seed", "5 seeds"]
    assert [together(each) for each in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
