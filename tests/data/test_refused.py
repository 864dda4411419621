"""What set-up refuses, and how it says so."""

from dataclasses import replace

import pytest

from mmfusion.data.decode.paths import PathError
from mmfusion.data.errors import DataError, DecodeError
from mmfusion.data.kinds.image import Image
from mmfusion.data.kinds.tabular import Tabular
from mmfusion.data.kinds.text import Text
from mmfusion.data.table.table import Table
from tests.data.media import Reader, make_data
from tests.data.running import ready

NAMES = ("age", "image", "label", "note", "sensor", "speech")


def change(table, row, **cells):
    columns = dict(table.columns)
    for name, cell in cells.items():
        columns[name] = [cell if i == row else old for i, old in enumerate(columns[name])]
    return replace(table, columns=columns)


def test_every_column_that_is_not_there_is_named_before_anything_is_read(table):
    kinds = {"image": Image("imag"), "note": Text()}
    data = make_data(table, kinds=kinds, transforms={}, labels={"label": Reader(), "mood": Reader("labl")})
    with pytest.raises(DataError, match="2 problems") as error:
        data.setup()
    assert [line.strip() for line in str(error.value).splitlines()[1:]] == [
        f"data.modalities.image: rows.csv has no column 'imag'; did you mean 'image'? Valid: {', '.join(NAMES)}",
        f"task.mood.column: rows.csv has no column 'labl'; did you mean 'label'? Valid: {', '.join(NAMES)}",
    ]
    with pytest.raises(DataError, match=r"^task\.labl\.column: rows\.csv has no column 'labl'; did you mean 'label'"):
        ready(table, labels={"labl": Reader()})


def test_label_out_of_range_in_any_split_is_refused_with_its_line(table):
    bad = change(change(table, 32, label="c"), 40, label="d")
    message = r"2 problems\n  rows\.csv, line 34, column 'label': 'c': expected one of a, b\n  rows\.csv, line 42"
    with pytest.raises(DataError, match=message):
        ready(bad)


def with_typos(table, rows, kind):
    dose = [f"{i}" if i not in rows else f"{i}x" for i in range(len(table))]
    return replace(table, columns={**table.columns, "dose": dose}), {"vitals": Tabular(**kind), "note": Text()}


@pytest.mark.parametrize("kind", [{"columns": ["dose"]}, {"numeric": ["dose"]}])
def test_numbers_with_typos_in_training_are_refused_by_row(table, kind):
    changed, kinds = with_typos(table, (3, 5, 7), kind)
    lines = [f"rows.csv, line {i + 2}, column 'dose': '{i}x': expected a number" for i in (3, 5, 7)]
    with pytest.raises(DataError, match=r"modality 'vitals', column 'dose' .*: 3 problems\n") as error:
        ready(changed, kinds=kinds, transforms={}, on_error="skip")
    assert [line.strip() for line in str(error.value).splitlines()[1:]] == lines


def test_the_first_ten_and_the_count_of_cells_that_are_no_numbers_in_any_split(table):
    changed, kinds = with_typos(table, range(12), {"numeric": ["dose"]})
    with pytest.raises(DataError, match=r"12 problems(\n.*){10}\n.*… and 2 more"):
        ready(changed, kinds=kinds, transforms={})
    changed, kinds = with_typos(table, (31, 33), {"numeric": ["dose"]})
    message = (
        r"2 problems\n  rows\.csv, line 33, .*id row31: column 'dose': expected a number, found '31x'\n  .*line 35"
    )
    with pytest.raises(DecodeError, match=message):
        ready(changed, kinds=kinds, transforms={})


def test_paths_are_refused_in_prediction_too(table):
    data = ready(table)
    new = replace(table.take([40]), columns={"image": ["/etc/passwd"]})
    with pytest.raises(DataError, match="outside the media root"):
        data.predict_loader(new)
    with pytest.raises(PathError):
        data.kinds["image"].decode("/etc/passwd", table.root)


def test_rows_without_any_modality_in_use(table):
    kinds = {"image": Image("image", channels=1)}
    with pytest.raises(DataError, match=r"7 problems\n  rows\.csv, line 2: 'row0': .*in use \(image\).*modality=skip"):
        ready(table, kinds=kinds, transforms={})
    data = ready(table, kinds=kinds, transforms={}, rows_without_modality="skip")
    assert [int(data.rows(split).kept.sum()) for split in ("train", "val", "test")] == [25, 6, 8]
    assert sum(len(batch) for batch in data.train_dataloader()) == 25


def test_modality_that_no_training_row_has(table):
    empty = [None if s == "train" else cell for cell, s in zip(table.columns["image"], table.splits, strict=True)]
    with pytest.raises(DataError, match="modality 'image' is absent in all 30 training rows"):
        ready(replace(table, columns={**table.columns, "image": empty}))


@pytest.mark.parametrize("cache", ["none", "auto"])
@pytest.mark.parametrize("split", ["val", "test"])
def test_a_number_that_is_none_is_refused_at_set_up_in_every_split_however_little_is_kept(cache, split):
    splits = ["train"] * 6 + ["val", "test"]
    cells = ["1", "2", "3", "4", "5", "6", *("high" if name == split else "7" for name in ("val", "test"))]
    table = Table("t.csv", {"dose": cells}, splits, [f"r{i}" for i in range(8)], range(2, 10))
    with pytest.raises(DataError, match=rf"t\.csv, line {8 + (split == 'test')}, column 'dose'.*expected a number"):
        ready(
            table, kinds={"dose": Tabular(numeric=["dose"])}, transforms={}, labels={}, cache=cache, cache_limit_gb=0.0
        )
