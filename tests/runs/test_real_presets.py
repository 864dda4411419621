from __future__ import annotations

import pytest

from mmfusion.config.compose import load_config
from mmfusion.data.errors import DataError
from mmfusion.data.table.table import filled
from mmfusion.runs.validation.findings import Findings
from mmfusion.runs.validation.label_checks import read_tasks
from mmfusion.training.build import build_data

PRESETS = {
    "digits3_agree": ("digits3", 13_500, {"digit": 10, "intent": 150}),
    "digits3_agree_with_holes": ("digits3", 13_500, {"digit": 10, "intent": 150}),
    "digits3_calc": ("digits3", 13_500, {"result": None, "operation": 2}),
    "vqa_rad": ("vqa_rad", 2244, {"yes_no": 2, "organ": 3, "question_type": 11}),
    "speech_to_intent": (
        "speech_to_intent",
        619,
        {"coffeeDrink": 10, "milkAmount": 36, "numberOfShots": 3, "roast": 3, "size": 7, "sugarAmount": 18},
    ),
}


@pytest.mark.parametrize("preset", PRESETS)
def test_tables_and_labels_of_the_presets(shared_data, preset):
    folder, rows, classes = PRESETS[preset]
    cfg = load_config([f"experiment={preset}", f"data.root={shared_data / folder}"])
    data, tasks = build_data(cfg)
    table = data.source.read()
    assert len(table) == rows
    assert set(table.splits) == {"train", "val", "test"}
    for name, kind in data.kinds.items():
        assert filled(table.column((kind.columns or [name])[0])).any()
    report = Findings(rows={"train": 1, "val": 1, "test": 1})
    read_tasks(table, tasks, report)
    assert not report.errors
    found = {name: len(set().union(*counts.values())) if counts else None for name, counts in report.classes.items()}
    assert found == classes


def test_a_preset_says_that_it_needs_its_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data, _ = build_data(load_config(["experiment=digits3_agree"]))
    with pytest.raises(DataError, match=r"there is no file agree.csv in .* give that as data.root=FOLDER"):
        data.source.read()
