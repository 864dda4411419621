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
    """The folders given, which must be there, then `./conf` of the working directory; mmfusion's own left out.

    Raises:
        ConfigError: a folder that was given is not there.
    """
    for folder in given:
        if not Path(folder).expanduser().is_dir():
            raise ConfigError(f"--config-dir: there is no folder {folder}")
    here = Path.cwd() / "conf"
    folders = [Path(folder).expanduser().resolve() for folder in (*given, *([here] if here.is_dir() else []))]
    return [path for path in dict.fromkeys(folders) if path != own_folder()]


def groups(folders: Sequence[Path]) -> dict[str, dict[str, Path]]:
    """Each group to its options and their files, over all folders; a name found twice is the first folder's."""
    options: dict[str, dict[str, Path]] = {}
    for folder in folders:
        for parent, names, files in os.walk(folder):
            names.sort()
            group = Path(parent).relative_to(folder).as_posix()
            for name in sorted(files):
                if name.endswith(".yaml") and group != ".":
                    options.setdefault(group, {}).setdefault(name.removesuffix(".yaml"), Path(parent, name))
    return options


def hidden_files(folders: Sequence[Path]) -> list[Path]:
    """Files of later folders that an earlier folder's file of the same name hides."""
    return [
        path
        for place, folder in enumerate(folders[1:], start=1)
        for path in sorted(folder.rglob("*.yaml"))
        if any((earlier / path.relative_to(folder)).is_file() for earlier in folders[:place])
    ]
