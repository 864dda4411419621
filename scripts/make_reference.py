"""Write docs/reference.md: every option with its default, straight from conf/ and from the code (`make docs`)."""

from __future__ import annotations

import inspect
import json
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import mmfusion.data.kinds
import mmfusion.data.transforms
from mmfusion.config.folders import groups, own_folder

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference.md"
HEADER = """\
# Reference: every option

Written by `make docs` from `conf/` and the code; do not edit. `mmfusion ls` prints the groups in a terminal, and
`mmfusion train --cfg job [overrides]` the whole config that a command would run with.
"""
KINDS = """\
## Kinds of modality

Options of `data.modalities.<name>`, beside its `kind` and its `transforms`: `data.modalities.note.min_count=2`.
"""
TRANSFORMS = """\
## Transforms

Entries of `data.modalities.<name>.transforms.train` and `.eval`, each with its `_target_` ([how](data.md#transforms)).
"""


def page() -> str:
    """The page as text."""
    parts = [HEADER, "## The config as a whole\n", _block(own_folder() / "train.yaml")]
    for group, options in sorted(groups([own_folder()]).items()):
        if not group:
            continue
        parts.append(f"## {group}\n")
        for option, path in sorted(options.items()):
            parts += [f"### `{group}={option}`\n", _block(path)]
    parts.append(KINDS)
    for kind, component in _components(mmfusion.data.kinds.__name__, mmfusion.data.kinds.__path__):
        parts += [f"### `kind: {kind}`\n", _table(component)]
    parts.append(TRANSFORMS)
    for _, component in _components(mmfusion.data.transforms.__name__, mmfusion.data.transforms.__path__):
        parts += [f"### `{component.__module__}.{component.__name__}`\n", _table(component)]
    return "\n".join(parts)


def _block(path: Path) -> str:
    return f"```yaml\n{path.read_text().strip()}\n```\n"


def _components(package: str, folders: list[str]) -> Iterator[tuple[str, type]]:
    """Each public module of a package, with the class that its name stands for."""
    for name in sorted(each.name for each in pkgutil.iter_modules(folders) if not each.name.startswith("_")):
        yield name, getattr(import_module(f"{package}.{name}"), name.title().replace("_", ""))


def _table(component: type) -> str:
    """What it is, in its first paragraph, and its options; KeyError for one that its docstring does not explain."""
    text = inspect.getdoc(component) or ""
    lines = dict(_explained(text.partition("\nArgs:\n")[2]))
    rows = [f"| `{name}` | {_default(each)} | {lines[name]} |" for name, each in _parameters(component).items()]
    about = _of_yaml(" ".join(text.partition("\n\n")[0].split()))
    return "\n".join([about, "", *(["| option | default | |", "|---|---|---|", *rows, ""] if rows else [])])


def _parameters(component: type) -> dict[str, inspect.Parameter]:
    """The constructor's, but for `self`; none of a class that has no constructor of its own."""
    if component.__init__ is object.__init__:  # type: ignore[misc]
        return {}
    return dict(inspect.signature(component).parameters)


def _explained(arguments: str) -> Iterator[tuple[str, str]]:
    """Name and sentence of each entry of a docstring's `Args`."""
    for name, text in re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", arguments.partition("\n\n")[0], re.MULTILINE):
        yield name, _of_yaml(" ".join(text.split())).replace("|", r"\|")


def _default(parameter: inspect.Parameter) -> str:
    if parameter.default is inspect.Parameter.empty:
        return "must be given"
    value = parameter.default
    return "`" + (value if isinstance(value, str) else json.dumps(value)).replace("|", r"\|") + "`"


def _of_yaml(text: str) -> str:
    """Python's None, True and False as a config writes them."""
    return re.sub(r"\b(None|True|False)\b", lambda found: {"None": "null"}.get(found[0], found[0].lower()), text)


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page())
    print(f"{PAGE.name}: {len(page().splitlines())} lines")
