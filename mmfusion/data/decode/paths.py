"""Media paths: under the table's root or not at all; local folders and fsspec URLs alike. Needs no torch."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import polars as pl

from mmfusion.data.errors import DataError, shorten

Place = Path | str
"""A local path, or an fsspec URL such as `s3://bucket/folder`."""

Root = Place | None
"""What paths are relative to; None for a table whose cells are no paths."""

TRANSPORTS = (
    "abfs", "abfss", "adl", "az", "file", "ftp", "gcs", "gs", "hdfs", "hf", "http", "https", "local", "memory", "s3",
    "s3a", "sftp", "ssh", "webhdfs",
)  # fmt: skip
"""Protocols of a media root. They fetch bytes; others of fsspec run what a file says, or unpack it, or chain."""

_REMOTE_SIGNS = ("::", "?", "#", "%")
"""What fsspec and its file systems may read as something else than a part of a file's name."""


class PathError(DataError):
    """A media path that leaves the root; no policy for broken media ever skips it.

    Args:
        cell: what the table says, as messages show it; or the whole message, which is how another process sends it.
        why: what is wrong with it.
    """

    def __init__(self, cell: str, why: str = "") -> None:
        self.why = why
        super().__init__(f"{cell}: {why}" if why else cell)


def local(path: Path | str) -> Path:
    """A path of this machine; `~` before its first slash is the user's own folder, as in a shell.

    `data.path=~/x.csv` and `--root=~/y` reach Python as they were typed. A name that merely begins with `~` stays.
    """
    return Path(os.path.expanduser(path))  # noqa: PTH111 - pathlib's raises where there is no such user


def has_scheme(place: Place) -> bool:
    """Whether a place is written as a URL: `https://…`, `s3://…`, `file://…`."""
    return isinstance(place, str) and "://" in place


def check_root(root: Place) -> None:
    """Refuse a media root that fsspec would not merely fetch from: a chain (`a::b`), or a protocol of another use."""
    if not has_scheme(root):
        return
    protocol, _, rest = str(root).partition("://")
    if protocol not in TRANSPORTS or "::" in rest:
        raise DataError(
            f"data.root: {root}: expected a folder, or a URL of one of {', '.join(TRANSPORTS)}, without '::'; anything "
            "else may run code from what it reads. Download the media, or unpack them, and give their folder"
        )


def resolve_path(root: Place | None, cell: Any) -> Place:
    """The place under the root that a cell names, after `..` and symbolic links.

    An absolute path is accepted only if it lies under the root. Under a local root every character of it is a part of
    a file's name, `%`, `#` and `?` too.

    Raises:
        PathError: the place lies outside the root, the cell is no path, or a URL, or under a remote root a name that
            could mean something in a URL.
        DataError: the root is of a kind that is never followed.
    """
    if not isinstance(cell, str | Path) or not str(cell) or "\0" in str(cell):
        raise PathError(shorten(cell), "expected a path relative to the media root")
    if root is None:
        raise PathError(shorten(str(cell)), "the table has no media root, so its cells cannot be paths")
    if has_scheme(cell):
        raise PathError(
            shorten(str(cell)),
            f"a URL, and outside the media root {root}; download the files first and name them relative to data.root",
        )
    check_root(root)
    if is_remote(root):
        return _resolve_remote(root, str(cell))
    return _resolve_local(str(root).removeprefix("file://").removeprefix("local://"), str(cell))


def is_remote(place: Place) -> bool:
    """Whether a place is an fsspec URL; those of this machine's own files are not, so that links are followed up."""
    return isinstance(place, str) and has_scheme(place) and not place.startswith(("file://", "local://"))


def open_media(place: Place) -> BinaryIO:
    """The file as a seekable stream; a remote one is fetched whole.

    Raises:
        OSError: it is missing or cannot be read.
    """
    if not is_remote(place):
        return open(place, "rb")  # noqa: PTH123 - the caller closes it; twice as fast as Path.open
    import fsspec

    with fsspec.open(str(place), "rb") as file:
        return BytesIO(file.read())


def likely_meant(root: Place | None, cell: str) -> str:
    """What to say of a path under which there is no file, if one is there that differs in case or slashes alone, or in
    what an absolute path of another machine begins with.
    """
    if root is None or is_remote(root):
        return ""
    base = Path(str(root).removeprefix("file://").removeprefix("local://"))
    slashes = cell.replace("\\", "/")
    absolute = re.match(r"[A-Za-z]:/|/", slashes)
    if absolute is None:
        return _same_but_for_its_spelling(base, cell, slashes)
    parts = PurePosixPath(slashes[absolute.end() :]).parts
    tails = ("/".join(parts[first:]) for first in range(len(parts)))
    there = next((tail for tail in tails if ".." not in parts and (base / tail).is_file()), None)
    return f"there is {there!r}: paths start from the media root" if there else ""


def _same_but_for_its_spelling(base: Path, cell: str, slashes: str) -> str:
    spelled, place = [], base
    for part in PurePosixPath(slashes).parts:
        name = part if part in (".", "..") else _names(place).get(part.casefold())
        if name is None:
            return ""
        place /= part if (place / part).exists() else name
        spelled.append(place.name if part not in (".", "..") else part)
    there = "/".join(spelled)
    if not place.is_file() or there == cell:
        return ""
    why = ["paths take slashes, not backslashes"] if slashes != cell else []
    why += ["capital and small letters differ"] if there != posixpath.normpath(slashes) else []
    return f"there is {there!r} ({'; '.join(why)})"


@lru_cache(maxsize=64)
def _names(folder: Path) -> dict[str, str]:
    """The names in a folder, by themselves in small letters."""
    try:
        return {entry.name.casefold(): entry.name for entry in os.scandir(folder)}
    except OSError:
        return {}


@lru_cache(maxsize=32768)  # a path is checked at set-up, and again when it is read
def _resolve_local(root: str, cell: str) -> Path:
    base = _real(root)
    path = os.path.normpath(os.path.join(base, cell))  # noqa: PTH118 - ten times as fast as pathlib, once a medium
    folder, name = os.path.split(path)
    target = os.path.join(_real(folder), name)  # noqa: PTH118
    if os.path.islink(target):  # noqa: PTH114
        target = os.path.realpath(target)
    if not target.startswith(base.rstrip(os.sep) + os.sep):
        raise PathError(shorten(cell), f"leads to {target}, outside the media root {root}")
    return Path(target)


@lru_cache(maxsize=65536)
def _real(folder: str) -> str:
    return os.path.realpath(folder)


def _resolve_remote(root: Place, cell: str) -> str:
    path = posixpath.normpath(cell)
    if path == ".." or path.startswith(("/", "../")):
        raise PathError(shorten(cell), f"leads outside the media root {root}")
    sign = next((sign for sign in _REMOTE_SIGNS if sign in cell), None)
    if sign is not None:
        raise PathError(
            shorten(cell),
            f"{sign!r} can mean something else under the remote media root {root}; rename the file, or download the "
            "media and give their folder as data.root",
        )
    return f"{str(root).rstrip('/')}/{path}"


def joined_paths(columns: Sequence[Iterable[Any]]) -> Any:
    """Folders and, last, files as one column of paths.

    A row without a file has no path; an empty folder is left out, and one that came back as 3.0 is `3`. Cells of the
    last column that are no names (arrays) stay as they are.

    Example:
        >>> joined_paths([["a", "b"], ["1.png", None]]).to_list()
        ['a/1.png', None]
    """
    paths = [_joined(cells) for cells in zip(*columns, strict=True)]
    names = all(path is None or isinstance(path, str) for path in paths)
    return pl.Series(paths, dtype=pl.String) if names else paths


def _joined(cells: Sequence[Any]) -> Any:
    if not isinstance(cells[-1], str | int | float):
        return cells[-1]
    parts = [_name(cell) for cell in cells]
    return "/".join([*(part.rstrip("/") for part in parts[:-1] if part), parts[-1]]) if parts[-1] else None


def _name(cell: Any) -> str | None:
    if cell is None or cell != cell:  # NaN
        return None
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def path_columns(column: str | Sequence[str] | None) -> list[str]:
    """The columns of a kind that reads files: one of paths, or folders' and files' that make up a path; none given."""
    return [column] if isinstance(column, str) else list(column or ())
