"""Runs of one configuration's folds are one row, with the corrected resampled test."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import yaml
from scipy import stats
from sklearn.metrics import roc_auc_score

from mmfusion.report.compare import compare
from mmfusion.report.pooled import overlap
from mmfusion.report.sentences import conclusion, notes
from mmfusion.store.find import find_runs
from tests.report.memory_runs import make_run
from tests.report.prediction_runs import make_rows, write_predicted_run

METRIC = "test/largest/accuracy"
FOLDS = 5
SPLIT = {"column": None, "ratio": None, "folds": FOLDS}


def runs_in_folds(seeds=2, fusions=("concat", "gated"), folds=range(FOLDS), counts=(40, 120), **split):
    """A run a fusion, seed and fold; the folds differ much more than the fusions."""
    rng = np.random.default_rng(0)
    level = dict(zip(range(FOLDS), rng.normal(0.8, 0.05, FOLDS), strict=True))
    runs = []
    for fusion in fusions:
        for seed in range(seeds):
            for fold in folds:
                value = level[fold] + 0.02 * (fusion == "gated") + rng.normal(0, 0.01)
                typed = [f"data.split.fold={fold}"]
                run = make_run(f"{fusion}-{seed}-{fold}", {METRIC: value}, {"fusion": fusion}, seed=seed, typed=typed)
                run.config["data"]["split"] = SPLIT | {"fold": fold} | split
                if counts:
                    run.rows.update(test={"rows": counts[0]}, val={"rows": 30}, train={"rows": counts[1]})
                runs.append(run)
    return runs


def values(runs, fusion):
    return np.array([run.metrics[METRIC] for run in runs if run.id.startswith(fusion)])


@pytest.mark.parametrize(("seeds", "counts", "share"), [(2, (40, 120), 1 / 3), (1, (40, 160), 1 / 4), (1, None, 1 / 4)])
def test_interval_and_test_are_nadeaus_and_bengios(seeds, counts, share):
    runs = runs_in_folds(seeds, counts=counts)
    found = compare(runs, METRIC)
    best, other = found.rows
    n = FOLDS
    for row, fusion in ((best, "gated"), (other, "concat")):
        x = values(runs, fusion).reshape(seeds, FOLDS).mean(0)
        half = stats.t.ppf(0.975, n - 1) * np.sqrt((1 / n + share) * x.var(ddof=1))
        assert (row.score.mean, row.score.half, row.score.n) == (pytest.approx(x.mean()), pytest.approx(half), n)
    d = (values(runs, "gated") - values(runs, "concat")).reshape(seeds, FOLDS).mean(0)
    t = d.mean() / np.sqrt((1 / n + share) * d.var(ddof=1))
    assert other.p == pytest.approx(2 * stats.t.sf(abs(t), n - 1))
    assert found.overlap == pytest.approx(share)


def test_folds_are_never_ranked_against_each_other_and_other_numbers_of_them_are():
    runs = runs_in_folds(1, fusions=["gated"])
    found = compare(runs, METRIC)
    assert ([row.score.n for row in found.rows], found.by) == ([FOLDS], [])
    assert conclusion(found).endswith("one configuration, so nothing is compared.")
    more = [replace(run, id=f"more-{run.id}") for run in runs_in_folds(1, fusions=["gated"])]
    for run in more:
        run.config["data"]["split"]["folds"] = 10
    assert compare([*runs, *more], METRIC).by == ["data.split.folds"]


def test_the_report_says_so():
    text = " ".join(notes(compare(runs_in_folds(), METRIC)))
    assert "n counts folds, each the mean over its seeds. Folds share training rows" in text
    test = "corrected resampled t-test (Nadeau and Bengio, 2003), with 0.333 rows held out for each row trained on"
    assert test in text
    assert "in standard deviations over folds" in text


def test_a_fold_that_one_row_lacks_counts_for_none_and_a_row_of_too_few_for_a_test_is_left_aside():
    runs = [run for run in runs_in_folds(1) if run.id != "gated-0-3"]
    found = compare(runs, METRIC)
    assert ([row.score.n for row in found.ranked], found.balance.left_out) == ([4, 4], ["concat-0-3"])
    few = ("sum-0-0", "sum-1-0", "sum-0-1", "sum-1-1")  # four runs, two folds
    runs = [run for run in runs_in_folds(2, fusions=("concat", "gated", "sum")) if run.id in few or "sum" not in run.id]
    found = compare(runs, METRIC)
    assert [row.score.n for row in found.ranked] == [FOLDS, FOLDS]
    assert found.rows[-1].unranked == "it has 4 of the 10 combinations of seed and fold that the ranked rows have"
    row = compare(runs_in_folds(3, folds=range(2)), METRIC).rows[1]
    assert (row.p, row.paired.reason, row.score.n) == (None, "2 shared folds, and a test needs 3", 2)


def test_further_seeds_of_the_same_folds_make_no_interval_narrower():
    runs = runs_in_folds(1)
    again = [replace(run, id=f"{run.id}-again", seed=7, config={**run.config, "seed": 7}) for run in runs]
    once, twice = compare(runs, METRIC), compare([*runs, *again], METRIC)
    assert [row.score for row in twice.rows] == [row.score for row in once.rows]
    assert twice.rows[1].p == once.rows[1].p


def test_one_fold_alone_is_a_split_like_any_other():
    runs = runs_in_folds(3, folds=[2])
    found = compare(runs, METRIC)
    assert (found.overlap, [row.score.n for row in found.rows]) == (0.0, [3, 3])
    d = values(runs, "gated") - values(runs, "concat")
    assert found.rows[1].p == pytest.approx(stats.ttest_1samp(d, 0).pvalue)
    assert "Nadeau" not in " ".join(notes(found))


def test_rows_held_out_beside_a_column_are_those_of_the_validation():
    assert overlap(runs_in_folds(column="split")) == pytest.approx(30 / 120)
    assert overlap([*runs_in_folds(folds=range(3), counts=None), make_run("x")]) == pytest.approx(1 / 4)
    groups = runs_in_folds(counts=None)
    for run in groups:
        run.config["data"]["split"]["folds"] = "groups"
    assert overlap(groups) == pytest.approx(1 / 4)
    assert overlap([make_run("a"), make_run("b")]) == 0


def write_folds(folder, names="ab", seeds=2, **more):
    """Every row is tested in one of three folds, by each run of a name and seed."""
    rows = make_rows(150)
    for name in names:
        for seed in range(seeds):
            for fold in range(3):
                held = np.arange(150) % 3 == fold
                path = write_predicted_run(
                    folder / f"{name}{seed}{fold}", name, rows, held, seed, wrong=0.1 + 0.1 * fold
                )
                config = yaml.safe_load((path / "config.yaml").read_text())
                config["data"]["split"] = {"column": None, "ratio": None, "folds": 3, "fold": fold} | more
                (path / "config.yaml").write_text(yaml.safe_dump(config))
    return folder


def test_predictions_of_all_folds_are_pooled(tmp_path):
    runs = find_runs([write_folds(tmp_path)])
    found = compare(runs, "test/y/auroc")
    assert len(found.ranked) == 2
    for row in found.ranked:
        by_seed = []
        for seed in range(2):
            tables = [pl.read_parquet(r.path / "predictions.parquet") for r in row.group.runs if r.seed == seed]
            whole = pl.concat(tables)
            assert len(whole) == 150
            by_seed.append(roc_auc_score(whole["y_true"] == "yes", whole["y_p_yes"]))
        assert row.pooled == pytest.approx(np.mean(by_seed), abs=1e-6)
        assert row.pooled != pytest.approx(row.score.mean, abs=1e-6)
    assert "pooled: the metric of the predictions of all folds together" in " ".join(notes(found))


def test_what_cannot_be_pooled_says_why_or_is_not(tmp_path):
    folder = write_folds(tmp_path / "x", names="a", seeds=1)
    (folder / "a01" / "predictions.parquet").unlink()
    found = compare(find_runs([folder]), "test/y/accuracy")
    assert [row.pooled for row in found.rows] == [None]
    assert "No pooled values: a01: it has no predictions.parquet." in notes(found)
    fixed = find_runs([write_folds(tmp_path / "y", names="a", seeds=1, column="split")])
    found = compare(fixed, "test/y/accuracy")
    assert ([row.pooled for row in found.rows], found.unpooled) == ([None], None)
