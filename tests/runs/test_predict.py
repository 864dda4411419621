from dataclasses import replace

import polars as pl
import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.data.errors import DataError
from mmfusion.data.kinds.image import Image
from mmfusion.data.kinds.tabular import Tabular
from mmfusion.data.table.cells import Cells
from mmfusion.data.table.table import Table
from mmfusion.runs.predict import check_media, predict


@pytest.fixture
def new(tmp_path, conf_dir):
    """Rows without labels; one lacks `a`, one `b` and `c`."""
    path = tmp_path / "new.csv"
    path.write_text("id,a1,a2,a3,b1,b2,c1,c2\nx,1,2,3,4,5,6,7\ny,,,,1,2,3,4\nz,1,2,3,,,,\n")
    return path


def test_a_table_in_and_a_table_out_in_any_format(trained, new, tmp_path):
    predicted = predict(trained.path, new)
    assert predicted.columns == [
        *("id", "kind", "kind_p", "kind_p_high", "kind_p_low", "kind_p_mid", "level", "flag", "flag_p_yes")
    ]
    assert predicted["id"].to_list() == ["x", "y", "z"]
    assert predicted["level"].is_finite().all()
    table = pl.read_csv(new)
    table.write_parquet(tmp_path / "new.parquet")
    table.write_ndjson(tmp_path / "new.jsonl")
    for name in ("new.parquet", "new.jsonl"):
        assert predict(trained.path, tmp_path / name, tmp_path / "out.csv").equals(predicted)
        assert pl.read_csv(tmp_path / "out.csv")["level"].to_list() == pytest.approx(predicted["level"].to_list())


def test_a_wrong_suffix_is_found_before_the_work_is_done(trained, tmp_path):
    with pytest.raises(ConfigError, match="expected a name that ends in"):
        predict(trained.path, tmp_path / "missing.csv", tmp_path / "out.txt")


def test_a_row_with_nothing_is_named(trained, tmp_path):
    path = tmp_path / "new.csv"
    path.write_text("id,a1,a2,a3\nx,1,2,3\ny,,,\n")
    with pytest.raises(DataError, match=r"new\.csv, line 3"):
        predict(trained.path, path)


def german(text: str) -> str:
    """A table with semicolons and decimal commas."""
    return text.replace(",", ";").replace(".", ",")


POINTS = "id,a1,a2,a3,b1,b2,c1,c2\nx,1.5,2,3,4,5,6.25,7\ny,,,,1,2.5,3,4\nz,1,2.125,3,,,,\n"


@pytest.mark.parametrize("spelt", [german, lambda text: "sep=;\n" + german(text), lambda text: text.replace(",", "|")])
def test_a_table_that_is_written_in_another_way(trained, tmp_path, caplog, spelt):
    (tmp_path / "points.csv").write_text(POINTS)
    (tmp_path / "other.csv").write_text(spelt(POINTS))
    expected = predict(trained.path, tmp_path / "points.csv")
    assert not caplog.records
    assert predict(trained.path, tmp_path / "other.csv").equals(expected)
    assert "other.csv: fields are separated by" in caplog.text


def test_what_a_file_does_not_show_can_be_said(trained, tmp_path):
    (tmp_path / "points.csv").write_text(POINTS)
    expected = predict(trained.path, tmp_path / "points.csv").drop("id")
    (tmp_path / "other.data").write_text(
        german(POINTS).replace(";;", ";-;").replace(";;", ";-;").replace("id;", "name;")
    )
    overrides = ["data.format=csv", "data.delimiter=;", "data.decimal=,", "data.empty=['', '-']", "data.id=name"]
    found = predict(trained.path, tmp_path / "other.data", overrides=overrides)
    assert found["id"].to_list() == ["x", "y", "z"]
    assert found.drop("id").equals(expected)
    with pytest.raises(ConfigError, match=r"override 'data\.delimeter=;': .* did you mean 'data\.delimiter'\?"):
        predict(trained.path, tmp_path / "other.data", overrides=["data.delimeter=;"])
    with pytest.raises(ConfigError, match=r"--root a and data\.root=b: give one of them"):
        predict(trained.path, tmp_path / "other.data", root="a", overrides=["data.root=b"])


def table_of(tmp_path, *cells):
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "1.png").touch()
    numbers = list(range(2, 2 + len(cells)))
    return Table(
        "new.csv", {"photo": pl.Series(cells)}, ["predict"] * len(cells), list(map(str, numbers)), numbers, tmp_path
    )


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("1.png", r"new\.csv, column 'photo': no file '1\.png' under .*; give the folder .* as --root DIR"),
        (r"img\1.png", r"there is 'img/1\.png' \(paths take slashes"),
        ("/home/me/1.png", r"no file .*as --root DIR"),
        ("/home/me/img/1.png", r"no file .*there is 'img/1\.png': paths start from the media root"),
        (r"C:\data\img\1.png", r"no file .*there is 'img/1\.png': paths start from the media root"),
    ],
)
def test_media_of_which_none_is_there_ask_for_their_root(tmp_path, cell, message):
    table = table_of(tmp_path, cell)
    with pytest.raises(DataError, match=message):
        check_media(table, {"photo": Image(size=[8, 8])})
    if cell == "1.png":
        check_media(replace(table, root=tmp_path / "img"), {"photo": Image(column="photo")})


def test_media_that_are_there_in_part_are_listed_with_the_root_to_give(tmp_path):
    table = table_of(tmp_path, "img/1.png", "old/2.png", None, "old/3.png")
    with pytest.raises(DataError, match=r"1 of 3 files are there; give the folder .* as --root DIR, or empty") as error:
        check_media(table, {"photo": Image(size=[8, 8])})
    assert "new.csv, line 3, column 'photo': 'old/2.png': no such file under" in str(error.value)
    assert "line 5" in str(error.value)
    check_media(table, {"photo": Image(size=[8, 8])}, may_lack=True)


def test_levels_that_training_never_saw_are_counted(caplog):
    kind = Tabular(categorical=["city", "ward"])
    kind.load_state({"numeric": {}, "levels": {"city": ["oslo", "rome"], "ward": ["1", "2"]}})
    city = pl.Series(["oslo", "bonn", None, "bonn", "lima"])
    assert kind.unseen(Cells([city, pl.Series([1.0, 2.0, 1.0, None, 3.0])])) == (
        "3 cells of 'city' with 2 levels ('bonn', 'lima'), 1 cells of 'ward' with 1 levels ('3.0')"
    )
    assert kind.unseen(Cells([pl.Series(["oslo"]), pl.Series(["2"])])) == ""


def test_numbers_nowhere_near_training_are_counted():
    kind = Tabular(numeric=["dose", "age"])
    kind.load_state({"numeric": {"dose": [5.0, 3.0], "age": [40.0, 9.0]}, "levels": {}})
    age = pl.Series([30.0, 50.0, None])
    assert kind.far(Cells([pl.Series(["1234", "4.5", "2345"]), age])) == (
        "2 cells of 'dose', such as 1234 (training has 5 ± 3)"
    )
    assert kind.far(Cells([pl.Series(["30", None, "-9"]), age])) == ""
