import pytest

from mmfusion.data.errors import CellsError, DataError, Problems, Refused, shorten


@pytest.mark.parametrize(
    ("file", "unit"),
    [("a.csv", "line"), ("a.TSV", "line"), ("a.jsonl", "line"), ("a.parquet", "row"), ("digits", "row")],
)
def test_text_files_have_lines_and_others_rows(file, unit):
    assert Problems(file).where(7, "image") == f"{file}, {unit} 7, column 'image'"
    assert Problems(file).where(7, None) == f"{file}, {unit} 7"


def test_one_problem_is_one_line():
    problems = Problems("a.csv")
    problems.add(2, "x", None, "an empty cell")
    with pytest.raises(DataError, match=r"^data\.split: a\.csv, line 2, column 'x': None: an empty cell$"):
        problems.raise_if_any("data.split")


def test_long_cells_are_cut():
    assert shorten("x" * 500) == "'" + "x" * 78 + "…"
    assert shorten("short") == "'short'"


def test_refused_cells_are_told_column_by_column():
    error = CellsError([Refused("a", [3, 4], ["x", "y"], "expected a number", ""), Refused("b", [0], [""], "no", "")])
    assert str(error) == "column 'a': 'x': expected a number (2 cells); column 'b': '': no (1 cells)"
