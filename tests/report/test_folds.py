"""Runs of one configuration's folds are one row, with the corrected resampled test."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from mmfusion.report.compare import compare
from mmfusion.report.folds import overlap
from mmfusion.report.reading import conclusion, notes
from tests.report.cases import made

METRIC = "test/largest/accuracy"
FOLDS = 5
SPLIT = {"column": None, "ratio": None, "folds": FOLDS}


def folded(seeds=2, fusions=("concat", "gated"), folds=range(FOLDS), counts=(40, 120), **split):
    """A run a fusion, seed and fold; the folds differ much more than the fusions."""
    rng = np.random.default_rng(0)
    level = dict(zip(range(FOLDS), rng.normal(0.8, 0.05, FOLDS), strict=True))
    runs = []
    for fusion in fusions:
        for seed in range(seeds):
            for fold in folds:
                value = level[fold] + 0.02 * (fusion == "gated") + rng.normal(0, 0.01)
                run = made(
                    f"{fusion}-{seed}-{fold}",
                    {METRIC: value},
                    {"fusion": fusion},
                    seed=seed,
                    typed=[f"data.split.fold={fold}"],
                )
                run.config["data"]["split"] = SPLIT | {"fold": fold} | split
                if counts:
                    run.rows.update(test={"rows": counts[0]}, val={"rows": 30}, train={"rows": counts[1]})
                runs.append(run)
    return runs


def values(runs, fusion):
    return np.array([run.metrics[METRIC] for run in runs if run.id.startswith(fusion)])


@pytest.mark.parametrize(("seeds", "counts", "share"), [(2, (40, 120), 1 / 3), (1, (40, 160), 1 / 4), (1, None, 1 / 4)])
def test_mean_interval_and_test_are_nadeaus_and_bengios(seeds, counts, share):
    runs = folded(seeds, counts=counts)
    found = compare(runs, METRIC)
    best, other = found.rows
    n = FOLDS * seeds
    for row, fusion in ((best, "gated"), (other, "concat")):
        x = values(runs, fusion)
        half = stats.t.ppf(0.975, n - 1) * np.sqrt((1 / n + share) * x.var(ddof=1))
        assert (row.found.mean, row.found.half, row.found.n) == (pytest.approx(x.mean()), pytest.approx(half), n)
    d = values(runs, "gated") - values(runs, "concat")
    t = d.mean() / np.sqrt((1 / n + share) * d.var(ddof=1))
    assert other.p == pytest.approx(2 * stats.t.sf(abs(t), n - 1))
    assert found.overlap == pytest.approx(share)


def test_folds_are_never_ranked_against_each_other():
    found = compare(folded(1, fusions=["gated"]), METRIC)
    assert [row.found.n for row in found.rows] == [FOLDS]
    assert found.by == []
    assert conclusion(found).endswith("one configuration, so nothing is compared.")


def test_the_report_says_so():
    told = " ".join(notes(compare(folded(), METRIC)))
    assert "n counts folds and seeds. Folds share training rows" in told
    assert "corrected resampled t-test (Nadeau and Bengio, 2003), with 0.333 rows held out a row trained on" in told
    assert "in standard deviations over seeds and folds" in told


def test_a_fold_that_one_row_lacks_counts_for_none():
    runs = [run for run in folded(1) if run.id != "gated-0-3"]
    found = compare(runs, METRIC)
    assert [row.found.n for row in found.ranked] == [4, 4]
    assert found.balance.left_out == ["concat-0-3"]


def test_few_folds_are_no_test():
    row = compare(folded(1, folds=range(2)), METRIC).rows[1]
    assert (row.p, row.paired.reason) == (None, "2 shared seeds and folds, and a test needs 3")


def test_rows_held_out_beside_a_column_are_those_of_the_validation():
    assert overlap(folded(column="split")) == pytest.approx(30 / 120)
    assert overlap([*folded(folds=range(3), counts=None), made("x")]) == pytest.approx(1 / 4)
    groups = folded(counts=None)
    for run in groups:
        run.config["data"]["split"]["folds"] = "groups"
    assert overlap(groups) == pytest.approx(1 / 4)
    assert overlap([made("a"), made("b")]) == 0


def test_other_numbers_of_folds_are_other_configurations():
    runs = folded(1, fusions=["gated"])
    more = [replace(run, id=f"more-{run.id}") for run in folded(1, fusions=["gated"])]
    for run in more:
        run.config["data"]["split"]["folds"] = 10
    assert compare([*runs, *more], METRIC).by == ["data.split.folds"]
