from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from mmfusion.data.kinds.tabular import Tabular
from mmfusion.data.table.table import Table
from mmfusion.runs.validation.leak_checks import leaks
from mmfusion.tasks.classification import Classification
from mmfusion.tasks.multilabel import Multilabel
from mmfusion.tasks.regression import Regression


def rows_of(columns: dict, val: int = 0) -> Table:
    columns = {name: pl.Series(cells) for name, cells in columns.items()}
    count = len(next(iter(columns.values())))
    splits = ["train"] * (count - val) + ["val"] * val
    return Table("rows.csv", columns, splits, [str(i) for i in range(count)], range(2, count + 2))


def table(train: int, val: int, labelled: int | None = None, **more) -> Table:
    """`ward` says the label, `dose` nothing; the first `labelled` rows of each split have a label."""
    generator = np.random.default_rng(0)
    label = [("cat", "dog")[i] for i in generator.integers(0, 2, train + val)]
    known = [labelled is None or i < labelled for i in [*range(train), *range(val)]]
    columns = {
        "ward": [name[0] for name in label],
        "dose": generator.normal(size=train + val),
        "label": [name if is_known else None for name, is_known in zip(label, known, strict=True)],
    }
    return rows_of(columns | {name: make(columns["dose"]) for name, make in more.items()}, val)


def found(rows: Table, task=None) -> list[str]:
    kinds = {"table": Tabular(numeric=["dose"], categorical=["ward"])}
    return leaks(rows, kinds, {"label": task or Classification()})


@pytest.mark.parametrize(
    ("train", "val", "labelled", "scored"),
    [
        (60, 20, None, 80),
        (100, 10, None, 110),
        (35, 5, None, 40),
        (21, 60, 20, 40),
    ],
)
def test_a_leak_is_found_in_small_tables_too(train, val, labelled, scored):
    (message,) = found(table(train, val, labelled))
    assert message.startswith(f"table: column ward alone predicts label with accuracy 100.0% on {scored} rows")


@pytest.mark.parametrize(("train", "val", "labelled", "count"), [(34, 5, None, 39), (100, 19, 10, 20), (3, 2, None, 5)])
def test_what_was_not_looked_for_is_said(train, val, labelled, count):
    assert found(table(train, val, labelled)) == [
        f"task label: leaks were not looked for: {count} labelled rows in train and val are too few, 40 are needed"
    ]


def test_small_tables_without_a_leak_are_left_in_peace():
    kinds = {"table": Tabular(numeric=["dose"])}
    assert leaks(table(60, 10), kinds, {"label": Classification()}) == []


def test_numbers_and_thresholds_of_them():
    kinds = {"table": Tabular(numeric=["cents"], categorical=["ward"])}
    (message,) = leaks(table(30, 10, cents=lambda dose: 100 * dose), kinds, {"dose": Regression()})
    assert message.startswith("table: column cents alone predicts dose with rank correlation 100.0%")
    rows = table(60, 20, sign=lambda dose: dose > 0)
    dose = np.asarray(rows.columns["dose"])
    (message,) = leaks(rows, {"table": Tabular(categorical=["sign", "ward"])}, {"dose": Regression()})
    assert message == (
        "table: column sign is predicted by dose alone with accuracy 100.0% on 80 rows, the commonest "
        f"{max((dose > 0).mean(), (dose <= 0).mean()):.1%}, so it may be a threshold, a bin or a part of it: "
        "is it known when the model is used?"
    )


def test_tasks_that_give_each_other_away():
    rows = table(60, 20)
    kinds = {"table": Tabular(numeric=["dose"])}
    (message,) = leaks(rows, kinds, {"label": Classification(), "ward": Classification()})
    assert message.startswith("task ward alone predicts label with accuracy 100.0% on 80 rows")
    assert message.endswith("a model that is good at one knows the other")


@pytest.mark.parametrize("fitted", [True, False])
def test_a_column_that_says_which_rows_have_one_of_several_labels(fitted):
    generator = np.random.default_rng(0)
    tags = [";".join(tag for tag in "abcdefgh" if generator.random() < 0.4) or "h" for _ in range(200)]
    columns = {
        "has": ["yes" if "a" in own else "no" for own in tags],
        "dose": generator.normal(size=200),
        "tags": tags,
    }
    task = Multilabel()
    if fitted:
        task.fit(tags)
    rows = rows_of(columns)
    found = leaks(rows, {"table": Tabular(numeric=["dose"], categorical=["has"])}, {"tags": task})
    said = "alone says which rows have tags=a: " if fitted else "is predicted by tags alone with accuracy 100.0% on "
    assert [message.startswith(f"table: column has {said}") for message in found] == [True]


def test_what_gives_one_class_or_some_rows_away_is_found_as_by_init():
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 4, 200)
    y = generator.normal(size=200)
    columns = {
        "label": [f"t{label}" for label in labels],
        "y": y,
        "disposition": ["home" if i == 2 else ("icu", "or")[generator.integers(2)] for i in labels],
        "part": np.where(generator.random(200) < 0.6, y, 0),
        "dose": generator.normal(size=200),
    }
    rows = rows_of(columns)
    kinds = {"table": Tabular(numeric=["dose", "part"], categorical=["disposition"])}
    first, second = leaks(rows, kinds, {"label": Classification(), "y": Regression()})
    known = ": is it known when the model is used?"
    assert first == f"table: column disposition alone says which rows of label hold 't2'{known}"
    assert second.startswith("table: column part is the same number as y in ")


def test_another_form_of_a_leak_is_found():
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 12, 200)
    columns = {
        "label": [f"t{label // 4}" for label in labels],
        "finer": [f"kind {label}" for label in labels],
        "half": [f"half {label // 6}" for label in labels],
        "noise": [f"w{i}" for i in generator.integers(0, 3, 200)],
    }
    rows = rows_of(columns)
    first, second = leaks(rows, {"table": Tabular(categorical=["finer", "half", "noise"])}, {"label": Classification()})
    assert first.startswith("table: column finer alone predicts label")
    assert second.startswith("table: column half is another form of table: column finer, which gives a target away: ")


def test_two_columns_whose_sum_is_the_target():
    generator = np.random.default_rng(0)
    a, b = generator.poisson(40, 100).astype(float), generator.poisson(160, 100).astype(float)
    columns = {"casual": a, "registered": b, "count": a + b}
    rows = rows_of(columns)
    kinds = {"table": Tabular(numeric=["casual", "registered"])}
    assert leaks(rows, kinds, {"count": Regression()})[-1] == (
        "table: column casual and table: column registered: count is the sum of the two: "
        "are both known when the model is used?"
    )
