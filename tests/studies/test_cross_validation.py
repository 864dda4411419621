import re
from dataclasses import replace
from statistics import fmean, stdev

import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.report.statistics import interval
from mmfusion.studies import cross_validation
from mmfusion.studies.cross_validation import in_folds
from mmfusion.studies.study_jobs import list_jobs
from tests.runs.small_experiment import write_small_experiment
from tests.studies.study_folders import NOISE, results, rows, section


@pytest.fixture(scope="module")
def conf(tmp_path_factory):
    return write_small_experiment(tmp_path_factory.mktemp("small"), rows=60)


def planned(conf, *overrides):
    study_jobs = list_jobs("cross_validation", ["study=cross_validation", "experiment=small", *overrides], [conf])
    return study_jobs, [" ".join(study_jobs.job(*job)) for job in study_jobs.jobs()]


def test_a_job_for_each_fold_and_seed(conf):
    study_jobs, jobs = planned(conf, "study.folds=3", "study.seeds=2", "data.split.column=null")
    assert jobs == [
        f"experiment=small data.split.column=null data.split.folds=3 data.split.fold={fold} seed={seed}"
        for seed in (0, 1)
        for fold in (0, 1, 2)
    ]
    assert [variant.name for variant in study_jobs.variants] == ["fold 0", "fold 1", "fold 2"]


def test_the_folds_of_groups_are_counted_in_the_table(conf):
    study_jobs, jobs = planned(conf, "study.folds=groups", "data.split.column=null", "data.split.group=flag")
    assert [variant.name for variant in study_jobs.variants] == ["fold 0 (no)", "fold 1 (yes)"]
    assert jobs[1].endswith("data.split.folds=groups data.split.fold=1 seed=0")


@pytest.mark.parametrize(
    ("split", "typed"),
    [
        ({"column": None, "ratio": None, "group": "who"}, "data.split.folds=4"),
        (
            {"column": None, "ratio": {"train": 0.6, "val": 0.2, "test": 0.2}, "stratify": "y"},
            "data.split.folds=4 data.split.ratio=null data.split.from_train={val:0.25}",
        ),
        (
            {"column": None, "ratio": {"train": 0.8, "val": 0, "test": 0.2}},
            "data.split.folds=4 data.split.ratio=null data.split.from_train={val:0}",
        ),
        ({"column": "part", "val": "dev"}, "data.split.folds=4"),
        (
            {"column": "part", "val": None, "from_train": {"val": 0.1}},
            "data.split.folds=4 data.split.from_train=null",
        ),
        (
            {"column": "part", "val": None, "from_train": {"val": 0.1, "test": 0.2}},
            "data.split.folds=4 ~data.split.from_train.val",
        ),
    ],
)
def test_the_rest_of_a_split_stays(split, typed):
    assert " ".join(in_folds(split, 4)[1]) == typed


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["study.folds=61"], "study=cross_validation: data.split.folds: small.csv has 48 rows, too few for 61 folds"),
        (["study.folds=3", "data.split.group=flag"], "has 2 groups in column 'flag', too few for 3 folds"),
        (["study.folds=1"], "study.folds: must be .* found 1"),
        (["study.folds=groups"], "data.split.folds=groups: expected data.split.group"),
        (["data.split.fold=1"], "data.split.fold=1: study=cross_validation varies data.split.fold itself"),
        (["data.split.test=null"], "data.split.test is null; name its value, or set data.split.column=null"),
        (["data=digits", "~encoder.a", "~encoder.b", "~encoder.c"], "rows of a table in folds .* makes its splits its"),
    ],
)
def test_what_cannot_be_put_in_folds(conf, overrides, message):
    with pytest.raises(ConfigError, match=message):
        planned(conf, *overrides)


ACCURACY = (0.70, 0.74, 0.66, 0.72)


@pytest.fixture
def read_study(tmp_path, conf):
    study_jobs, _ = planned(conf, "study.folds=4", "study.seeds=2", "data.split.column=null")

    def metrics(variant, seed):
        value = ACCURACY[int(variant.name.split()[1])] + NOISE[seed]
        return {"test/kind/accuracy": value, "test/kind/loss": 1 - value, "test[a]/kind/accuracy": 0.5, "test/rows": 15}

    return study_jobs, results(tmp_path, study_jobs, metrics)


def test_it_concludes_with_means_and_intervals_for_folds_that_share_rows(read_study):
    study_jobs, read = read_study
    rows_of = {"train": {"rows": 40}, "val": {"rows": 5}, "test": {"rows": 15}}
    runs = {
        key: replace(run, rows=rows_of, config={**run.config, "data": {"split": {"folds": 4, "fold": int(key[0][-1])}}})
        for key, run in read.runs.items()
    }
    conclusion = study_jobs.study.conclude(replace(read, runs=runs))
    values = [value + fmean(NOISE[:2]) for value in ACCURACY]
    expected = interval(values, overlap=15 / 40)
    assert conclusion.title == "study=cross_validation: 4 folds, 2 seeds"
    (line,) = conclusion.headline
    assert re.match(rf"Kind accuracy {expected.mean:.3f} ± {expected.half:.3f} \(mean over 4 folds, 2 seeds\)\.$", line)
    head, first, *others = rows(conclusion, "All folds")
    assert head == ["metric", "mean ± 95% interval", "n", "sd", "lowest", "highest"]
    assert first[0] == "kind accuracy ↑"
    assert first[2:] == ["4", f"{stdev(values):.3f}", f"{min(values):.3f}", f"{max(values):.3f}"]
    assert [row[0] for row in others] == ["kind loss ↓"]
    assert [row[0] for row in rows(conclusion, "Numbers")[1:]] == [f"fold {k}" for k in range(4)]
    how = section(conclusion, "How")
    assert "0.375 is rows held out over rows trained on (Nadeau and Bengio, 2003)" in how[0]
    assert how[1].startswith("Every row is tested in one fold")


def test_what_all_folds_predict_together_stands_beside_the_mean(read_study, monkeypatch):
    study_jobs, read = read_study
    known = {"test/kind/accuracy": {0: 0.71234}}
    monkeypatch.setattr(cross_validation, "pooled", lambda groups, shared, metric: (known.get(metric, {}), None))
    head, accuracy, loss = rows(study_jobs.study.conclude(read), "All folds")
    assert (head[2], accuracy[2], loss[2]) == ("pooled", "0.712", "–")


def test_folds_that_did_not_complete_are_said(tmp_path, conf):
    study_jobs, _ = planned(conf, "study.folds=3", "data.split.column=null")
    broken = {"fold 1": "ValueError: no luck"}
    read = results(tmp_path, study_jobs, lambda variant, seed: broken.get(variant.name, {"test/kind/accuracy": 0.5}))
    assert (
        study_jobs.study.conclude(read).headline[1] == "This is the mean of 2 of 3 jobs: the others did not complete."
    )
    nothing = results(tmp_path / "none", study_jobs, lambda variant, seed: "ValueError: no luck")
    assert study_jobs.study.conclude(nothing).headline == ["Nothing can be said: no job completed."]
