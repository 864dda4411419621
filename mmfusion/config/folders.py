"""Where configs are: mmfusion's own folder, and those of the person who runs it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from mmfusion.config.errors import ConfigError

PACKAGE = Path(__file__).resolve().parents[1]


def own_folder() -> Path:
    """mmfusion's configs: inside the package when installed from a wheel, beside it in a checkout."""
    inside = PACKAGE / "conf"
    return inside if inside.is_dir() else PACKAGE.parent / "conf"


def user_folders(given: Sequence[str | Path] = ()) -> list[Path]:
    """The folders given, then `./conf` of the working directory if there is one; mmfusion's own left out.

    Raises:
        ConfigError: a folder that was given is not there.
    """
    folders = []
    for each in given:
        path = Path(each).expanduser()
        if not path.is_dir():
            raise ConfigError(f"--config-dir: there is no folder {each}")
        folders.append(path.resolve())
    here = Path.cwd() / "conf"
    if here.is_dir():
        folders.append(here.resolve())
    return [path for path in dict.fromkeys(folders) if path != own_folder()]


def groups(folders: Sequence[Path]) -> dict[str, dict[str, Path]]:
    """Each group to its options and their files, over all folders; a name found twice is the first folder's."""
    found: dict[str, dict[str, Path]] = {}
    for folder in folders:
        for parent, names, files in os.walk(folder):
            names.sort()
            group = Path(parent).relative_to(folder).as_posix()
            for name in sorted(files):
                if name.endswith(".yaml") and group != ".":
                    found.setdefault(group, {}).setdefault(name.removesuffix(".yaml"), Path(parent, name))
    return found


def hidden_files(folders: Sequence[Path]) -> list[Path]:
    """Files of later folders that an earlier folder's file of the same name hides."""
    seen: set[str] = set()
    hidden = []
    for folder in folders:
        names = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.yaml"))}
        hidden += [path for name, path in names.items() if name in seen]
        seen |= names.keys()
    return hidden
