"""Where a result comes from: code, packages, machine, command, data."""

from __future__ import annotations

import hashlib
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from torch import Tensor

import mmfusion
from mmfusion.data.table.table import Table
from mmfusion.hardware import hardware
from mmfusion.store.owner import identity

LONGEST_DIFF = 1_000_000  # characters


def provenance(config: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """All but the data's fingerprint, which is known later."""
    here, package = Path.cwd(), Path(mmfusion.__file__).parent
    code = {"mmfusion": git_state(package), "working_directory": git_state(here)}
    if code["working_directory"] == code["mmfusion"]:
        code["working_directory"] = None
    return {
        "command": [sys.executable, *sys.argv],
        "overrides": list(overrides),
        "working_directory": str(here),
        "seed": config["seed"],
        "mmfusion": mmfusion.__version__,
        "python": platform.python_version(),
        "git": code,
        "hardware": hardware(),
        "process": identity(),
        "packages": packages(),
    }


@cache
def packages() -> Mapping[str, str]:
    """Every installed distribution and its version, as this process first saw them.

    Asking a distribution for its name or version parses all of its metadata, hence once for both.
    """
    about = (distribution.metadata for distribution in distributions())
    versions = {str(metadata["Name"]): str(metadata["Version"]) for metadata in about if metadata["Name"]}
    return {name: versions[name] for name in sorted(versions, key=str.lower)}


def git_state(folder: Path) -> dict[str, Any] | None:
    """Commit, diff against it and untracked files of the repository that `folder` lies in; None outside of one."""
    root = _git(folder, "rev-parse", "--show-toplevel")
    # An environment inside of somebody's repository says nothing about this code.
    if root is None or _git(folder, "ls-files", "--error-unmatch", ".") is None:
        return None
    diff = _git(folder, "diff", "HEAD") or ""
    untracked = (_git(folder, "ls-files", "--others", "--exclude-standard", "--full-name", ":/") or "").splitlines()
    return {
        "root": root,
        "commit": _git(folder, "rev-parse", "HEAD"),
        "branch": _git(folder, "rev-parse", "--abbrev-ref", "HEAD"),
        "clean": not diff and not untracked,
        "diff": diff[:LONGEST_DIFF],
        "diff_is_cut": len(diff) > LONGEST_DIFF,
        "untracked": untracked[:1000],
    }


def fingerprint(table: Table) -> dict[str, Any]:
    """Hash of ids and all cells (`table`), of those and the splits (`hash`), and how many rows each split has.

    A cell that is a path counts as that path: files are not read, so a picture that was changed under the same name
    is not noticed.
    """
    whole = hashlib.blake2b(digest_size=16)
    for name, cells in (("ids", table.ids), *sorted(table.columns.items())):
        whole.update(repr((name, len(cells))).encode())
        _feed(whole, cells)
    contents = whole.hexdigest()
    _feed(whole, table.splits)
    splits = dict(sorted((split, len(table.where(split))) for split in set(table.splits)))
    about = {"name": table.name, "root": table.root, "rows": len(table), "splits": splits}
    return about | {"table": contents, "hash": whole.hexdigest()}


def _feed(whole: Any, cells: Any) -> None:
    if isinstance(cells, pl.Series):
        if not cells.dtype.is_nested():
            # All at once: a manifest may have a million rows.
            whole.update("\0".join(cells.cast(pl.String).fill_null("\1").to_list()).encode())
            return
        cells = cells.to_list()
    cells = cells.numpy(force=True) if isinstance(cells, Tensor) else cells
    if isinstance(cells, np.ndarray) and cells.dtype != object:
        whole.update(repr((cells.dtype.str, cells.shape)).encode())
        whole.update(np.ascontiguousarray(cells).tobytes())
        return
    for cell in cells:
        if isinstance(cell, np.ndarray | Tensor):
            _feed(whole, cell)
        else:
            whole.update(f"{cell!r}\0".encode())


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603  # fixed arguments, no shell
            ["git", "-C", str(folder), *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            errors="replace",
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
