import json
import re

from mmfusion.runs.baseline_table import model_title
from mmfusion.studies.launch import run_study
from tests.runs.small_experiment import write_small_experiment


def test_it_trains_nothing_and_writes_what_simple_models_reach(tmp_path, capsys):
    conf = write_small_experiment(tmp_path)
    assert run_study("baselines", ["study=baselines", "experiment=small", f"paths.outputs={tmp_path}/o"], [conf])
    (folder,) = tmp_path.glob("o/study-baselines-*")
    summary = json.loads((folder / "baselines.json").read_text())
    text = (folder / "conclusion.md").read_text()
    assert f"| {summary['metrics']['linear[a+b+c]']['test/kind/accuracy']:.3f} |" in text
    best = re.escape(model_title(summary["best"]["kind"]))
    assert re.search(rf"kind accuracy: \S+ by {best}, the best on the validation rows; \S+ by the majority", text)
    assert (folder / "baselines.parquet").is_file()
    assert not list(folder.glob("*/result.json"))
    assert "linear: a + b + c" in capsys.readouterr().out
