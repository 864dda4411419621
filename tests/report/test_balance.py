"""Rows are ranked by the combinations that all of them have."""

import random

import pytest

from mmfusion.report.compare import compare
from mmfusion.report.sentences import conclusion, notes
from tests.report.memory_runs import make_run

METRIC = "test/largest/accuracy"


def sweep(fails=(), fusions=("concat", "gated"), rates=(0.001, 0.01), seeds=3):
    """A run a fusion, rate and seed; all fusions are equal, and the second rate is much worse."""
    noise = random.Random(0)
    runs = []
    for fusion in fusions:
        for place, lr in enumerate(rates):
            for seed in range(seeds):
                failed = (fusion, place, seed) in fails
                value = 0.9 - 0.3 * place + 0.01 * seed + noise.gauss(0, 0.002)
                settings, status = {"fusion": fusion, "optimizer.lr": lr}, "failed" if failed else "completed"
                runs.append(make_run(f"{fusion}-{lr}-{seed}", {METRIC: value}, settings, seed=seed, status=status))
    return runs


@pytest.mark.parametrize(
    "fails",
    [
        [("gated", 1, 1), ("gated", 1, 2)],
        [("gated", 1, 0), ("gated", 1, 1), ("gated", 1, 2)],
        [("gated", 1, 0), ("concat", 1, 1), ("concat", 1, 2)],
    ],
)
def test_who_crashes_where_it_is_hard_is_no_better_for_it(fails):
    found = compare(sweep(fails), METRIC, ["fusion"])
    means = [row.score.mean for row in found.ranked]
    assert means[0] - means[1] < 0.01
    assert [row.score.n for row in found.ranked] == [3, 3]
    assert "no difference shown" in conclusion(found)
    # The interval is that of seeds, not of what else was averaged.
    assert all(row.score.half < 0.05 for row in found.ranked)


def test_what_is_left_out_is_told_by_name_and_of_a_whole_sweep_there_is_nothing():
    found = compare(sweep([("gated", 1, 1), ("gated", 1, 2)]), METRIC, ["fusion"])
    left = ["concat-0.01-0", "concat-0.01-1", "concat-0.01-2", "gated-0.01-0"]
    assert found.balance.left_out == left
    assert any("4 runs left out of it: " + ", ".join(left) in note for note in notes(found))
    whole = compare(sweep(), METRIC, ["fusion"]).balance
    assert (whole.left_out, whole.shared) == ([], 6)


def test_a_seed_that_some_rows_lack_is_left_out_of_all():
    runs = [run for run in sweep(seeds=4) if run.id not in ("gated-0.001-3", "gated-0.01-3")]
    found = compare(runs, METRIC, ["fusion"])
    assert found.balance.left_out == ["concat-0.001-3", "concat-0.01-3"]
    assert [row.score.n for row in found.ranked] == [3, 3]


def test_a_row_with_nothing_in_common_is_marked_and_the_others_are_ranked():
    runs = [*sweep(), *sweep(fusions=["sum"], rates=[0.5])]
    found = compare(runs, METRIC, ["fusion"])
    assert {row.label for row in found.ranked} == {"fusion=concat", "fusion=gated"}
    assert found.rows[2].unranked == "it has none of the 6 combinations of lr and seed that the ranked rows have"
    assert found.rows[2].p is None
    assert any(note.startswith("Not ranked: sum; it has none of the 6") for note in notes(found))
    assert "sum" not in conclusion(found)


def test_a_row_that_has_just_begun_leaves_the_others_their_seeds_unless_there_are_only_two():
    begun = [run for run in sweep(fusions=["sum"]) if run.id == "sum-0.001-0"]
    found = compare([*sweep(), *begun], METRIC, ["fusion"])
    assert [row.score.n for row in found.ranked] == [3, 3]
    assert found.rows[-1].unranked == "it has 1 of the 6 combinations of lr and seed that the ranked rows have"
    two = [run for run in sweep() if not (run.id.startswith("gated") and run.seed)]
    assert [row.score.n for row in compare(two, METRIC, ["fusion"]).ranked] == [1, 1]


def test_where_no_two_rows_share_anything_nothing_is_ranked():
    found = compare([*sweep(fusions=["sum"], rates=[0.5]), *sweep(fusions=["gated"], rates=[0.6])], METRIC, ["fusion"])
    assert found.ranked == []
    assert conclusion(found) == (
        f"{METRIC}: nothing can be ranked; no two rows have the same combinations of lr and seed."
    )


def test_one_row_is_the_mean_of_whole_seeds_and_seeds_alone_are_not_balanced():
    (row,) = compare([run for run in sweep(fusions=["sum"]) if run.id != "sum-0.01-2"], METRIC, ["fusion"]).ranked
    assert row.score.n == 3
    found = compare(sweep(rates=[0.1])[:-1], METRIC)
    assert (len(found.balance.values), found.balance.shared) == (5, None)
    assert "do not have the same seeds" in " ".join(notes(found))
