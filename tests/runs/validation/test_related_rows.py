from __future__ import annotations

import numpy as np

from mmfusion.data.kinds.image import Image
from mmfusion.data.kinds.tabular import Tabular
from mmfusion.data.kinds.text import Text
from mmfusion.data.table.table import Table
from mmfusion.runs.validation.related_rows import shared_groups, similar_texts, unseen_groups
from mmfusion.tasks.classification import Classification
from tests.runs.validated_table import check, table_of

N = 200
WORDS = [f"{first}{second}" for first in ("app", "riv", "sto", "clo") for second in ("le", "er", "ne", "ud")]


def table(at_random: bool = True, **columns) -> Table:
    """Rows of 8 for each patient, with a split at random or by patient."""
    generator = np.random.default_rng(0)
    who = np.arange(N) // 8
    key = generator.random(N) if at_random else generator.permutation(N // 8)[who] / (N // 8)
    splits = np.array(["train", "val", "test"])[np.digitize(key, [0.7, 0.8])].tolist()
    cells = {
        "patientid": [f"P{i:03}" for i in who],
        "dose": [f"{x:.3f}" for x in generator.normal(size=N)],
        "label": ["ab"[i] for i in generator.integers(0, 2, N)],
        **columns,
    }
    return table_of(cells, splits)


TASKS = {"label": Classification()}
TABLE = {"table": Tabular(numeric=["dose"])}
RATIO = {"column": None, "ratio": {"train": 0.7, "val": 0.1, "test": 0.2}}


def test_the_share_of_rows_whose_group_training_has():
    (message,) = unseen_groups(table(), TABLE, TASKS, RATIO)
    assert message.startswith(
        "column patientid: 100.0% of the test rows have a row of the same value in training, and "
    )
    assert "25 values in 200 rows; named like one; codes like 'P000'" in message
    assert message.endswith("`data.split.group: patientid` keeps them together")
    assert unseen_groups(table(at_random=False), TABLE, TASKS, RATIO) == []


def test_a_group_of_few_values_may_be_an_input():
    rows = table(patientid=[f"speaker-{i // 20:02}" for i in range(N)])
    (message,) = unseen_groups(rows, {"table": Tabular(categorical=["patientid"])}, TASKS, RATIO)
    assert message.endswith(
        "10 values alone: if new rows will have the same ones, it may be wanted as an input instead, as it is now"
    )


def test_dates_labels_and_texts_are_no_groups():
    rows = table(patientid=[f"2024-01-{1 + i // 10:02}" for i in range(N)])
    assert unseen_groups(rows, TABLE, TASKS, RATIO) == []
    rows = table()
    assert unseen_groups(rows, TABLE, {"patientid": Classification()}, RATIO) == []


def test_a_number_that_begins_anew_in_each_site():
    generator = np.random.default_rng(3)
    who = generator.permutation(np.arange(N) // 8)
    columns = {
        "patientid": [str(i % 13) for i in who],
        "site": ["east" if i < 13 else "west" for i in who],
        **{name: [f"{x:.2f}" for x in generator.normal(size=25)[who]] for name in ("weight", "iron")},
    }
    (message,) = unseen_groups(table(**columns), TABLE, TASKS, RATIO)
    assert message.startswith(
        "columns site and patientid: 100.0% of the test rows have a row of the same two values in training, and rows "
        "of one `site` and one `patientid` belong together: 25 pairs in 200 rows; `weight`, `iron` the same in all rows"
    )
    assert message.endswith("into one column (`site-patientid`) and keep its rows together (data.split.group)")


def texts(near: float) -> Table:
    """Texts of 24 random words; a share of the rows has that of another row with one word changed."""
    generator = np.random.default_rng(1)
    notes = [list(generator.choice(WORDS, 24)) for _ in range(N)]
    for i in np.flatnonzero(generator.random(N) < near).tolist():
        notes[i] = [*notes[(7 * i) % 50][:-1], "otherwise"]
    return table(note=[" ".join(words).capitalize() + "." for words in notes])


def test_texts_that_are_nearly_those_of_training():
    kinds = {"note": Text(column="note")}
    assert similar_texts(texts(0), kinds) is None
    message = similar_texts(texts(0.5), kinds)
    assert 0.35 < float(message.split(": ")[1].split("%")[0]) / 100 < 0.65
    assert "of the test rows have nearly the same text as a row of training" in message


def test_equal_texts_but_for_digits_and_case_and_a_text_beside_an_image():
    rows = table(note=[f"Call number {i}: {WORDS[i % 16]}" for i in range(N)])
    assert similar_texts(rows, {"note": Text(column="note")}).startswith("note: 100.0% of the test rows")
    kinds = {"note": Text(column="note"), "photo": Image(column="photo")}
    assert similar_texts(rows, kinds) is None, "the images of two rows may differ"
    assert similar_texts(rows, TABLE) is None


def test_validate_says_it(tmp_path, rows):
    for i, row in enumerate(rows):
        row["subject"] = f"S{i % 30:02}"
    report, printed = check(tmp_path, rows)
    assert report
    (warning,) = report.warnings
    assert warning.startswith("column subject: 100.0% of the test rows have a row of the same value in training")
    assert (
        "are parted by column 'split'; with a split by ratio `data.split.group: subject` keeps them together" in printed
    )


def test_values_of_a_group_in_several_splits_are_named_in_order_and_beyond_five_counted():
    who = [1, *"gfedcba", *"gfedcba", "z", 1]
    splits = ["train"] * 8 + ["test"] * 9
    rows = table_of({"who": list(map(str, who)), "none": [None] * 17}, splits)
    assert shared_groups(rows, "who") == (
        "8 of 9 values of the group column 'who' are in several splits, and 88.9% of the test rows have a row of the "
        "same value in training: 1 (test, train), a (test, train), b (test, train), c (test, train), d (test, train), "
        "… and 3 more"
    )
    assert shared_groups(rows, "none") is None


def test_validate_says_which_values_of_the_given_group_are_in_several_splits(tmp_path, rows):
    split = {"column": "split", "train": "train", "val": "val", "test": "test", "group": "who"}
    assert check(tmp_path, rows, data={"split": split})[0]
    rows[65]["who"] = "train3"
    (error,) = check(tmp_path, rows, data={"split": split})[0].errors
    assert error.startswith("1 of 21 values of the group column 'who' are in several splits, and 0.0% of the test rows")
