from __future__ import annotations

import numpy as np
import pytest

from mmfusion.data.kinds.tabular import Tabular
from mmfusion.data.table.table import Table
from mmfusion.runs.validation.leak_checks import leaks
from mmfusion.tasks.classification import Classification
from mmfusion.tasks.multilabel import Multilabel
from mmfusion.tasks.regression import Regression
from tests.runs.validated_table import table_of

TABLE = {"table": Tabular(numeric=["dose"], categorical=["ward"])}
LABEL = {"label": Classification()}


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
    more = {name: make(columns["dose"]) for name, make in more.items()}
    return table_of(columns | more, ["train"] * train + ["val"] * val)


@pytest.mark.parametrize(
    ("train", "val", "labelled", "scored"), [(60, 20, None, 80), (35, 5, None, 40), (21, 60, 20, 40)]
)
def test_a_leak_is_found_in_small_tables_too(train, val, labelled, scored):
    (message,) = leaks(table(train, val, labelled), TABLE, LABEL)
    assert message.startswith(f"table: column ward alone predicts label with accuracy 100.0% on {scored} rows")
    assert leaks(table(train, val, labelled), {"table": Tabular(numeric=["dose"])}, LABEL) == []


@pytest.mark.parametrize(("train", "val", "labelled", "count"), [(34, 5, None, 39), (100, 19, 10, 20), (3, 2, None, 5)])
def test_what_was_not_looked_for_is_said(train, val, labelled, count):
    assert leaks(table(train, val, labelled), TABLE, LABEL) == [
        f"task label: leaks were not looked for: {count} labelled rows in train and val are too few, 40 are needed"
    ]


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
    kinds = {"table": Tabular(numeric=["dose"])}
    (message,) = leaks(table(60, 20), kinds, {"label": Classification(), "ward": Classification()})
    assert message.startswith("task ward alone predicts label with accuracy 100.0% on 80 rows")
    assert message.endswith("a model that is good at one knows the other")


@pytest.mark.parametrize("fitted", [True, False])
def test_a_column_that_says_which_rows_have_one_of_several_labels(fitted):
    generator = np.random.default_rng(0)
    tags = [";".join(tag for tag in "abcdefgh" if generator.random() < 0.4) or "h" for _ in range(200)]
    task = Multilabel()
    if fitted:
        task.fit(tags)
    rows = table_of({"has": ["yes" if "a" in own else "no" for own in tags], "dose": np.ones(200), "tags": tags})
    (message,) = leaks(rows, {"table": Tabular(numeric=["dose"], categorical=["has"])}, {"tags": task})
    how = "alone says which rows have tags=a: " if fitted else "is predicted by tags alone with accuracy 100.0% on "
    assert message.startswith(f"table: column has {how}")


def test_what_gives_a_target_away_in_part_in_another_form_or_with_another_column():
    generator = np.random.default_rng(0)
    labels, y = generator.integers(0, 4, 200), generator.normal(size=200)
    a, b = generator.poisson(40, 200).astype(float), generator.poisson(160, 200).astype(float)
    fine = generator.integers(0, 12, 200)
    columns = {
        "label": [f"t{label}" for label in labels],
        "disposition": ["home" if i == 2 else ("icu", "or")[generator.integers(2)] for i in labels],
        "y": y,
        "part": np.where(generator.random(200) < 0.6, y, 0),
        "kind": [f"t{label // 4}" for label in fine],
        "finer": [f"kind {label}" for label in fine],
        "half": [f"half {label // 6}" for label in fine],
        "casual": a,
        "registered": b,
        "count": a + b,
    }
    kinds = {
        "table": Tabular(numeric=["part", "casual", "registered"], categorical=["disposition", "finer", "half"]),
    }
    tasks = {"label": Classification(), "y": Regression(), "kind": Classification(), "count": Regression()}
    messages = leaks(table_of(columns), kinds, tasks)
    for message, start in zip(
        messages,
        (
            "table: column disposition alone says which rows of label hold 't2': is it known when the model is used?",
            "table: column part is the same number as y in ",
            "table: column finer alone predicts kind",
            "table: column casual and table: column registered: count is the sum of the two: are both known when",
            "table: column half is another form of table: column finer, which gives a target away: ",
        ),
        strict=True,
    ):
        assert message.startswith(start)
