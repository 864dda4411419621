import numpy as np
import polars as pl
import pytest
import torch

from mmfusion.data.errors import CellsError, DataError, DecodeError
from mmfusion.data.kinds.tabular import Tabular
from mmfusion.data.table.cells import Cells

AGE = ["20", "30", None, "40"]
SEX = ["f", "m", "f", None]


def fitted(cells=None, /, **options):
    kind = Tabular(**(options or {"columns": ["age", "sex"]}))
    kind.fit(Cells(cells or [pl.Series(AGE), pl.Series(SEX)]), None)
    return kind


def test_types_are_found_and_numbers_standardised():
    kind = fitted()
    assert list(kind.scales) == ["age"]
    assert kind.levels == {"sex": {"f": 1, "m": 2}}
    assert kind.for_encoder() == {"numeric": 1, "cardinalities": [3]}
    deviation = np.std([20, 30, 40])
    torch.testing.assert_close(kind.decode(("40", "m"), None), torch.tensor([10 / deviation, 2.0]).float())


def test_empty_number_is_the_mean_and_empty_or_new_level_is_unknown():
    kind = fitted()
    assert kind.decode((None, "f"), None).tolist() == [0.0, 1.0]
    assert kind.decode(("30", None), None).tolist() == [0.0, 0.0]
    assert kind.decode(("30", "x"), None).tolist() == [0.0, 0.0]


def test_numerics_come_before_categories_whatever_the_order_of_columns():
    kind = fitted([pl.Series(SEX), pl.Series(AGE)], columns=["sex", "age"])
    assert kind.decode(("m", "30"), None).tolist() == [0.0, 2.0]


def test_codes_written_as_numbers_can_be_categories():
    kind = fitted([["1", "2", "1"], ["7", "8", "9"]], columns=["x"], categorical=["code"])
    assert kind.levels == {"code": {"7": 1, "8": 2, "9": 3}}


def test_a_level_is_one_level_in_every_type():
    kind = Tabular(categorical=["code"])
    kind.fit(Cells([[1, 2, 3]]), None)
    assert [kind.decode(cell, None).item() for cell in ("2", 2, 2.0, np.float64(2))] == [2.0] * 4


@pytest.mark.parametrize("as_column", [pl.Series, list, lambda x: np.array(x, dtype=object)])
def test_a_whole_table_at_once_equals_row_by_row(as_column):
    kind = fitted()
    cells = Cells([as_column(["25", None, "1e2", " 3.5"]), as_column(["m", "f", None, "new"])])
    whole = kind.decode_all(cells)
    assert whole is not None
    assert torch.equal(whole, torch.stack([kind.decode(cells[i], None) for i in range(4)]))


def test_numeric_columns_of_every_type_agree():
    kind = fitted([pl.Series([1, 2, 3])], numeric=["x"])
    for column in (pl.Series([1.5, None]), np.array([1.5, np.nan]), [1.5, None], pl.Series(["1.5", None])):
        assert kind.decode_all(Cells([column])).flatten().tolist() == [pytest.approx(-0.6123724), 0.0]


def test_what_is_no_number_is_found_row_by_row():
    kind = fitted()
    assert kind.decode_all(Cells([["1", "abc"], ["f", "f"]])) is None
    with pytest.raises(DecodeError, match="column 'age': expected a number, found 'abc'"):
        kind.decode(("abc", "f"), None)
    for cell in ("inf", "1_000", True):
        with pytest.raises(DecodeError, match="expected a"):
            kind.decode((cell, "f"), None)


def test_listed_numeric_column_must_be_numeric():
    with pytest.raises(CellsError, match=r"column 'sex': 'f': expected a number \(3 cells\)") as error:
        fitted([pl.Series(SEX)], numeric=["sex"])
    (refused,) = error.value.refused
    assert list(refused.places) == [0, 1, 2]
    assert "listed under `numeric`" in refused.advice


TYPOS = [str(i) for i in range(18)] + ["1O", None, " 1e3", "n/a"]  # 19 numbers of 21 cells


@pytest.mark.parametrize("as_column", [pl.Series, list, lambda x: np.array(x, dtype=object)])
def test_a_few_cells_that_are_no_numbers_do_not_make_a_column_categorical(as_column):
    with pytest.raises(CellsError, match=r"column 'dose': '1O': expected a number \(2 cells\)") as error:
        fitted([pl.Series(["m"] * 22), as_column(TYPOS)], columns=["sex", "dose"])
    (refused,) = error.value.refused
    assert (list(refused.places), list(refused.values)) == ([18, 21], ["1O", "n/a"])
    assert "90.5% of its training cells" in refused.advice
    assert "`categorical: [dose]`" in refused.advice


def test_all_columns_with_such_cells_are_told_of_at_once():
    with pytest.raises(CellsError) as error:
        fitted([TYPOS, TYPOS], columns=["a"], numeric=["b"])
    assert [refused.column for refused in error.value.refused] == ["a", "b"]


def test_categories_of_which_some_look_like_numbers_stay_categories():
    assert fitted([TYPOS], categorical=["dose"]).levels["dose"]["1O"] > 0
    mixed = ["1", "2", "3", "4", "5", "6", "7", "8", "x", "y"]  # eight of ten: a column of codes
    assert len(fitted([mixed], columns=["code"]).levels["code"]) == 10


def test_column_that_is_always_empty():
    with pytest.raises(DataError, match="column 'sex' is empty in every training row"):
        fitted([["1", "2"], [None, None]])


def test_constant_column_is_zero():
    assert fitted([["5", "5"]], columns=["x"]).decode("5", None).tolist() == [0.0]
    kind = fitted([["0.1"] * 1000], columns=["x"])  # its mean is not 0.1 to the last bit
    assert kind.decode("0.3", None).item() == pytest.approx(0.2)
    assert kind.decode_all(Cells([["0.3"]])).item() == pytest.approx(0.2)


def test_wrong_options():
    with pytest.raises(ValueError, match="columns is empty"):
        Tabular()
    with pytest.raises(ValueError, match="cannot be numeric and categorical at once"):
        Tabular(numeric=["a"], categorical=["a"])


def test_a_number_that_overflows_once_it_is_scaled_is_refused_with_its_column():
    kind = Tabular(["a"])
    kind.fit(Cells([["1e-9", "2e-9"]]), None)
    assert kind.decode_all(Cells([["1e38"]])) is None
    with pytest.raises(DecodeError, match=r"column 'a': 1e\+38 is too far from the training rows' 1\.5e-09"):
        kind.decode("1e38", None)


@pytest.mark.parametrize(
    ("cell", "why"), [("inf", "expected a finite number"), ("1e300", r"expected a number up to 3\.4e\+38 \(float32\)")]
)
def test_a_number_that_cannot_be_used_is_not_called_none(cell, why):
    kind = Tabular(["age"])
    with pytest.raises(CellsError, match=rf"column 'age': '{cell}': {why} \(1 cells\)"):
        kind.fit(Cells([pl.Series(["20"] * 20 + [cell])]), None)
