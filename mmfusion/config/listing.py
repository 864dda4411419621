"""`mmfusion ls`: what can be chosen, from the files' first lines alone, so that it answers at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from mmfusion.config.errors import ConfigError, suggest
from mmfusion.config.folders import groups, own_folder, user_folders


def listing(group: str | None = None, config_dirs: Sequence[str | Path] = (), width: int | None = None) -> str:
    """Groups, their options and what each is; the options that a plain `mmfusion train` takes are marked with *.

    Only `group` and those below it, if it is given; lines are cut to `width`.

    Raises:
        ConfigError: there is no such group.
    """
    own = own_folder()
    known = groups([own, *user_folders(config_dirs)])
    shown = {name: options for name, options in known.items() if group is None or f"{name}/".startswith(f"{group}/")}
    if not shown:
        raise ConfigError(f"there is no group {group!r}; {suggest(str(group), known, limit=100)}")
    chosen = set(re.findall(r"^ *- (\S+): \[?([\w-]+)", (own / "train.yaml").read_text("utf-8"), re.MULTILINE))
    lines = []
    for name, options in shown.items():
        lines += ["", name]
        column = max(map(len, options)) + 2
        for option, path in options.items():
            mark = "*" if (name, option) in chosen else " "
            place = "" if path.is_relative_to(own) else f" [{path}]"
            lines.append(f" {mark} {option:<{column}}{headline(path)}{place}".rstrip())
    return "\n".join(line if width is None or len(line) <= width else f"{line[: width - 1]}…" for line in lines[1:])


def headline(path: Path) -> str:
    """The comment that says what a config file is: its first one that is not an instruction to Hydra."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            if not line.startswith("#"):
                return ""
            if not line.startswith("# @"):
                return line.lstrip("# ").rstrip()
    return ""
