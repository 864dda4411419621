"""A few points of a space in which each option, and each end of each range, stands at least once.

Composing and checking their configs finds what is wrong with a key or an option before anything is trained.
"""

from __future__ import annotations

from typing import Any

from mmfusion.config.errors import ConfigError
from mmfusion.sweeps.search.space import SPACE, Entry, Space


def covering(space: Space) -> list[dict[str, Any]]:
    """The points; the first has each key's first option.

    Raises:
        ConfigError: the conditions of a key never hold.
    """
    left = {entry.name: list(entry.values.extremes()) for entry in space.entries}
    points = []
    while any(left.values()):
        before = sum(map(len, left.values()))
        point = space.ask(lambda entry: _pick(space, entry, left))
        for name, value in point.items():
            if value in left[name]:
                left[name].remove(value)
        if sum(map(len, left.values())) == before:
            name = next(name for name, values in left.items() if values)
            raise ConfigError(f"{SPACE}.{name}: its conditions never hold together")
        points.append(point)
    return points


def _pick(space: Space, entry: Entry, left: dict[str, list[Any]]) -> Any:
    """A value that is still to be seen; else one that lets a key be set of which some are."""
    if left[entry.name]:
        return left[entry.name][0]
    for child in space.entries:
        for condition in child.when:
            if condition.key == entry.name and _wanted(space, child, left):
                return next(v for v in entry.values.extremes() if entry.values.typed(v) in condition.options)
    return entry.values.extremes()[0]


def _wanted(space: Space, entry: Entry, left: dict[str, list[Any]]) -> bool:
    """Whether a value of it, or of a key that depends on it, is still to be seen."""
    below = [child for child in space.entries if any(each.key == entry.name for each in child.when)]
    return bool(left[entry.name]) or any(_wanted(space, child, left) for child in below)
