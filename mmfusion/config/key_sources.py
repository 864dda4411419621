"""Where a key of the composed config was set, for messages; and what files build on one another."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from mmfusion.config.errors import ConfigError
from mmfusion.config.override import Override, parse_overrides

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class KeySources:
    """Finds a key among the overrides, then in the files that were composed.

    `choices` has groups as Hydra names them (`encoder/image@encoder.image`), and `known` their options and files.
    """

    overrides: Sequence[str]
    choices: Mapping[str, str]
    known: Mapping[str, Mapping[str, Path]]
    primary: Path

    def __call__(self, key: str) -> str:
        """`from lr=1 on the command line`, or `conf/trainer/mine.yaml, line 3`; "" if nothing is found."""
        plain = re.sub(r"\[\d+\]", "", key)
        if typed := self.typed(plain):
            return f"from {typed} on the command line"
        if line := self.line(plain):
            return f"{_short(line[0])}, line {line[1]}"
        inside = (o.text for o in reversed(parse_overrides(self.overrides)) if o.key.startswith(f"{plain}."))
        typed = self.typed(plain, of_groups=True) or next(inside, "")
        return f"from {typed} on the command line" if typed else ""

    def typed(self, key: str, of_groups: bool = False) -> str:
        """The last override that sets `key` by its value, or by choosing an option of a group; "" if none does."""
        reversed_ = reversed(parse_overrides(self.overrides))
        return next((o.text for o in reversed_ if (o.group in self.known) == of_groups and o.sets(key)), "")

    def line(self, key: str) -> tuple[Path, int] | None:
        """The file and the line that set `key`; of several, the one composed last."""
        files = (*reversed(self._files()), (self.primary, ""))
        lines = ((path, _lines(path.read_bytes()).get(_inside(package, key))) for path, package in files)
        return next(((path, line) for path, line in lines if line is not None), None)

    def _files(self) -> list[tuple[Path, str]]:
        """The files that were composed, in order, each with the package that its keys belong to."""
        files = []
        for group, option in self.choices.items():
            place = Override.parse(group)
            options = self.known.get(place.group, {})
            names = option.strip("[]").replace("'", "").split(", ")
            for name in [name for name in names if name in options]:
                own = place.package or header(options[name]) or place.key
                files += [(path, own) for path, _ in reversed(list(lineage(options[name], self.known)))]
        return sorted(files, key=lambda file: file[1] == "_global_")  # an experiment comes after the groups it changes


def lineage(path: Path, known: Mapping[str, Mapping[str, Path]]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A file and what it holds, then those of its group that it builds on, the last named first; to read only.

    Raises:
        ConfigError: it is not YAML, or holds something else than keys with values.
    """
    try:
        document = _parsed(path.read_bytes())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
        why = getattr(error, "problem", None) or getattr(error, "reason", None) or " ".join(str(error).split())
        raise ConfigError(f"{path}{where}: not YAML: {why}") from None
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: expected keys with values, found {type(document).__name__}")
    if not isinstance(document.get("defaults", []), list):
        raise ConfigError(f"{path}: defaults: expected a list, found {type(document['defaults']).__name__}")
    yield path, document
    siblings = next((options for options in known.values() if path in options.values()), {})
    for entry in reversed(document.get("defaults", ())):
        parent = siblings.get(entry) if isinstance(entry, str) else None
        if parent is not None and parent != path:
            yield from lineage(parent, known)


@lru_cache(maxsize=1024)
def _parsed(content: bytes) -> dict[str, Any]:
    """A file's content as YAML. The same few files are read many times in one composition."""
    return yaml.load(content, Loader=_LOADER) or {}  # noqa: S506 (a safe loader)


def header(path: Path) -> str:
    """The package that a file's first line names, `# @package _global_` for example."""
    with path.open(encoding="utf-8", errors="replace") as file:
        match = re.match(r"# *@package +(\S+)", file.readline())
    return match[1] if match else ""


def _inside(package: str, key: str) -> str:
    """`key` as a file of this package writes it; "" if the file cannot set it."""
    if package in ("", "_global_"):
        return key
    return key.removeprefix(f"{package}.") if key.startswith(f"{package}.") else ""


@lru_cache(maxsize=1024)
def _lines(content: bytes) -> dict[str, int]:
    """A file's dotted keys to the lines where they stand, those within lists too."""
    lines: dict[str, int] = {}

    def look(node: yaml.Node | None, above: str) -> None:
        for item in node.value if isinstance(node, yaml.SequenceNode) else ():
            look(item, above)
        for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
            lines[f"{above}{key.value}"] = key.start_mark.line + 1
            look(value, f"{above}{key.value}.")

    look(yaml.compose(content, _LOADER), "")
    return lines


def _short(path: Path) -> str:
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
