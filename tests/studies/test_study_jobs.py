"""Each preset's jobs, composed from the real configs, against a list written by hand."""

import re
from pathlib import Path

import pytest

from mmfusion.config.compose import compose_unchecked
from mmfusion.config.errors import ConfigError
from mmfusion.studies.study_jobs import list_jobs

SKIP = "data.loader.rows_without_modality=skip"  # a row may have only what a variant leaves out


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def planned(name, *more):
    study_jobs = list_jobs(name, [f"study={name}", *more])
    return study_jobs, [" ".join(study_jobs.job(*job)) for job in study_jobs.jobs()]


def test_fusion():
    study_jobs, jobs = planned("fusion", "study.seeds=2", "trainer.max_epochs=3", "hydra.launcher.jobs=4")
    assert jobs == [
        f"trainer.max_epochs=3 fusion={fusion} seed={seed}"
        for seed in (0, 1)
        for fusion in ("concat", "sum", "gated", "decision", "hybrid")
    ]
    assert study_jobs.left_out == {}


def test_weighting():
    _, jobs = planned("weighting", "study.seeds=[3,7]")
    weightings = ("equal", "uncertainty", "dwa", "gradnorm")
    assert jobs == [f"loss_weighting={weighting} seed={seed}" for seed in (3, 7) for weighting in weightings]


def test_what_was_typed_for_a_modality_goes_where_that_is_left_out():
    typed = "encoder.speech.dim=64"
    study_jobs, jobs = planned("modalities", "study.seeds=1", typed, "study.subsets=leave_one_out")
    assert study_jobs.left_out == {}
    assert jobs == [
        f"{typed} {gone}{SKIP} modality.dropout={rate} seed=0"
        for gone in ("~encoder.text ", "~encoder.speech ", "~encoder.image ", "")
        for rate in ("0.0", "0.2")
    ]


def test_single_vs_multi_leaves_out_what_the_command_leaves_out_and_watches_what_is_left():
    typed = ["+task@task.parity=classification", "~encoder.speech", "callbacks.monitor.metric=val/sum/mae"]
    study_jobs, jobs = planned("single_vs_multi", "study.seeds=1", *typed)
    watched = "callbacks.monitor.metric=val/loss callbacks.monitor.mode=auto "
    assert study_jobs.left_out == {}
    assert jobs == [
        f"{' '.join(typed)} {gone}seed=0"
        for gone in (
            "~task.largest ~task.parity ", f"~task.sum ~task.parity {watched}", f"~task.sum ~task.largest {watched}",
            "~task.parity ", "~task.largest ", f"~task.sum {watched}", "",
        )
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["fusion", "weighting", "modalities", "single_vs_multi"])
def test_five_seeds_unless_set_otherwise(name):
    assert compose_unchecked([f"study={name}"]).config["study"]["seeds"] == 5


def test_what_is_impossible_here_is_left_out_with_its_reason_in_one_line():
    study_jobs, jobs = planned("fusion", "fusion.activation=relu", "fusion.align=true", "study.seeds=1")
    reasons = {name: reason for reason, names in study_jobs.left_out.items() for name in names}
    assert list(reasons) == ["gated", "decision", "hybrid"]
    for reason in reasons.values():
        assert "problems" not in reason
        assert re.search(r"^fusion.activation: there .* command line\); fusion.align: there is no such key", reason)
    assert jobs == [f"fusion.activation=relu fusion.align=true fusion={fusion} seed=0" for fusion in ("concat", "sum")]


@pytest.mark.parametrize(
    ("name", "more", "message"),
    [
        (
            "fusion",
            ["fusion.align=true", "study.fusion=[sum,gated]"],
            r"at least two variants .* found 1:\n  gated: fus",
        ),
        ("fusion", ["fusion=gated"], r"^fusion=gated: study=fusion varies fusion itself"),
        ("weighting", ["loss_weighting=dwa"], r"^loss_weighting=dwa: study=weighting varies loss_weighting itself"),
        ("modalities", ["modality.dropout=0.5"], r"^modality.dropout=0.5: study=modalities varies modality.dropout"),
        ("modalities", ["modality=dropout"], r"^modality=dropout: study=modalities varies modality=dropout"),
        ("fusion", ["seed=3"], r"^seed=3: a study sets the seeds itself; say study.seeds=5"),
        ("fusion", ["optimizer.lr=0.1,0.2"], r"^optimizer.lr=0.1,0.2: a study takes one value of a key"),
        ("fusion", ["hparams_search=optuna"], r"^hparams_search=optuna: a study is no search"),
        ("fusion", ["hydra/sweeper=search"], r"^hydra/sweeper=search: a study lists its jobs itself"),
        ("fusion", ["study.sedes=3"], r"^study.sedes: there is no such key; did you mean 'seeds'"),
        ("fusion", ["study.seeds=many"], r"^study.seeds: must be a whole number or a list, found the string 'many'"),
        ("fusion", ["study.seeds=0"], r"^study.seeds: expected at least 1, found 0"),
        ("fusion", ["study.fusion=concat"], r"^study.fusion: must be a list, found the string 'concat'"),
        ("fusion", ["study.fusion=[concat,gatd]"], r"no option 'gatd'; did you mean 'gated'"),
        ("fusion", ["optimizer.lrr=0.1"], r"^optimizer.lrr: there is no such key; did you mean 'lr'"),
        ("fusoin", [], r"^study=fusoin: group study has no option 'fusoin'; did you mean 'fusion'"),
        ("modalities", ["~encoder.speech", "~encoder.text"], r"needs at least two, and the experiment has image"),
        ("single_vs_multi", ["~task.sum"], r"needs at least two, and the experiment has largest"),
        ("weighting", ["~task.sum"], r"weighs the losses of at least two tasks, and the experiment has largest"),
        ("fusion,weighting", [], r"^study=fusion,weighting: one study at a time"),
    ],
)
def test_what_a_study_cannot_do_is_refused(name, more, message):
    with pytest.raises(ConfigError, match=message):
        planned(name, *more)
    assert not Path("outputs").exists()


def test_what_is_wrong_with_the_experiment_is_said_once(tmp_path):
    with pytest.raises(ConfigError) as refused:
        planned("fusion", "optimizer.lrr=1", "trainer.max_epochs=x")
    text = str(refused.value)
    assert (text.count("optimizer.lrr: there is no such key"), text.count("trainer.max_epochs: must be")) == (1, 1)


def test_a_study_of_ones_own_is_a_file(tmp_path):
    mine = tmp_path / "conf/study/two.yaml"
    mine.parent.mkdir(parents=True)
    mine.write_text("_target_: mmfusion.studies.fusion.FusionStudy\nseeds: 1\nfusion: [sum, gated]\n")
    assert planned("two")[1] == ["fusion=sum seed=0", "fusion=gated seed=0"]
    mine.write_text("_target_: os.system\nseeds: 1\nfusion: [sum, gated]\n")
    with pytest.raises(ConfigError, match=r"^study: .*'os.system' is refused"):
        planned("two")
