"""`mmfusion train study=…` from end to end: with a small program in place of the trainings, and once in earnest."""

import json
import sys

import pytest

from mmfusion.cli import main
from mmfusion.config.compose import compose_unchecked
from mmfusion.sweeps import command, process

# Writes what a run leaves: its accuracy depends on the fusion; with the word `do=fail` it fails.
STAND_IN = """
import json, os, pathlib, signal, sys, time
folder = pathlib.Path(sys.argv[-1].split("=", 1)[1].strip("'"))
words = dict(word.split("=", 1) for word in sys.argv[1:-1] if "=" in word)
seed = int(words["seed"])
cfg = {"name": "x", "seed": seed, "encoder": {"image": {}}, "task": {"largest": {}},
       "fusion": {"_target_": "mmfusion.fusion." + words["fusion"]}}
failed = words["fusion"] in words.get("name", "")
level = {"concat": 0.5, "gated": 0.7, "sum": 0.4}[words["fusion"]] + (seed * 7 + len(words["fusion"])) % 5 / 1000
result = {"name": "x", "seed": seed, "seconds": 1.0, "metrics": {} if failed else {"test/largest/accuracy": level}}
result |= {"status": "failed", "error": "ValueError: no luck"} if failed else {"status": "completed"}
(folder / "config.yaml").write_text(json.dumps(cfg))
(folder / "result.json").write_text(json.dumps(result))
if words.get("name") == "ends_the_study" and folder.name == "2":
    os.kill(os.getppid(), signal.SIGTERM)
    time.sleep(60)
sys.exit(failed)
"""


SECTION = "study: {_target_: mmfusion.studies.fusion.FusionStudy, seeds: 2, fusion: [sum, gated]}\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    def command_line(words, job):
        return [sys.executable, "-S", "-c", STAND_IN, *words, *job.overrides, f"paths.run='{job.folder}'"]

    monkeypatch.setattr(process, "command_line", command_line)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def study(here):
    (folder,) = here.glob("outputs/study-fusion-*")
    return folder


COMMAND = ["train", "study=fusion", "study.fusion=[concat,gated]", "study.seeds=3", "hydra.launcher.jobs=2"]


def test_a_study_is_run_concluded_and_resumed(here, monkeypatch, capsys):
    composed = []
    monkeypatch.setattr(
        command, "compose_unchecked", lambda *args: composed.append(args[0]) or compose_unchecked(*args)
    )
    assert main([*COMMAND, "study.fusion=[concat,gated,sum]", "name=no_sum"]) == 1
    assert len(composed) == len(set(map(tuple, composed))) == 9, "no job is composed twice"
    folder = study(here)
    printed = capsys.readouterr()
    assert "study=fusion: 3 variants x 3 seeds = 9 jobs" in printed.err
    assert "gated is better than concat by 0.2" in printed.out
    about = json.loads((folder / "sweep.json").read_text())
    assert (about["kind"], about["study_preset"], len(about["jobs"])) == ("grid", "fusion", 9)
    assert json.loads((folder / "1" / "job.json").read_text())["overrides"] == ["name=no_sum", "fusion=gated", "seed=0"]
    assert {"conclusion.md", "comparison.csv", "report.html"} <= {path.name for path in folder.iterdir()}
    text = (folder / "conclusion.md").read_text()
    assert "**By largest accuracy, gated is better than concat.**" in text
    assert "- 6 of 9 jobs completed." in text
    assert "- sum, seed 2: failed: ValueError: no luck" in text
    assert "sum is not judged at all" in text
    kept = (folder / "0" / "result.json").stat().st_mtime_ns
    (folder / "conclusion.md").unlink()
    # The same with -m, and without what failed: all jobs are there already.
    assert main(["train", "-m", *COMMAND[1:], "name=no_sum", f"hydra.sweep.dir={folder}"]) == 0
    assert (folder / "0" / "result.json").stat().st_mtime_ns == kept
    assert "- 6 of 6 jobs completed." in (folder / "conclusion.md").read_text()
    assert "6 of 6 jobs" in capsys.readouterr().err


def test_a_study_that_is_interrupted_concludes_from_what_there_is(here, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*COMMAND[:3], "study.seeds=2", "hydra.launcher.jobs=1", "name=ends_the_study"])
    assert ended.value.code == 143
    text = (study(here) / "conclusion.md").read_text()
    assert "3 of 4 jobs completed." in text
    assert "gated, seed 1: it has not been started" in text
    assert (study(here) / "report.html").is_file()
    assert "3 of 4 jobs completed." in capsys.readouterr().out


def test_what_is_left_out_is_said_at_the_start_and_at_the_end(here, capsys):
    more = ["study.fusion=[concat,gated,sum]", "study.seeds=1", "fusion.align=true", "hydra.sweep.dir=mine"]
    assert main([*COMMAND[:2], *more]) == 0
    assert "gated is left out: fusion.align: there is no such key" in capsys.readouterr().err
    assert "- gated is left out: fusion.align: there is no such key" in (here / "mine" / "conclusion.md").read_text()


def test_a_wrong_command_is_refused_before_anything_is_made(here, capsys):
    assert main(["train", "study.seeds=3"]) == 2
    assert "say which study as well" in capsys.readouterr().err
    assert main(["train", "study=fusoin"]) == 2
    assert "did you mean 'fusion'" in capsys.readouterr().err
    assert main([*COMMAND, "hydra.launcher.jbos=2"]) == 2
    assert "jbos" in capsys.readouterr().err
    assert not (here / "outputs").exists()


def test_a_study_in_a_file_is_not_passed_over(here, capsys):
    experiment = here / "conf" / "experiment" / "mine.yaml"
    experiment.parent.mkdir(parents=True)
    experiment.write_text("# @package _global_\ndefaults:\n  - digits\n  - _self_\n" + SECTION)
    assert main(["train", "experiment=mine"]) == 2
    assert "a config file chooses a study; a study is for the command line" in capsys.readouterr().err


@pytest.mark.full
def test_in_earnest_through_another_launcher(tmp_path, monkeypatch, capsys):
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
    monkeypatch.chdir(tmp_path)
    rows = ["data.rows={train: 64, val: 32, test: 32}", "data.dims={image: 8, text: 8, speech: 8}"]
    quick = ["trainer.max_epochs=1", "trainer.accelerator=cpu", "report.plots=false", "report.subsets=none"]
    launcher = ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "hydra.sweep.dir=mine"]
    command = ["train", "study=single_vs_multi", "study.seeds=1", "experiment=seed", *rows, *quick, *launcher]
    assert main(command) == 0
    text = (tmp_path / "mine" / "conclusion.md").read_text()
    assert "**No difference shown: 1 seed cannot show any." in text
    assert "- 3 of 3 jobs completed." in text
    assert "## Transfer between pairs" in text
    lines = (tmp_path / "mine" / "transfer.csv").read_text().splitlines()
    assert [line.split(",")[:3] for line in lines[1:]] == [
        ["label", "value", "test/label/accuracy"],
        ["value", "label", "test/value/mae"],
    ]
