import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hydra.core.hydra_config import HydraConfig

import mmfusion.runs.train
from mmfusion.config.errors import ConfigError
from mmfusion.config.instantiate import trusting
from mmfusion.runs.multirun import multirun


@pytest.fixture
def jobs(monkeypatch, tmp_path):
    """Notes what each job would train with, instead of training; a job with fusion=gated fails."""
    seen = []

    def train(config, overrides):
        folder = Path(config["paths"]["run"])
        seen.append(SimpleNamespace(config=config, overrides=overrides, argv=sys.argv, folder=folder))
        assert not HydraConfig.initialized()
        assert not folder.exists()
        if config["fusion"]["_target_"].endswith("Gated"):
            raise RuntimeError("no luck")
        return SimpleNamespace(status="completed")

    monkeypatch.setattr(mmfusion.runs.train, "train", train)
    monkeypatch.setattr(sys, "argv", ["/bin/mmfusion", "train", "-m", "as", "typed"])
    monkeypatch.chdir(tmp_path)
    return seen


def test_each_combination_in_its_own_folder_and_failures_stop_nothing(jobs, capsys):
    before = sys.argv
    failed = multirun(["fusion=gated,concat", "head.hidden=[3]", "hydra.sweep.dir=sweep", "name=my run"])
    assert failed == [0]
    assert [job.config["fusion"]["_target_"].split(".")[-1] for job in jobs] == ["Gated", "Concat"]
    assert [job.folder for job in jobs] == [Path.cwd() / "sweep" / str(number) for number in range(2)]
    assert jobs[0].config["head"]["hidden"] == [3]
    assert jobs[0].config["name"] == "my run"
    assert sys.argv is before
    assert not HydraConfig.initialized()
    assert "no luck" in capsys.readouterr().err


def test_the_record_shows_what_repeats_a_job(jobs, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    with trusting([]):
        multirun(["seed=3,4", "trusted_modules=[userpack]"], [mine])
    words = ["train", "--config-dir", str(mine), "trusted_modules=[userpack]", "seed=4"]
    assert jobs[1].argv == ["/bin/mmfusion", *words, f"paths.run='{jobs[1].folder}'"]


def test_a_job_of_several_processes_gets_a_process_of_its_own(jobs, monkeypatch):
    commands = []

    def run(command, check):
        commands.append(command)
        return SimpleNamespace(returncode=len(commands) - 1)

    monkeypatch.setattr("mmfusion.runs.multirun.subprocess.run", run)
    assert multirun(["seed=3,4", "trainer=ddp"]) == [1]
    assert jobs == []
    assert commands[1][:6] == [sys.executable, "-m", "mmfusion", "train", "trusted_modules=[]", "seed=4"]


def test_all_jobs_are_checked_before_the_first_starts(jobs):
    with pytest.raises(ConfigError, match=r"^job 1 \(fusion=gated fusion.align=True\): fusion.align: there is no such"):
        multirun(["fusion=concat,gated", "fusion.align=true"])
    with pytest.raises(ConfigError, match=r"fusion=gatd: group fusion has no option 'gatd'"):
        multirun(["fusion=concat,gatd"])
    with pytest.raises(ConfigError, match=r"not an override that can be read"):
        multirun(["fusion concat"])
    assert jobs == []


@pytest.mark.parametrize(
    "orders",
    [
        "callbacks: {evil: {_target_: pathlib.Path.touch, self: stolen}}",
        "job_logging: {handlers: {evil: {'()': os.system, command: touch stolen}}}",
        "job: {env_set: {PYTHONPATH: stolen}}",
    ],
)
def test_a_file_cannot_make_hydra_call_something(jobs, orders):
    experiment = Path("conf/experiment/evil.yaml")
    experiment.parent.mkdir(parents=True)
    experiment.write_text(f"# @package _global_\ndefaults:\n  - digits\n  - _self_\nhydra:\n  {orders}\n")
    with pytest.raises(ConfigError, match=rf"hydra.{orders.split(':')[0]}: a config file may set hydra.output_subdir"):
        multirun(["experiment=evil"])
    assert jobs == []
    assert not Path("stolen").exists()


def test_a_file_cannot_choose_hydras_parts(jobs):
    experiment = Path("conf/experiment/evil.yaml")
    experiment.parent.mkdir(parents=True)
    experiment.write_text("# @package _global_\ndefaults:\n  - digits\n  - override /hydra/launcher: basic\n")
    with pytest.raises(ConfigError, match=r"a config file may set"):
        multirun(["experiment=evil"])
    assert jobs == []
