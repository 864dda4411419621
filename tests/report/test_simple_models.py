import io

import pytest
from rich.console import Console

from mmfusion.report.compare import compare
from mmfusion.report.simple_models import not_better, simple_models, simple_sentences
from mmfusion.report.terminal import show
from mmfusion.store.find import find_runs
from tests.helpers.run_folders import config, write_run
from tests.report.prediction_runs import write_unequal_runs

METRIC = "test/largest/accuracy"


def compared(folder, low):
    """Two fusions of three seeds; `low` is what the lower end of each one's gain over a linear model is."""
    for fusion, lowest in low.items():
        for seed in range(3):
            simple = {
                "metrics": {"constant": {METRIC: 0.1}, "linear[image+text]": {METRIC: 0.85, "test/x/mae": None}},
                "against": {"largest": {"rows": 9, "difference": 0.0, "low": lowest, "high": 0.2}},
            }
            metrics = {METRIC: 0.9 if fusion == "gated" else 0.8}
            write_run(folder / f"{fusion}-{seed}", config({"fusion": fusion}, seed=seed), metrics, baselines=simple)
    return compare(find_runs([folder]), METRIC)


def shown(comparison):
    screen = io.StringIO()
    show(comparison, Console(file=screen, width=120))
    return " ".join(screen.getvalue().split())


def test_simple_models_stand_beside_the_runs_and_rows_that_do_not_beat_them_are_named(tmp_path):
    found = compared(tmp_path, {"gated": 0.02, "concat": -0.1})
    assert simple_models(found) == pytest.approx({"majority or mean": 0.1, "linear: image + text": 0.85})
    text = shown(found)
    assert all(part in text for part in ("linear: image + text", "0.850", "simple models on the same rows"))
    (sentence,) = simple_sentences(found)
    assert sentence == (
        "Simple models on the same rows, by test/largest/accuracy: majority or mean 0.100, linear: image + text 0.850."
    )
    (sentence,) = not_better(found)
    assert sentence.startswith("Not shown to be better than the best simple model: concat (")


def test_by_a_metric_that_is_no_mean_over_rows_nothing_is_tested(tmp_path):
    f1 = "test/largest/f1"
    write_run(tmp_path / "0", metrics={METRIC: 0.9, f1: 0.9}, baselines={"metrics": {"constant": {f1: 0.5}}})
    (sentence,) = not_better(compare(find_runs([tmp_path]), f1))
    assert sentence == "Whether a row is better than simple models is tested by accuracy and mae alone, not by f1."
    assert not_better(compare(find_runs([tmp_path]), METRIC)) == []


def test_nothing_where_all_are_better_or_nothing_is_known(tmp_path):
    assert not_better(compared(tmp_path / "a", {"gated": 0.02, "concat": 0.01})) == []
    write_run(tmp_path / "b" / "0", config({}, seed=0), {METRIC: 0.9})
    alone = compare(find_runs([tmp_path / "b"]), METRIC)
    assert (simple_models(alone), simple_sentences(alone), not_better(alone)) == ({}, [], [])


def of_folds(folder, folds):
    """Two fusions, each with a linear model that reaches another value in each fold."""
    for fusion, own in folds.items():
        for fold in own:
            cfg = config({"fusion": fusion}, seed=0)
            cfg["data"]["split"] = {"folds": 4, "fold": fold, "column": None}
            metrics = {"linear[image]": {METRIC: fold / 10}}
            against = {"largest": {"low": -0.1 if fold == 3 else 0.1}}
            simple = {"metrics": metrics, "against": against}
            write_run(folder / f"{fusion}-{fold}", cfg, {METRIC: 0.9}, baselines=simple)
    return compare(find_runs([folder]), METRIC)


def test_simple_models_are_averaged_over_the_runs_that_rows_are_ranked_by(tmp_path):
    found = of_folds(tmp_path, {"gated": [0, 1, 2, 3], "concat": [0, 1, 2]})
    assert simple_models(found) == pytest.approx({"linear: image": 0.1})
    assert not_better(found) == []
    assert not_better(of_folds(tmp_path / "lone", {"gated": [3]}))[0].startswith("Not shown to be better")


def test_where_runs_were_tested_on_different_rows_it_says_so(tmp_path):
    write_unequal_runs(tmp_path, baselines={"metrics": {"constant": {"test/y/accuracy": 0.5}}})
    found = compare(find_runs([tmp_path]), "test/y/accuracy")
    sentence = "Simple models on the test rows of each run, by test/y/accuracy: majority"
    assert simple_sentences(found)[0].startswith(sentence)
    assert "simple models on the test rows of each run" in shown(found)


@pytest.mark.parametrize(
    "broken", [[], {"metrics": []}, {"metrics": {"constant": 3}}, {"against": {"largest": None}}], ids=str
)
def test_a_damaged_entry_is_passed_over(tmp_path, broken):
    write_run(tmp_path / "0", metrics={METRIC: 0.9}, baselines=broken)
    found = compare(find_runs([tmp_path]), METRIC)
    assert (simple_models(found), not_better(found)) == ({}, [])
