from tests.runs.checked import LABEL, check


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
        "task label: 'Cat', 'cat' differ in capitals or blanks alone; are they one class?",
    ]


def test_a_class_that_training_lacks_is_rare(tmp_path, rows):
    rows[70]["label"] = "cow"
    report, _ = check(tmp_path, rows, task={"label": LABEL | {"classes": ["cat", "dog", "cow"]}})
    assert report.warnings == ["task label: 1 classes have fewer than 2 training rows: cow"]


def test_classes_are_counted_as_the_task_reads_them(tmp_path, rows):
    for i, row in enumerate(rows):
        row["label"] = ("Yes", "yes", "No", "no")[i % 4]
        row["stage"] = ("1", "1.0", "2")[i % 3]
        row["tags"] = ("a;b", "b", "none", "b;a")[i % 4]
    tasks = {
        "label": {"_target_": "mmfusion.tasks.binary.Binary"},
        "stage": {"_target_": "mmfusion.tasks.classification.Classification"},
        "tags": {"_target_": "mmfusion.tasks.multilabel.Multilabel"},
    }
    report, printed = check(tmp_path, rows, task=tasks)
    assert report.classes["label"]["train"] == {"no": 30, "yes": 30}
    assert report.classes["stage"]["train"] == {"1": 40, "2": 20}
    assert report.classes["tags"]["train"] == {"a": 30, "b": 45}
    assert report.bare == {"tags": {"train": 15, "val": 5, "test": 5}}
    assert not [
        each for each in report.warnings if "knows the other" not in each
    ]  # both are made from the row's number
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in printed.splitlines() if "│" in line]
    assert ["none of them", "15", "5", "5"] in lines
    assert ["label", "binary", "2", "0.0% / 0.0% / 0.0%"] in lines
