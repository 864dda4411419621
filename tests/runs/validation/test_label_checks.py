from tests.runs.validated_table import LABEL, check


def test_wrong_labels(tmp_path, rows):
    rows[81]["label"] = "cow"
    for row in rows[60:80]:
        row["label"] = ""
    report, _ = check(tmp_path, rows)
    assert len(report.errors) == 1
    assert report.errors[0].startswith(
        "task label: rows.csv, line 83, column 'label': 'cow': expected one of the 2 classes"
    )
    assert report.warnings == ["task label: no row of split val has a label, so it has no scores there"]


def test_odd_classes(tmp_path, rows):
    rows[0]["label"] = "Cat"
    report, _ = check(tmp_path, rows)
    assert report.warnings == [
        "task label: 1 classes have fewer than 2 training rows: Cat",
        "task label: 'Cat' and 'cat' are different classes that differ only in letter case, blanks, invisible "
        "characters, Unicode form or the way a number is written; write them in one way if they are one",
    ]
    for row in rows[:60]:
        row["label"] = "cat"
    report, _ = check(tmp_path, rows, task={"label": LABEL | {"classes": ["cat", "dog"]}})
    assert report.warnings[0] == "task label: all training rows have the same label, 'cat'"
    rows[0]["label"] = rows[1]["label"] = "dog"
    rows[70]["label"] = "cow"  # which training lacks
    report, _ = check(tmp_path, rows, task={"label": LABEL | {"classes": ["cat", "dog", "cow"]}})
    assert report.warnings == ["task label: 1 classes have fewer than 2 training rows: cow"]


def test_classes_are_counted_as_the_task_reads_them(tmp_path, rows):
    for i, row in enumerate(rows):
        row["label"] = ("Yes", "yes", "No", "no")[i % 4]
        row["stage"] = ("1", "1", "2")[i % 3]
        row["tags"] = ("a;b", "b", "none", "b;a")[i % 4]
    names = {"label": "binary.Binary", "stage": "classification.Classification", "tags": "multilabel.Multilabel"}
    tasks = {task: {"_target_": f"mmfusion.tasks.{name}"} for task, name in names.items()}
    report, printed = check(tmp_path, rows, task=tasks)
    assert report.classes["label"]["train"] == {"no": 30, "yes": 30}
    assert report.classes["stage"]["train"] == {"1": 40, "2": 20}
    assert report.classes["tags"]["train"] == {"a": 30, "b": 45}
    assert report.bare == {"tags": {"train": 15, "val": 5, "test": 5}}
    assert all("knows the other" in warning for warning in report.warnings)  # both are made from the row's number
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in printed.splitlines() if "│" in line]
    assert ["none of them", "15", "5", "5"] in lines
    assert ["label", "binary", "2", "0.0% / 0.0% / 0.0%"] in lines


def test_classes_and_levels_that_look_alike(tmp_path, rows):
    for i, row in enumerate(rows):
        row["code"] = ("250", "250.0", "250.00", "401.9")[i % 4]
        row["city"] = ("oslo", "os\u200blo", "rome")[i % 3]
    tasks = {"code": {"_target_": "mmfusion.tasks.classification.Classification"}}
    data = {"modalities": {"table": {"kind": "tabular", "columns": ["city"]}}}
    report, _ = check(tmp_path, rows, task=tasks, data=data, encoder={"table": {}})
    assert report.classes["code"]["train"] == {"250": 15, "250.0": 15, "250.00": 15, "401.9": 15}
    assert [warning.split(" that differ")[0] for warning in report.warnings] == [
        "table: column city: 'oslo' and 'os\\u200blo' are different levels",
        "task code: '250' and '250.0' and '250.00' are different classes",
    ]


def test_lists_with_another_separator_than_the_tasks(tmp_path, rows):
    for i, row in enumerate(rows):
        row["tags"] = ("a|b", "b", "b|c", "c|a", "none")[i % 5]
    tasks = {"tags": {"_target_": "mmfusion.tasks.multilabel.Multilabel"}}
    report, _ = check(tmp_path, rows, task=tasks)
    (warning,) = report.warnings
    assert warning.endswith("'a|b' look like several; if they are, set \"task.tags.separator='|'\"")
    tasks["tags"]["separator"] = "|"
    report, _ = check(tmp_path, rows, task=tasks)
    assert not report.warnings
    assert report.classes["tags"]["train"] == {"a": 24, "b": 36, "c": 24}


def test_a_split_whose_rows_all_have_one_class_is_said_with_what_has_no_value_there(tmp_path, rows):
    for row in rows[80:]:
        row["label"] = "dog"
    report, _ = check(tmp_path, rows)
    assert report.warnings == [
        "task label: auroc is no number on split test: all 20 rows with a label have the same one, 'dog'"
    ]
