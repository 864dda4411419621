import pytest

from mmfusion.report.compare import compare
from mmfusion.report.sentences import conclusion, failures, notes, unfinished
from mmfusion.store.find import find_runs
from tests.helpers.run_folders import write_run, write_sweep
from tests.report.memory_runs import grid, make_run

METRIC = "test/largest/accuracy"


def read(accuracy, **more):
    return conclusion(compare(grid(accuracy, seeds=9, **more), METRIC))


def test_better_and_no_difference_shown():
    found = read({"concat": [0.80, 0.83, 0.81], "gated": [0.90, 0.91, 0.94], "sum": [0.89, 0.93, 0.90]})
    # d = 0.10, 0.08, 0.13: t = 7.113, p = 0.019, twice that is 0.038; d = 0.01, -0.02, 0.04: t = 0.577, p = 0.622
    assert found == (
        "Best by test/largest/accuracy: fusion=gated with 0.917 ± 0.052 (n = 3); better than concat "
        "(p = 0.038, d = 5.7); no difference shown against sum (p = 0.622, d = 0.48)."
    )


@pytest.mark.parametrize(
    ("accuracy", "end"),
    [
        ({"concat": [0.8], "gated": [0.9]}, "with 0.900 (n = 1); no row has more than one seed, so nothing is tested."),
        (
            {"concat": [0.8, 0.81], "gated": [0.9]},
            "with 0.900 (n = 1); not tested against concat: 1 shared seed, and a test needs 3.",
        ),
        # Who lacks the hard seeds is not called ahead without a word.
        (
            {"concat": [0.9, 0.6, 0.6], "gated": [0.89], "sum": [0.5, 0.4, 0.3]},
            "with 0.890 (n = 1); not tested against concat (which is ahead on the seeds that both have), sum: 1 shared "
            "seed, and a test needs 3.",
        ),
        ({"gated": [0.8, 0.8]}, "with 0.800 ± 0.000 (n = 2); one configuration, so nothing is compared."),
    ],
)
def test_what_is_not_tested(accuracy, end):
    assert read(accuracy).endswith(f"fusion=gated {end}" if len(accuracy) > 1 else f"all runs {end}")


def test_numbers_are_told_with_their_key():
    runs = grid({0.1: [0.5, 0.6, 0.5], 0.2: [0.9, 0.9, 0.8]}, key="optimizer.lr")
    assert "lr 0.1 (p" in conclusion(compare(runs, METRIC))


def test_ahead_on_average_but_behind_over_shared_seeds():
    accuracy = {"gated": [0.80, 0.81, 0.80], "concat": [0.70, 0.72, 0.70]}
    runs = [*grid(accuracy), make_run("lucky", {METRIC: 1.5}, {"fusion": "concat"}, seed=7)]
    assert "yet over shared seeds it is worse than gated (p" in conclusion(compare(runs, METRIC))


def test_lower_is_better_is_read_as_such():
    runs = grid({"a": [1.0, 1.1, 1.05], "b": [2.0, 2.2, 2.1]}, key="optimizer.lr", metric="test/sum/mae")
    assert "lr=a with 1.050 ± 0.124 (n = 3); better than b (p < 0.001, d = 13)." in conclusion(compare(runs, "mae"))


def test_many_are_counted():
    found = read({str(n): [n / 100, n / 50, n / 30] for n in range(1, 12)}, key="name")
    assert "and 5 more" in found
    assert len(found) < 500


def notes_of(runs, **more):
    return " ".join(notes(compare(runs, METRIC, **more)))


def test_notes_say_what_is_missing_averaged_repeated():
    runs = grid({"concat": [0.8, 0.9], "gated": [0.7, 0.6]})
    assert notes_of(runs) == ""
    for run, note in (
        (make_run("x", {"test/sum/mae": 1.0}, seed=5), "1 completed run without test/largest/accuracy: x."),
        (make_run("y", {METRIC: 0.8}, {"fusion": "concat"}, seed=1), "1 run repeated a seed of the same configuration"),
        (
            make_run("u", {METRIC: 0.8}, {"fusion": "concat"}, seed=None),
            "1 run without a known seed, paired with no other: u.",
        ),
    ):
        assert note in notes_of([*runs, run])


def test_notes_on_averages():
    runs = [
        make_run(f"{f}{lr}{s}", {METRIC: 0.9}, {"fusion": f, "optimizer.lr": lr}, seed=s)
        for f in ("concat", "gated")
        for lr in (0.1, 0.2)
        for s in (0, 1)
    ]
    assert notes_of(runs, by=["fusion"]) == "Within a row, lr was averaged, seed by seed."
    assert notes_of(runs[1:], by=["fusion"]) == (
        "Within a row, lr was averaged, seed by seed. Ranked by the 2 combinations of lr and seed that every ranked "
        "row has; 3 runs left out of it: concat0.11, gated0.10, gated0.11."
    )


def test_notes_on_delta():
    runs = [
        make_run("m", {METRIC: 0.9, "test/sum/mae": 1.0}, seed=3),
        make_run("l", {METRIC: 0.8}, without=["task.sum"]),
    ]
    assert "No Δm for some: there is no completed run of sum alone" in notes_of(runs)
    runs.append(make_run("s", {"test/sum/mae": 1.0}, without=["task.largest"]))
    assert "Δm: mean gain of test/largest/accuracy, test/sum/mae over single-task runs" in notes_of(runs)
    assert "of other seeds" in notes_of(runs)


def test_failures_give_the_first_line():
    broken = make_run("b", status="failed", error="RuntimeError: NaN\nin task sum")
    listed = failures([make_run("a"), broken, make_run("c", status="missing")])
    assert [(run.id, why) for run, why in listed] == [("b", "RuntimeError: NaN"), ("c", "no reason was written")]


@pytest.mark.parametrize(("kind", "rest"), [("grid", ", 3 of 6 jobs of sweep not begun"), ("search", "")])
def test_unfinished(tmp_path, kind, rest):
    sweep = write_sweep(tmp_path / "sweep", kind=kind, planned=6)
    write_run(sweep / "0")
    write_run(sweep / "1", status="running")
    write_run(sweep / "2", status="stopped", pruned=True)
    assert unfinished(find_runs([sweep])) == f"Not ranked: 1 running, 1 pruned{rest}."
    assert unfinished([make_run("a"), make_run("b", status="failed")]) is None
