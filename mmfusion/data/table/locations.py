"""Where a table and its media lie: one answer for training, `init`, prediction, and the config that a run keeps."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from mmfusion.data.decode.paths import check_root, has_scheme, local
from mmfusion.data.errors import DataError
from mmfusion.data.table.read import beside


def table_path(path: str | Path, root: str | None) -> Path:
    """Where the table is: under the media's root if it is there, else as given. A URL is refused.

    Raises:
        DataError: neither; says how to give the root if there is none. A URL: tables are read from this machine.
    """
    if has_scheme(path):
        raise DataError(f"data.path: {path} is a URL; download the table first, the media may stay remote (data.root)")
    table = local(path)
    if root is not None and not has_scheme(root) and (local(root) / table).is_file():
        return local(root) / table
    if root is None and not table.is_absolute() and not table.exists():
        raise DataError(
            f"there is no file {path} in {Path.cwd()}{beside(table)}; if it lies with its media in another folder, "
            "give that as data.root=FOLDER"
        )
    return table


def media_root(root: str | None, path: Path) -> Path | str:
    """Where the media lie: the given folder or URL that is merely fetched from, else the table's own folder.

    Raises:
        DataError: there is no such folder, or the URL is none that merely fetches.
    """
    if root is not None and has_scheme(root):
        check_root(root)
        return str(root)
    folder = (path.parent if root is None else local(root)).resolve()
    if not folder.is_dir():
        raise DataError(f"data.root: there is no folder {folder}")
    return folder


def absolute(data: Mapping[str, Any]) -> dict[str, Any]:
    """A config's `data` node with `path` and `root` as they are found from here, so that they hold from anywhere.

    What is not there, or no path, stays as it was given: reading the data says what is wrong with it.
    """
    path, root = data.get("path"), data.get("root")
    node = dict(data)
    root = root if isinstance(root, str) else None
    if isinstance(path, str):
        with suppress(DataError):
            table = table_path(path, root)
            node["path"] = str(table.absolute()) if table.is_file() else path
    if root is not None and not has_scheme(root) and local(root).is_dir():
        node["root"] = str(local(root).absolute())
    return node
