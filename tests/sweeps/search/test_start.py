"""Whole searches, from the command line to the last word, with a pool whose jobs are over at once."""

import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from hydra.core.global_hydra import GlobalHydra

import mmfusion.sweeps.pool
from mmfusion.config.errors import ConfigError
from mmfusion.config.folders import groups, own_folder
from mmfusion.config.instantiate import trusting
from mmfusion.store.sweep import Sweep
from mmfusion.sweeps.command import Command, running
from mmfusion.sweeps.multirun import multirun
from mmfusion.sweeps.process import EndedJob
from mmfusion.sweeps.search.start import search
from tests.sweeps.search.fake_pool import FakePool, completed, settings, value_of

LR_VALUES = "tag(log, interval(1e-4, 1e-2))"
LR = f"optimizer.lr={LR_VALUES}"
SEARCH = ["hydra/sweeper=search", "hydra.sweep.dir=sweep", "hydra.sweeper.sampler=random"]
PRESETS = list(groups([own_folder()])["hparams_search"])


@pytest.fixture
def pools(tmp_path, monkeypatch):
    """The pools that were made; the value of a run is its learning rate, its tasks' losses go against one another."""
    pools = []

    def run(job, announced):
        lr = float(value_of(job, "optimizer.lr"))
        return completed(lr, **{"val/sum/loss": lr, "val/largest/loss": 1 - lr, "val/largest/accuracy": 1 - lr})

    def pool(sweep, slots, words, trainer, timeout_s, grace_s):
        pools.append(FakePool(sweep, run))
        return pools[-1]

    monkeypatch.setattr(mmfusion.sweeps.pool, "Pool", pool)
    monkeypatch.setattr(sys, "argv", ["/bin/mmfusion", "train", "-m", "as", "typed"])
    monkeypatch.chdir(tmp_path)
    return pools


def test_from_the_command_line_to_the_best_trial(pools, tmp_path, capsys):
    assert multirun([*SEARCH, LR, "seed=3", "fusion=concat,gated", "hydra.sweeper.n_trials=6"])
    (pool,) = pools
    assert len(pool.started) == 6
    assert all(job.overrides[0] == "seed=3" and len(job.overrides) == 3 for job in pool.started)
    best = min((float(value_of(job, "optimizer.lr")), job) for job in pool.started)[1]
    assert yaml.safe_load((tmp_path / "sweep/best.yaml").read_text()) == list(best.overrides)
    about = json.loads((tmp_path / "sweep/sweep.json").read_text())
    assert (about["kind"], about["planned"], about["study"]) == ("search", 6, "sweep")
    assert about["storage"] == str(tmp_path / "sweep/study.journal")
    assert about["objectives"] == [{"metric": "val/monitor", "direction": "min"}]
    assert about["space"] == {"optimizer.lr": "tag(log, interval(1e-4, 1e-2))", "fusion": "concat,gated"}
    assert about["command"] == ["/bin/mmfusion", "train", "-m", "as", "typed"]
    assert "searching optimizer.lr: tag(log, interval(1e-4, 1e-2))" in capsys.readouterr().err
    assert not GlobalHydra.instance().is_initialized()


def test_the_seed_decides_what_is_tried(pools):
    for study, seed in (("one", 0), ("two", 0), ("three", 1)):
        begin([LR, "fusion=concat,gated"], folder=study, n_trials=3, seed=seed)
    one, two, three = ([job.overrides for job in pool.started] for pool in pools)
    assert one == two
    assert one != three


def test_the_same_command_with_more_trials_goes_on(pools, capsys):
    begin([LR], n_trials=2)
    begin([LR], n_trials=3)
    assert [len(pool.started) for pool in pools] == [2, 1]
    assert "the study has 2 finished trials; 1 to go" in capsys.readouterr().err


def test_what_is_drawn_or_pruned_in_another_way_is_said_once(pools, capsys):
    begin([LR], n_trials=1)
    assert "from here on" not in capsys.readouterr().err
    begin([LR], n_trials=1, sampler={"name": "tpe", "n_startup_trials": 3}, pruner="median", seed=1)
    printed = capsys.readouterr().err
    for key, before, now in [
        ("sampler", "random", "{'name': 'tpe', 'n_startup_trials': 3}"), ("pruner", "none", "median"), ("seed", 0, 1),
    ]:  # fmt: skip
        assert f"hydra.sweeper.{key} was {before} in this study before; from here on it is {now}" in printed
    begin([LR], n_trials=1, sampler={"name": "tpe", "n_startup_trials": 3}, pruner="median", seed=1)
    assert "from here on" not in capsys.readouterr().err


def test_the_best_is_trained_again_with_ones_own_configs_and_modules(pools, tmp_path, capsys):
    folder = tmp_path / "my configs"
    folder.mkdir()
    with trusting([]):
        words = [*SEARCH, LR, "hydra.sweeper.n_trials=1", "trusted_modules=[userpack]"]
        assert multirun(words, [folder])
    train = f"mmfusion train --config-dir '{folder}' 'trusted_modules=[userpack]' @sweep/best.yaml"
    assert f"train it again: {train}\n" in capsys.readouterr().err
    assert (tmp_path / "sweep/best.yaml").read_text().splitlines()[0].endswith(train)


@pytest.mark.parametrize(
    ("preset", "more"),
    [
        *((preset, []) for preset in PRESETS),
        pytest.param("fusion", ["experiment=seed", "data=latent"], marks=pytest.mark.full),
        pytest.param("multi_objective", ["~task.largest"], marks=pytest.mark.full),
    ],
)
def test_each_preset_searches_on_the_default_experiment_and_fits_others(preset, more, pools):
    assert multirun([f"hparams_search={preset}", *more, "hydra.sweeper.n_trials=2", "hydra.sweep.dir=sweep"])
    (pool,) = pools
    assert 0 < len(pool.started) <= 2
    assert not any("hparams_search" in override for job in pool.started for override in job.overrides)


def test_the_command_line_changes_a_preset(pools, tmp_path, capsys):
    words = ["hparams_search=optuna", "optimizer.weight_decay=0.1", "head.dropout=0.1,0.2", "hydra.sweeper.pruner=none"]
    assert multirun([*words, "hydra.sweeper.n_trials=2", "hydra.sweep.dir=sweep"])
    about = json.loads((tmp_path / "sweep/sweep.json").read_text())
    assert about["space"] == {"head.dropout": "0.1,0.2", "optimizer.lr": "tag(log, interval(1e-4, 3e-2))"}


def test_several_objectives_come_to_a_pareto_set(pools, tmp_path, capsys):
    objectives = "hydra.sweeper.objectives={val/largest/accuracy: max, val/largest/loss: min, val/sum/loss: min}"
    assert multirun([*SEARCH, LR, "hydra.sweeper.n_trials=4", objectives])
    about = json.loads((tmp_path / "sweep/sweep.json").read_text())
    assert [one["direction"] for one in about["objectives"]] == ["max", "min", "min"]
    files = sorted((tmp_path / "sweep/pareto").glob("*.yaml"))
    assert [file.name for file in files] == [f"{n}.yaml" for n in range(4)]
    assert yaml.safe_load(files[0].read_text()) == list(pools[0].started[0].overrides)
    printed = capsys.readouterr().err
    assert "Pareto set: 4 trials" in printed
    assert "mmfusion train @sweep/pareto/<trial>.yaml" in printed
    assert not (tmp_path / "sweep/best.yaml").exists()


def begin(words, folder="sweep", **changes):
    """As `mmfusion train -m` with these words and `hydra.sweeper` settings, past Hydra."""
    path = Path(folder).absolute()
    launcher = SimpleNamespace(pool=lambda: mmfusion.sweeps.pool.Pool(Sweep(path), 0, 0, 0, 0, 0))
    with running(Command(words, [], [], sys.argv, {}, path)):
        return search(settings(**changes), launcher)


def test_a_search_in_which_all_fails_says_so(pools, monkeypatch, capsys):
    monkeypatch.setattr(FakePool, "_ended", lambda self, job, _: EndedJob(job, FAILED, 1.0))
    outcome = begin([LR], max_failures=2, n_trials=20)
    assert not outcome.is_complete
    printed = capsys.readouterr().err
    assert re.search(r"0 of 20 trials finished, 0 of them pruned, [34] failed", printed)
    assert "failed: trial 0: no luck" in printed
    assert "the same command again goes on" in printed


def test_the_launchers_limit_of_failures_holds_too(pools, monkeypatch):
    monkeypatch.setattr(FakePool, "_ended", lambda self, job, _: EndedJob(job, FAILED, 1.0))
    assert not multirun([*SEARCH, LR, "hydra.launcher.max_failures=0"])
    assert len(pools[0].started) <= 2


FAILED = {"status": "failed", "error": "no luck"}


@pytest.mark.parametrize(
    ("words", "changes", "message"),
    [
        (["seed=3"], {}, r"there is nothing to search: give keys several values"),
        (
            [LR, "fusion=concat,gated", "fusion.normalise=true,false"],
            {},
            r"(?s)^a trial with .*: fusion.normalise: there is no such key.*\n.*if a key belongs to one option of a",
        ),
        (["optimizer.lrr=interval(0, 1)"], {}, r"optimizer.lrr: there is no such key; did you mean 'lr'"),
        ([LR, "seed=1,2"], {"seeds": [1, 2]}, r"hydra.sweeper.seeds sets the seed of each job"),
        ([LR, "seed=1"], {"seeds": [1, 2]}, r"hydra.sweeper.seeds sets the seed of each job"),
        ([LR], {"objectives": "val/sum/mea"}, r"there is no 'val/sum/mea'; did you mean 'val/sum/mae'"),
        ([LR], {"objectives": "tasks", "pruner": "median"}, r"Optuna prunes by one objective"),
        ([LR, "trainer.limit_val_batches=0"], {}, r"a search goes by validation, and trainer.limit_val_batches=0"),
        ([LR], {"pruner": "medain"}, r"there is no pruner 'medain'"),
        ([LR], {"storage": "redis://x"}, r"'redis://x' is not supported; valid: study.journal"),
        ([], {"space": {"optimizer.lr": {"space": LR_VALUES, "when": "fusoin=gated"}}}, r"there is no key 'fusoin'"),
    ],
)
def test_what_is_wrong_is_said_before_anything_starts(words, changes, message, pools, tmp_path):
    with pytest.raises(ConfigError, match=message):
        begin(words, **changes)
    assert pools == []
    assert not (tmp_path / "sweep").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            [*SEARCH, LR, "hydra.sweeper.n_trails=3"],
            r"^hydra.sweeper.n_trails: there is no such key; did you mean",
        ),
        (
            [*SEARCH, LR, "hydra.sweeper.seeds=[a]"],
            r"^hydra.sweeper.seeds\[0\]: must be a whole number, found the",
        ),
        (
            [*SEARCH, LR, "hydra.sweeper.resume=maybe"],
            r"^hydra.sweeper.resume: must be true or false, found the str",
        ),
        ([LR, "hydra/sweeper=serach"], r"group hydra/sweeper has no option 'serach'; did you mean 'search'"),
        (["hparams_search=optunna"], r"group hparams_search has no option 'optunna'; did you mean 'optuna'"),
    ],
)
def test_errors_in_what_was_typed_are_named(words, message, pools):
    with pytest.raises(ConfigError, match=message):
        multirun(words)
    assert pools == []


def test_a_condition_on_the_config_is_heeded(pools):
    space = {
        "optimizer.lr": LR_VALUES,
        "fusion.dim": {"space": "32,64", "when": "fusion=concat"},
        "fusion.normalise": {"space": "true,false", "when": "fusion=gated"},
        "fusion.dropout": {"space": "0.1,0.2", "when": ["trainer.deterministic=false", "encoder/image=cnn"]},
    }
    begin([], space=space, n_trials=1)
    (job,) = pools[0].started
    assert [override.split("=")[0] for override in job.overrides] == ["optimizer.lr", "fusion.dim", "fusion.dropout"]


def test_a_folder_of_something_else_is_left_alone(pools, tmp_path):
    begin([LR], n_trials=1)
    with pytest.raises(ConfigError, match=r"sweep belongs to the study 'sweep'; choose another folder with hydra"):
        begin([LR], study="other")
    (tmp_path / "sweep/sweep.json").write_text('{"kind": "grid"}')
    with pytest.raises(ConfigError, match=r"sweep belongs to a grid"):
        begin([LR])


def test_a_preset_that_changes_the_runs_is_refused(pools, tmp_path):
    preset = tmp_path / "conf/hparams_search/mine.yaml"
    preset.parent.mkdir(parents=True)
    head = "# @package _global_\n# mine\ndefaults:\n  - override /hydra/sweeper: search\n"
    preset.write_text(head + "trainer: {max_epochs: 3}")
    with pytest.raises(ConfigError, match=r"hparams_search=mine sets trainer, but a trial is repeated without it"):
        multirun(["hparams_search=mine", LR])
    preset.write_text(head + "hydra: {sweeper: {n_trials: 2, space: {optimizer.lr: 'interval(0.1, 1)'}}}")
    assert multirun(["hparams_search=mine"])
    assert len(pools[-1].started) == 2
