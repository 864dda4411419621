"""Where a key of the composed config was set, for messages."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Origin:
    """Finds a key among the overrides, then in the files that were composed.

    Attributes:
        overrides: as typed.
        choices: group (as Hydra names it, `encoder/image@encoder.image`) to the option chosen.
        known: group to its options and their files.
        primary: the top-level file.
    """

    overrides: Sequence[str]
    choices: Mapping[str, str]
    known: Mapping[str, Mapping[str, Path]]
    primary: Path

    def __call__(self, key: str) -> str:
        """`from lr=1 on the command line`, or `conf/trainer/mine.yaml, line 3`; "" if it cannot be told."""
        plain = re.sub(r"\[\d+\]", "", key)
        return self._override(plain, of_groups=False) or self._line(plain) or self._override(plain, of_groups=True)

    def _override(self, key: str, of_groups: bool) -> str:
        for override in reversed(self.overrides):
            name = override.lstrip("+~").split("=")[0]
            if (name.split("@")[0] in self.known) != of_groups:
                continue
            place = name.split("@")[-1].replace("/", ".")
            if f"{key}.".startswith(f"{place}."):
                return f"from {override} on the command line"
        return ""

    def _line(self, key: str) -> str:
        # Files later in the composition win, so they are searched first.
        files = (*reversed(self._files()), self.primary)
        places = [place for path in files for place in _search(path, key)]
        if not places and "." in key:
            # Perhaps its mapping is written in one line, with braces.
            parent, _, last = key.rpartition(".")
            places = [place for path in files for place in _search(path, parent, rf"{{.*\b{re.escape(last)}\b *:")]
        return max(places, default=(0, ""), key=lambda place: place[0])[1]

    def _files(self) -> list[Path]:
        files = []
        for group, option in self.choices.items():
            options = self.known.get(group.split("@")[0], {})
            names = option.strip("[]").replace("'", "").split(", ")
            for name in names:
                if name in options:
                    files += [options[each] for each in _included(options[name]) if each in options]
                    files.append(options[name])
        return files


def _included(path: Path) -> list[str]:
    """Options of the same group that a file's defaults list builds on."""
    return re.findall(r"^ *- ([\w-]+)$", path.read_text(encoding="utf-8"), re.MULTILINE)


def _search(path: Path, key: str, having: str = "") -> list[tuple[int, str]]:
    """The line in a file that sets `key`, with how many of the key's last words lead to it by indentation.

    Args:
        path: the file.
        key: dotted, as in the composed config; the file's own package may take off its first words.
        having: only a line in which this pattern is found.
    """
    words = key.split(".")
    best: tuple[int, str] | None = None
    above: list[tuple[int, str]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        found = re.match(r"( *)([\w.-]+) *:", line)
        if found is None:
            continue
        indent = len(found[1])
        above = [(depth, word) for depth, word in above if depth < indent] + [(indent, found[2])]
        trail = [word for _, word in above]
        fits = re.search(having, line) and len(trail) <= len(words) and trail == words[-len(trail) :]
        if fits and (best is None or len(trail) >= best[0]):
            best = (len(trail), f"{_short(path)}, line {number}")
    return [best] if best else []


def _short(path: Path) -> str:
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
