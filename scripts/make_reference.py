"""Write docs/reference.md: every option with its default, straight from conf/ and from the code (`make docs`)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmfusion.config.folders import groups, own_folder
from mmfusion.config.schema import config_schema, own_components

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference.md"
_ALL_KINDS = ("_target_", "kind", "transforms")  # what every kind has
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
    components = config_schema()["$defs"]
    for kind, target in sorted(own_components("kind").items()):
        parts += [f"### `kind: {kind}`\n", _table(components[target])]
    parts.append(TRANSFORMS)
    for target in sorted(own_components("transform").values()):
        parts += [f"### `{target}`\n", _table(components[target])]
    return "\n".join(parts)


def _block(path: Path) -> str:
    return f"```yaml\n{path.read_text().strip()}\n```\n"


def _table(component: Mapping[str, Any]) -> str:
    """What it is and its options; KeyError for one that its docstring does not explain."""
    options = {name: node for name, node in component["properties"].items() if name not in _ALL_KINDS}
    texts = {name: node["description"] for name, node in options.items() if "description" in node}
    rows = [
        f"| `{name}` | {_default(node, name in component['x-required'])} | {_cell(texts[name])} |"
        for name, node in options.items()
    ]
    about = _of_yaml(component["description"])
    return "\n".join([about, "", *(["| option | default | |", "|---|---|---|", *rows, ""] if rows else [])])


def _default(node: Mapping[str, Any], is_required: bool) -> str:
    if is_required:
        return "must be given"
    value = node["default"]
    return "`" + (value if isinstance(value, str) else json.dumps(value)).replace("|", r"\|") + "`"


def _cell(text: str) -> str:
    return _of_yaml(text).replace("|", r"\|")


def _of_yaml(text: str) -> str:
    """Python's None, True and False as a config writes them."""
    return re.sub(r"\b(None|True|False)\b", lambda found: {"None": "null"}.get(found[0], found[0].lower()), text)


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page())
    print(f"{PAGE.name}: {len(page().splitlines())} lines")
