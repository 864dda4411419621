"""The name of the option that a component was made from."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from mmfusion.report.typed import Typed
from mmfusion.store.run import Run

_TARGET = "_target_"


def option_names(
    section: str, runs: Sequence[Run], flats: Mapping[str, Mapping[str, Any]], said: Mapping[str, Typed]
) -> dict[str, str]:
    """Run's id to the name of its `section`'s component, for the runs that have it.

    The option that was typed. A run that did not type it gets the name which another run typed for the same settings,
    or for the same class if there is one such name; else the class's. Two classes never share a name.
    """
    key = f"{section}.{_TARGET}"
    targets = {run.id: str(flats[run.id][key]) for run in runs if key in flats[run.id]}
    contents = {name: _content(flats[name], section) for name in targets}
    by_content: defaultdict[Any, set[str]] = defaultdict(set)
    by_target: defaultdict[str, set[str]] = defaultdict(set)
    for name, target in targets.items():
        option = said[name].options.get(section)
        if option is not None:
            by_content[contents[name]].add(option)
            by_target[target].add(option)
    found = {}
    for name, target in targets.items():
        names = by_content[contents[name]]
        only = by_target[target] if len(by_target[target]) == 1 else {class_name(target)}
        found[name] = min(names or only)
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for name, option in found.items():
        owners[option].add(targets[name])
    return {name: option if len(owners[option]) == 1 else targets[name] for name, option in found.items()}


def class_name(target: str) -> str:
    """`mmfusion.fusion.gated.Gated` → `gated`; one that is not mmfusion's stays whole."""
    if not target.startswith("mmfusion."):
        return target
    *_, module, last = target.split(".")
    if module.replace("_", "") == last.lower():
        return module
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", last).lower()


def _content(flat: Mapping[str, Any], section: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((key, repr(value)) for key, value in flat.items() if key.startswith(f"{section}.")))
