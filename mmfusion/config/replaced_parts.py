"""What an experiment says about parts that the command line then replaces or leaves out.

`experiment=seed` sets `fusion.activation` for the fusion it was written with. With `fusion=gated` on the command line
that line speaks of a component which is not there any more: it is left out, and a sentence says so. A key that is
wrong for the component it was written for stays, and the check refuses it; so does everything that was typed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from mmfusion.config.errors import ConfigError
from mmfusion.config.key_sources import KeySources, lineage
from mmfusion.config.override import Override, node_at, parse_overrides
from mmfusion.config.schema import Schema, schema_of

_ENTRIES = {
    "modality.dropout": "encoder",
    "fusion.weights": "encoder",
    "loss_weighting.weights": "task",
    "callbacks.monitor.metric": "task",
}
"""Mappings with entries for modalities or tasks, and the section that says which there are."""


def leave_out(config: dict[str, Any], sources: KeySources) -> list[str]:
    """Take out of `config`, in place, what was written for other parts; returns a sentence for each key taken out."""
    return [*_replaced(config, sources), *_left_out(config, sources)]


def _replaced(config: Mapping[str, Any], sources: KeySources) -> Iterator[str]:
    """Arguments of components that another option has replaced."""
    for group, option in sources.choices.items():
        bare, package = Override.parse(group).group, Override.parse(group).key
        node = node_at(config, package) or {}
        schema: Schema | None = None
        with suppress(ConfigError):  # one that is refused, which the check says
            schema = schema_of(node["_target_"], package) if "_target_" in node else None
        if schema is None or schema["additionalProperties"]:
            continue
        for name in [name for name in node if name not in schema["properties"]]:
            key = f"{package}.{name}"
            line = None if sources.typed(key) else sources.line(key)
            if line is None or line[0] == sources.known.get(bare, {}).get(option):
                continue
            written_for = _chosen(line[0], package, sources.known) or _chosen(sources.primary, package, sources.known)
            if written_for is not None and written_for != (bare, option):
                del node[name]
                yield f"{key} is left out: {sources(key)}, sets it for {written_for[1]}, and {option} does not take it"


def _left_out(config: Mapping[str, Any], sources: KeySources) -> Iterator[str]:
    """Entries for modalities and tasks that `~encoder.x` and `~task.x` took out."""
    removed = {override.key for override in parse_overrides(sources.overrides) if override.sign == "~"}
    for place, section in _ENTRIES.items():
        entries = node_at(config, place) or {}
        for entry in list(entries) if not sources.typed(place) else ():
            part = str(entry).split("/")[1] if str(entry).count("/") == 2 else str(entry)
            if f"{section}.{part}" in removed and part not in (node_at(config, section) or {}):
                del entries[entry]
                yield f"{place}: {entry} is left out, as {section}.{part} is"


def _chosen(path: Path, package: str, known: Mapping[str, Mapping[str, Path]]) -> tuple[str, str] | None:
    """The group and option that a file's defaults list, or one that it builds on, chooses for a package."""
    for _, document in lineage(path, known):
        for entry in document.get("defaults", ()):
            for key, option in entry.items() if isinstance(entry, dict) else ():
                place = Override.parse(key.removeprefix("override ").lstrip("/"))
                if place.key == package:
                    return place.group, str(option)
    return None
