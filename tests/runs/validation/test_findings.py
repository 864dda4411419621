import io

import pytest
from rich.console import Console

from mmfusion.data.kinds.image import Image
from mmfusion.runs.validation.findings import CLASSES, Findings, print_findings
from mmfusion.tasks.classification import Classification
from mmfusion.tasks.regression import Regression

TASKS = {"label": Classification(), "dose": Regression()}


def findings(**changes):
    """Of two splits with one modality and two tasks."""
    usual = {
        "rows": {"train": 8, "val": 2},
        "media": {"image": 9},
        "absent": {"image": {"train": 0.125, "val": 0.0}},
        "unlabelled": {"label": {"train": 0.25, "val": 0.5}, "dose": {"train": 0.0}},
        "classes": {"label": {"train": {"cat": 2, "dog": 4}, "val": {"cow": 1}}, "dose": {}},
    }
    return Findings(**usual | changes)


def printed(findings, width=300):
    console = Console(file=io.StringIO(), width=width)
    print_findings(findings, "rows.csv", {"image": Image(column="image")}, TASKS, console)
    return console.file.getvalue()


def cells(text):
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines() if "│" in line]


def test_a_line_a_modality_and_a_line_a_task():
    text = printed(findings(unreadable={"image": 2}))
    assert text.startswith("rows.csv: 10 rows (train 8, val 2)\n")
    assert ["image", "image", "9", "2", "12.5% / 0.0%"] in cells(text)
    assert ["label", "classification", "3", "25.0% / 50.0%"] in cells(text)
    assert ["dose", "regression", "-", "0.0% / ?"] in cells(text), "what is not known of a split is no zero"
    assert ["image", "image", "not read", "0", "12.5% / 0.0%"] in cells(printed(findings(media={})))


def test_classes_by_their_number_in_training():
    rows = cells(printed(findings()))
    first = rows.index(["dog", "4", "0"])
    assert rows[first : first + 3] == [["dog", "4", "0"], ["cat", "2", "0"], ["cow", "0", "1"]]
    assert not any(row[0] == "none of them" for row in rows)
    assert ["none of them", "3", "0"] in cells(printed(findings(bare={"label": {"train": 3}})))


def test_of_many_classes_the_commonest_and_the_rarest_stand():
    names = [f"c{i:02d}" for i in range(CLASSES + 3)]

    def shown(names):
        counts = {name: 100 - i for i, name in enumerate(names)}
        rows = cells(printed(findings(classes={"label": {"train": counts}, "dose": {}})))
        return [row[0] for row in rows if row[0].startswith(("c0", "c1", "…"))]

    assert shown(names[:CLASSES]) == names[:CLASSES]
    half = CLASSES // 2
    assert shown(names) == [*names[:half], f"… {len(names) - 2 * half} more", *names[-half:]]


@pytest.mark.parametrize(
    ("errors", "warnings", "last"),
    [
        ([], [], "ready to train, 0 warnings"),
        ([], ["look"], "ready to train, 1 warning"),
        (["bad"], ["look", "again"], "1 error and 2 warnings"),
        (["bad", "worse"], [], "2 errors and 0 warnings"),
    ],
)
def test_the_last_line_says_whether_training_can_begin(errors, warnings, last):
    lines = printed(findings(errors=errors, warnings=warnings)).splitlines()
    assert lines[-1] == last
    assert [line for line in lines if line.startswith("error ")] == [f"error {message}" for message in errors]
    assert [line for line in lines if line.startswith("warning ")] == [f"warning {message}" for message in warnings]


def test_what_looks_like_markup_is_shown_as_it_is_and_a_message_is_one_line():
    long = "[bold]x[/] " + "word " * 40 + "end"
    text = printed(findings(errors=[long], classes={"label": {"train": {"[red]a": 6}}, "dose": {}}), width=60)
    assert f"error {long}\n" in text
    assert "[red]a" in text
