import numpy as np
import polars as pl
import pytest

from mmfusion.data.errors import DataError
from mmfusion.runs.inspect.roles.target_columns import finish
from mmfusion.runs.inspect.steps import start

N = 60


def started(root, tasks=(), ignore=(), **columns):
    table = {name: pl.Series(name, cells, dtype=pl.String) for name, cells in columns.items()}
    return start("t.csv", table, root, tasks, ignore)


def roles(plan):
    return {name: decision.role for name, decision in plan.decisions.items()}


def test_columns_that_say_nothing(tmp_path):
    plan = started(tmp_path, empty=[None] * N, same=["x"] * N, holes=["x", None] * (N // 2), told=["a", "b"] * (N // 2))
    assert roles(plan) == {"empty": "ignored", "same": "ignored", "holes": "ignored", "told": "open"}
    assert plan.decisions["same"].reason == "the same in every row: 'x'"
    assert plan.decisions["holes"].reason.startswith("'x' or empty; if empty means no")
    assert roles(started(tmp_path, tasks=["same"], same=["x"] * N))["same"] == "open"
    assert started(tmp_path, ignore=["a"], a=["x", "y"] * 9).decisions["a"].reason == "as told (--ignore)"


def test_options_that_name_no_column(tmp_path):
    with pytest.raises(DataError, match=r"--ignore: t\.csv has no column 'sexx'; did you mean 'sex'"):
        started(tmp_path, ignore=["sexx"], sex=["f", "m"] * 5)


def test_a_split_with_all_three_is_taken_before_one_that_is_named_better(tmp_path):
    plan = started(tmp_path, split=["train", "test"] * (N // 2), fold=["TRAIN", "dev", "test"] * (N // 3))
    assert roles(plan) == {"split": "ignored", "fold": "split"}
    assert plan.splits == {"TRAIN": "train", "dev": "val", "test": "test"}
    assert plan.decisions["fold"].reason == "its values are the names of splits: train 20, val 20, test 20"


def test_rows_without_a_split_and_splits_without_rows_are_said(tmp_path):
    plan = started(tmp_path, split=["train", "train", None] * (N // 3), other=["a", "b"] * (N // 2))
    assert roles(plan)["split"] != "split"  # training alone is no split
    plan = started(tmp_path, split=["train", "test", None] * (N // 3))
    assert plan.decisions["split"].warning == "20 rows without a split will be refused"
    plan = started(tmp_path, split=["train", "test"] * (N // 2))
    assert plan.decisions["split"].warning == "no rows for val"


def test_words_that_are_no_splits_make_no_split(tmp_path):
    assert roles(started(tmp_path, part=["train", "bus"] * (N // 2)))["part"] == "open"
    assert roles(started(tmp_path, tasks=["part"], part=["train", "test"] * (N // 2)))["part"] == "open"


def test_the_id_is_the_column_that_is_named_like_one(tmp_path):
    plan = started(
        tmp_path,
        code=[f"c{i}" for i in range(N)],
        row_number=[str(i) for i in range(N)],
        id=[f"i{i}" for i in range(N)],
    )
    assert roles(plan) == {"code": "ignored", "row_number": "ignored", "id": "id"}
    assert plan.decisions["id"].reason == "different in every row and named like an id"


def test_without_such_a_name_a_column_of_single_words_will_do(tmp_path):
    plan = started(tmp_path, size=[str(i / 7) for i in range(N)], code=[f"c{i}" for i in range(N)])
    assert roles(plan)["code"] == "id"
    assert roles(plan)["size"] != "id"  # numbers differ without naming anything


def test_an_id_with_holes_is_none(tmp_path):
    assert roles(started(tmp_path, id=[f"i{i}" for i in range(N - 1)] + [None]))["id"] != "id"


def test_media_are_told_of_with_what_is_missing(tmp_path):
    (tmp_path / "a.csv").write_text("x\n1\n")
    plan = started(tmp_path, track=["a.csv", "b.csv"] * (N // 2))
    decision = plan.decisions["track"]
    assert (decision.role, decision.kind) == ("modality", "series")
    assert decision.reason == "paths ending in .csv; 1 of 2 looked for are there"
    assert decision.warning == f"not found: {tmp_path / 'b.csv'}"


@pytest.mark.parametrize("write", ["[{}.1, -{}, 2e-3]", "{}.5 {}.25", "{};{}.5;1.5", "({},{}.25)"])
def test_several_numbers_in_a_cell_are_no_text(tmp_path, write):
    plan = started(tmp_path, v=[write.format(i, 7 * i) for i in range(N)], told=["a", "b"] * (N // 2))
    assert plan.decisions["v"].role == "ignored"
    assert "JSONL, Parquet" in plan.decisions["v"].reason


def test_an_input_by_hand_that_cannot_be_read_as_numbers_is_warned_of(tmp_path):
    table = {"w": pl.Series([f"{i} kg" for i in range(N)]), "told": pl.Series(["a", "b"] * (N // 2))}
    plan = start("rows.csv", table, tmp_path, unreadable={"w": "numbers with other signs"}, inputs=["w"])
    assert plan.decisions["w"].role == "modality"
    assert plan.decisions["w"].warning == "numbers with other signs"


def listed(root, **columns):
    table = {
        name: [np.asarray(cell) if cell and not isinstance(cell[0], str) else cell for cell in cells]
        if isinstance(cells[0], list)
        else pl.Series(name, cells, dtype=pl.String)
        for name, cells in columns.items()
    }
    return finish(start("t.jsonl", table, root), table)


def test_lists_of_measurements_are_never_targets(tmp_path):
    notes = [f"a note of several words {i}" for i in range(N)]
    tags = [[("cat", "dog")[i % 2]] for i in range(N)]
    plan = listed(tmp_path, note=notes, emb=[[i / 7, 0.5] for i in range(N)], tags=tags, none=[[]] * N)
    found = {name: f"{decision.role} {decision.kind}".strip() for name, decision in plan.decisions.items()}
    assert found == {"note": "modality text", "emb": "modality features", "tags": "task multilabel", "none": "ignored"}
    plan = listed(tmp_path, note=notes, label=[[i % 2, 1, 0] for i in range(N)], tags=tags)
    assert plan.decisions["label"].reason.endswith("to predict them, write a column for each")


@pytest.mark.parametrize("write", [str, lambda bits: " ".join(map(str, bits))])
def test_a_0_or_1_for_each_label_in_a_cell_is_no_class(tmp_path, write):
    cells = [write([i % 2, 1, (i // 2) % 2]) for i in range(N)]
    assert started(tmp_path, hot=cells).decisions["hot"].reason.startswith("several numbers in a cell")


def test_a_column_of_numbers_but_for_its_unit_is_no_id(tmp_path):
    plan = started(tmp_path, code=[f"c{i}" for i in range(N)], weight=["kg", *(f"{i / 7:.3f}" for i in range(1, N))])
    assert roles(plan) == {"code": "id", "weight": "ignored"}


def test_a_time_is_no_text(tmp_path):
    plan = started(tmp_path, id=[f"c{i}" for i in range(N)], at=[f"2024-01-02 10:{i:02}:00.000000" for i in range(N)])
    assert plan.decisions["at"].reason.startswith("dates or times")


@pytest.mark.parametrize("first", [0, 1])
def test_a_column_that_counts_the_rows_is_no_input(tmp_path, first):
    plan = started(tmp_path, respondent=[str(first + i) for i in range(N)], year=[str(1900 + i) for i in range(N)])
    assert roles(plan) == {"respondent": "id", "year": "open"}
    plan = started(tmp_path, id=[f"r{i}" for i in range(N)], respondent=[str(first + i) for i in range(N)])
    assert roles(plan) == {"id": "id", "respondent": "ignored"}


def test_a_time_in_every_row_is_ignored_as_one(tmp_path):
    plan = started(tmp_path, id=[f"r{i}" for i in range(N)], took=[f"1:{i:02}:07" for i in range(N)])
    assert plan.decisions["took"].reason.startswith("dates or times")
