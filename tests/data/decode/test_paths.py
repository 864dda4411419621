import math
import pickle

import fsspec
import numpy as np
import polars as pl
import pytest

from mmfusion.data.decode.paths import PathError, check_root, joined_paths, likely_meant, open_media, resolve_path
from mmfusion.data.errors import DataError


@pytest.fixture
def root(tmp_path):
    (tmp_path / "media" / "sub").mkdir(parents=True)
    (tmp_path / "media" / "sub" / "a.txt").write_bytes(b"inside")
    (tmp_path / "secret.txt").write_bytes(b"outside")
    return tmp_path / "media"


@pytest.mark.parametrize("cell", ["sub/a.txt", "./sub/a.txt", "sub/../sub/a.txt"])
def test_paths_under_the_root(root, cell):
    place = resolve_path(root, cell)
    assert place == root / "sub" / "a.txt"
    with open_media(place) as file:
        assert file.read() == b"inside"


def test_an_absolute_path_under_the_root_is_fine(root):
    assert resolve_path(root, str(root / "sub" / "a.txt")) == root / "sub" / "a.txt"


@pytest.mark.parametrize("cell", ["/etc/passwd", "../secret.txt", "sub/../../secret.txt", "..", ".", "../media-2/a"])
def test_paths_that_leave_the_root(root, cell):
    with pytest.raises(PathError, match="outside the media root"):
        resolve_path(root, cell)


def test_symbolic_links_that_leave_the_root(root):
    (root / "link.txt").symlink_to(root.parent / "secret.txt")
    (root / "folder").symlink_to(root.parent)
    for cell in ("link.txt", "folder/secret.txt"):
        with pytest.raises(PathError, match="outside the media root"):
            resolve_path(root, cell)


@pytest.mark.parametrize("scheme", ["file://", "local://"])
def test_links_are_followed_up_under_a_root_with_a_scheme_of_this_machine(root, scheme, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "secret.txt"
    outside.write_text("x")
    (root / "escape.txt").symlink_to(outside)
    with pytest.raises(PathError, match="outside the media root"):
        resolve_path(f"{scheme}{root}", "escape.txt")


def test_links_that_stay_under_the_root_and_a_root_that_is_one(root):
    (root.parent / "alias").symlink_to(root)
    (root / "link.txt").symlink_to(root / "sub" / "a.txt")
    assert resolve_path(root, "link.txt") == root / "sub" / "a.txt"
    assert resolve_path(root.parent / "alias", "sub/a.txt") == root / "sub" / "a.txt"


@pytest.mark.parametrize("cell", ["https://x.org/a.png", "s3://bucket/a.png", "simplecache::s3://bucket/a.png"])
@pytest.mark.parametrize("remote", [False, True])
def test_urls_are_no_paths(root, cell, remote):
    with pytest.raises(PathError, match=r"a URL, .*download the files first and name them relative to data\.root"):
        resolve_path("memory://bucket/media" if remote else root, cell)


@pytest.mark.parametrize("name", ["50%.txt", "a%20b.txt", "no#1.txt", "what?.txt", "a::b.txt", "a b*[1].txt"])
def test_signs_of_urls_are_part_of_a_local_name(root, name):
    (root / name).write_bytes(b"here")
    for where in (root, f"file://{root}"):
        with open_media(resolve_path(where, name)) as file:
            assert file.read() == b"here"


@pytest.mark.parametrize(
    ("cell", "sign"), [("50%.txt", "%"), ("no#1.txt", "#"), ("a.txt?v=1", r"\?"), ("a::b.txt", "::")]
)
def test_signs_of_urls_are_refused_under_a_remote_root(cell, sign):
    with pytest.raises(
        PathError, match=f"'{sign}' can mean something else under the remote media root memory://b; rename"
    ):
        resolve_path("memory://b", cell)


@pytest.mark.parametrize("cell", ["", 7, None, "a\0b"])
def test_cells_that_are_no_paths(root, cell):
    with pytest.raises(PathError, match="expected a path relative to the media root"):
        resolve_path(root, cell)


def test_no_root():
    with pytest.raises(PathError, match="the table has no media root"):
        resolve_path(None, "a.txt")


def test_remote_roots():
    with fsspec.open("memory://bucket/media/a.txt", "wb") as file:
        file.write(b"remote")
    place = resolve_path("memory://bucket/media/", "sub/../a.txt")
    assert place == "memory://bucket/media/a.txt"
    with open_media(place) as file:
        assert file.read() == b"remote"


@pytest.mark.parametrize("cell", ["../a.txt", "/a.txt", "file:///etc/passwd", "s3://other/a.txt"])
def test_paths_that_leave_a_remote_root(cell):
    with pytest.raises(PathError, match="outside the media root"):
        resolve_path("memory://bucket/media", cell)


def test_missing_files_are_os_errors(root):
    with pytest.raises(FileNotFoundError):
        open_media(resolve_path(root, "sub/b.txt"))
    with pytest.raises(FileNotFoundError):
        open_media("memory://bucket/none.txt")


CHAINED = [
    "reference://k::file:///tmp",
    "reference:///tmp/refs.json",
    "simplecache::s3://bucket/media",
    "s3://bucket::file:///tmp",
    "file://k::reference:///tmp",
    "zip://media::file:///tmp/a.zip",
    "github://me:repo@main/media",
    "S3://bucket",
]


@pytest.mark.parametrize("root", CHAINED)
def test_roots_that_would_do_more_than_fetch_are_never_followed(root, monkeypatch):
    monkeypatch.setattr(fsspec, "open", lambda *_: pytest.fail("opened"))
    with pytest.raises(
        DataError, match=r"data\.root: .*expected a folder, or a URL of one of abfs, .*, s3, .*without '::'"
    ):
        check_root(root)
    with pytest.raises(DataError, match=r"data\.root"):
        resolve_path(root, "a.txt")


@pytest.mark.parametrize(
    "root", ["/data::old", "s3://bucket/media", "https://x.org/a", "hf://datasets/a", "file:///data"]
)
def test_folders_and_plain_transports_are_roots(root):
    check_root(root)


def test_a_path_error_survives_the_way_from_another_process(root):
    with pytest.raises(PathError) as error:
        resolve_path(root, "../secret.txt")
    copy = pickle.loads(pickle.dumps(error.value))
    assert (str(copy), copy.why) == (str(error.value), error.value.why)
    assert str(copy) == f"'../secret.txt': {copy.why}"


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        (r"img\Cat.PNG", "there is 'img/Cat.PNG' (paths take slashes, not backslashes)"),
        ("img/cat.png", "there is 'img/Cat.PNG' (capital and small letters differ)"),
        (
            r"IMG\cat.png",
            "there is 'img/Cat.PNG' (paths take slashes, not backslashes; capital and small letters differ)",
        ),
        ("img/dog.png", ""),
        ("nowhere/Cat.PNG", ""),
        ("img", ""),
        ("img/Cat.PNG", ""),
    ],
)
def test_what_a_path_that_is_not_there_may_mean(tmp_path, cell, hint):
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "Cat.PNG").touch()
    assert likely_meant(tmp_path, cell) == hint
    assert likely_meant(f"file://{tmp_path}", cell) == hint
    assert likely_meant("s3://bucket", cell) == likely_meant(None, cell) == ""


def test_folders_and_files():
    paths = joined_paths([["a", "b/", None, "c"], pl.Series(["1.png", "2.png", "3.png", None])])
    assert paths.to_list() == ["a/1.png", "b/2.png", "3.png", None]


def test_numbers_are_names_of_folders():
    assert joined_paths([[3.0, math.nan], [7, 8], ["1.png", "2.png"]]).to_list() == ["3/7/1.png", "8/2.png"]


def test_arrays_stay_what_they_are():
    array = np.zeros(2)
    assert joined_paths([["a", "b"], [array, "1.npy"]])[0] is array
