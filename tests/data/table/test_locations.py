import pytest

from mmfusion.data.errors import DataError
from mmfusion.data.table.locations import absolute, media_root, table_path


@pytest.fixture
def here(tmp_path, monkeypatch):
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "rows.csv").write_text("a\n1\n")
    (tmp_path / "other.csv").write_text("a\n1\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("root", ["media", None])
def test_a_configs_paths_hold_from_anywhere(here, root, monkeypatch):
    given = {"_target_": "x", "path": "rows.csv" if root else "media/rows.csv", "root": root, "id": None}
    result = absolute(given)
    monkeypatch.chdir("/")
    path = table_path(result["path"], result["root"])
    assert path == here / "media" / "rows.csv"
    assert media_root(result["root"], path) == (here / "media").resolve()
    assert {key: result[key] for key in ("_target_", "id")} == {"_target_": "x", "id": None}
    assert (result["root"] is None) == (root is None)


def test_a_table_beside_the_root_is_found_from_the_working_directory(here):
    result = absolute({"path": "other.csv", "root": "media"})
    assert result == {"path": str(here / "other.csv"), "root": str(here / "media")}


@pytest.mark.parametrize(
    "node",
    [
        {"path": "gone.csv", "root": "nowhere"},
        {"path": "s3://bucket/rows.csv", "root": "s3://bucket/media"},
        {"rows": {"train": 3}, "seed": 0},
        {"path": ["rows.csv"], "root": 3},
    ],
)
def test_what_is_not_there_and_what_is_no_path_stays_as_it_is(here, node):
    assert absolute(node) == node


def test_a_table_by_its_url():
    with pytest.raises(DataError, match=r"data\.path: https://x\.org/rows\.csv is a URL; download the table first"):
        table_path("https://x.org/rows.csv", None)


def test_the_roots_folder(here):
    assert media_root(None, here / "other.csv") == here.resolve()
    assert media_root("s3://bucket/media", here / "other.csv") == "s3://bucket/media"
    with pytest.raises(DataError, match=r"data\.root: there is no folder .*nowhere"):
        media_root("nowhere", here / "other.csv")


def test_a_root_that_fsspec_would_run_is_refused(here):
    with pytest.raises(
        DataError, match=r"data\.root: reference://k::file:///tmp: expected a folder, or a URL of one of"
    ):
        media_root("reference://k::file:///tmp", here / "other.csv")


def test_the_users_own_folder(here, monkeypatch):
    monkeypatch.setenv("HOME", str(here))
    assert table_path("~/other.csv", None) == here / "other.csv"
    assert table_path("rows.csv", "~/media") == here / "media" / "rows.csv"
    assert media_root("~/media", here / "other.csv") == (here / "media").resolve()
    result = absolute({"path": "~/other.csv", "root": "~/media"})
    assert result == {"path": str(here / "other.csv"), "root": str(here / "media")}


def test_a_name_that_begins_with_a_tilde(here):
    (here / "~other.csv").write_text("a\n1\n")
    assert table_path("~other.csv", None).is_file()
