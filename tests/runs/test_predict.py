import polars as pl
import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.data.errors import DataError
from mmfusion.runs.predict import predict


@pytest.fixture
def new(tmp_path, toy):
    """Rows without labels; one lacks `a`, one `b` and `c`."""
    path = tmp_path / "new.csv"
    path.write_text("id,a1,a2,a3,b1,b2,c1,c2\nx,1,2,3,4,5,6,7\ny,,,,1,2,3,4\nz,1,2,3,,,,\n")
    return path


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl"])
def test_a_table_in_and_a_table_out(trained, new, tmp_path, suffix):
    out = tmp_path / f"out{suffix}"
    said = predict(trained.folder, new, out)
    read = {".parquet": pl.read_parquet, ".csv": pl.read_csv, ".jsonl": pl.read_ndjson}[suffix](out)
    assert read.columns == said.columns
    assert read["id"].to_list() == ["x", "y", "z"]
    assert said.columns == [
        *("id", "kind", "kind_p", "kind_p_high", "kind_p_low", "kind_p_mid", "level", "flag", "flag_p_yes")
    ]
    assert read["level"].to_list() == pytest.approx(said["level"].to_list())
    assert said["level"].is_finite().all()


def test_other_formats_in(trained, new, tmp_path):
    expected = predict(trained.folder, new)
    table = pl.read_csv(new)
    table.write_parquet(tmp_path / "new.parquet")
    table.write_ndjson(tmp_path / "new.jsonl")
    for name in ("new.parquet", "new.jsonl"):
        assert predict(trained.folder, tmp_path / name)["level"].to_list() == expected["level"].to_list()


def test_a_wrong_suffix_is_found_before_the_work_is_done(trained, tmp_path):
    with pytest.raises(ConfigError, match="expected a name that ends in"):
        predict(trained.folder, tmp_path / "missing.csv", tmp_path / "out.txt")


def test_a_row_with_nothing_is_named(trained, tmp_path):
    path = tmp_path / "new.csv"
    path.write_text("id,a1,a2,a3\nx,1,2,3\ny,,,\n")
    with pytest.raises(DataError, match=r"new\.csv, line 3"):
        predict(trained.folder, path)
