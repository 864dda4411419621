"""`mmfusion train study=…`: with a small program in place of the trainings, once in earnest, and from made-up runs."""

import csv
import json
import re
import sys

import pytest

from mmfusion.cli import main
from mmfusion.config.compose import compose_unchecked
from mmfusion.report.compare import compare
from mmfusion.report.formatting import plus_minus
from mmfusion.store.files import CONCLUSION
from mmfusion.store.find import find_runs
from mmfusion.studies.fusion import FusionStudy
from mmfusion.studies.launch import conclude_study
from mmfusion.studies.single_vs_multi import SingleVsMultiStudy
from mmfusion.sweeps import command, process
from tests.studies.study_folders import NOISE, study_jobs_of, write_jobs

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


def metrics(variant, seed):
    level = {"concat": 0.8, "gated": 0.9}.get(variant.name, 0.5) + NOISE[seed] * (1 + len(variant.name) / 10)
    return {"test/largest/accuracy": level, "test/rows": 100.0, "test[image]/largest/accuracy": level - 0.2}


@pytest.fixture
def fusion_jobs(tmp_path):
    study_jobs = study_jobs_of(FusionStudy(3, ["concat", "gated"]), name="fusion")
    folder = tmp_path / "study-fusion"
    return study_jobs, folder, write_jobs(folder, study_jobs, lambda v, seed: metrics(v, seed))


def content(folder):
    return json.loads(re.search(r'id="data">(.*?)</script>', (folder / "report.html").read_text(), re.DOTALL)[1])


def test_what_a_study_leaves_and_prints(fusion_jobs, capsys):
    study_jobs, folder, jobs = fusion_jobs
    conclusion = conclude_study(study_jobs, folder, jobs)
    text = (folder / CONCLUSION).read_text()
    assert f"**{conclusion.headline[0]}**" in text
    printed = capsys.readouterr().out
    assert conclusion.headline[0] in printed
    assert printed.rstrip().endswith("conclusion.md, comparison.csv, report.html")
    page = content(folder)
    assert page["title"] == "study=fusion"
    assert page["shared"]["conclusions"] == [["study-fusion", text]]
    assert page["shared"]["by"] == ["fusion"]
    assert len(page["runs"]) == 6
    with (folder / "comparison.csv").open() as file:
        lines = list(csv.DictReader(file))
    first = next(line for line in lines if line["variant"] == "gated" and line["main"] == "true")
    assert (first["metric"], first["better"]) == ("test/largest/accuracy", "higher")
    assert float(first["low"]) < float(first["mean"]) < float(first["high"])
    assert (first["n"], first["planned"], first["overrides"]) == ("3", "3", "fusion=gated")
    assert {line["metric"] for line in lines} == {"test/largest/accuracy", "test[image]/largest/accuracy"}


def test_what_simple_models_reach_is_a_section_where_runs_know_it(fusion_jobs, capsys):
    study_jobs, folder, jobs = fusion_jobs
    conclude_study(study_jobs, folder, jobs)
    assert "Simple models" not in (folder / CONCLUSION).read_text()
    for (variant, _), path in jobs.items():
        result = json.loads((path / "result.json").read_text())
        result["baselines"] = {
            "metrics": {"linear[image]": {"test/largest/accuracy": 0.85}},
            "against": {"largest": {"low": 0.01 if variant.name == "gated" else -0.1}},
        }
        (path / "result.json").write_text(json.dumps(result))
    conclude_study(study_jobs, folder, jobs)
    _, _, section = (folder / CONCLUSION).read_text().partition("## Simple models\n")
    assert "- Simple models on the same rows, by test/largest/accuracy: linear: image 0.850." in section
    assert "- Not shown to be better than the best simple model: concat (" in section
    assert "Simple models on the same rows" in capsys.readouterr().out


def test_runs_of_an_earlier_command_in_the_folder_take_no_part(fusion_jobs):
    _, folder, jobs = fusion_jobs
    fewer = study_jobs_of(FusionStudy(2, ["concat", "gated"]), name="fusion")
    own = {key: path for key, path in jobs.items() if key[1] < 2}
    conclusion = conclude_study(fewer, folder, own)
    assert conclusion.headline[0].startswith("No difference shown: 2 seeds")
    assert len(content(folder)["runs"]) == 4


def test_a_matrix_has_a_file_of_its_own_and_compare_agrees_with_it(tmp_path):
    study_jobs = study_jobs_of(SingleVsMultiStudy(3, True), name="single_vs_multi")
    level = {"sum": 0.5, "largest": 0.6, "sum+largest": 0.7}
    jobs = write_jobs(
        tmp_path,
        study_jobs,
        lambda v, seed: {f"test/{task}/accuracy": level[v.name] + NOISE[seed] * len(v.name) for task in v.parts},
    )
    conclude_study(study_jobs, tmp_path, jobs)
    with (tmp_path / "transfer.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert [(line["task"], line["with"], line["n"]) for line in lines] == [
        ("sum", "largest", "3"),
        ("largest", "sum", "3"),
    ]
    text = (tmp_path / CONCLUSION).read_text()
    assert "## Transfer between pairs" in text
    # `mmfusion compare` finds the same Δm by itself, from configs that differ in their tasks.
    (row,) = [row for row in compare(find_runs([tmp_path]), "test/sum/accuracy").rows if row.delta]
    assert f"- Δm = +{plus_minus(row.delta, 2)} % over 3 seeds" in text


def test_where_nothing_completed_that_is_written(tmp_path):
    study_jobs = study_jobs_of(FusionStudy(3, ["concat", "gated"]), name="fusion")
    jobs = write_jobs(tmp_path, study_jobs, lambda v, seed: "RuntimeError: no" if seed else None)
    conclude_study(study_jobs, tmp_path, jobs)
    text = (tmp_path / CONCLUSION).read_text()
    assert "**Nothing can be said: no job completed.**" in text
    assert "- gated, seed 1: failed: RuntimeError: no" in text
    assert len(content(tmp_path)["runs"]) == 4
