"""Nodes of a config by their keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def node_at(config: Mapping[str, Any], key: str) -> Any:
    """The mapping at a dotted key, the config itself at ""; None if there is none."""
    node: Any = config
    for part in key.split(".") if key else ():
        node = node.get(part) if isinstance(node, Mapping) else None
    return node if isinstance(node, Mapping) else None
