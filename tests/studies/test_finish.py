import csv
import json
import re

import pytest

from mmfusion.report.compare import compare
from mmfusion.report.formatting import plus_minus
from mmfusion.store.files import CONCLUSION
from mmfusion.store.find import find_runs
from mmfusion.studies.finish import conclude_study
from mmfusion.studies.fusion import FusionStudy
from mmfusion.studies.single_vs_multi import SingleVsMultiStudy
from tests.studies.study_folders import NOISE, study_jobs_of, write_jobs


def metrics(variant, seed):
    level = {"concat": 0.8, "gated": 0.9}.get(variant.name, 0.5) + NOISE[seed] * (1 + len(variant.name) / 10)
    return {"test/largest/accuracy": level, "test/rows": 100.0, "test[image]/largest/accuracy": level - 0.2}


@pytest.fixture
def study(tmp_path):
    study_jobs = study_jobs_of(FusionStudy(3, ["concat", "gated"]), name="fusion")
    folder = tmp_path / "study-fusion"
    return study_jobs, folder, write_jobs(folder, study_jobs, lambda v, seed: metrics(v, seed))


def content(folder):
    return json.loads(re.search(r'id="data">(.*?)</script>', (folder / "report.html").read_text(), re.DOTALL)[1])


def test_what_a_study_leaves_and_prints(study, capsys):
    study_jobs, folder, jobs = study
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


def test_what_simple_models_reach_is_a_section_where_runs_know_it(study, capsys):
    study_jobs, folder, jobs = study
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


def test_runs_of_an_earlier_command_in_the_folder_take_no_part(study):
    _, folder, jobs = study
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
