"""A few points of a space in which each option, and each end of each range, stands at least once.

Composing and checking their configs finds what is wrong with a key or an option before anything is trained.
"""

from __future__ import annotations

from typing import Any

from mmfusion.config.errors import ConfigError
from mmfusion.sweeps.search.space import SPACE, Entry, Space


def covering(space: Space) -> list[dict[str, Any]]:
    """The points; the first has each key's first option. A key whose conditions never hold is refused.

    Raises:
        ConfigError: the conditions of a key never hold.
    """
    left = {entry.name: list(entry.values.extremes()) for entry in space.entries}
    points = []
    while any(left.values()):
        wanted = next(entry for entry in space.entries if left[entry.name])
        needed = _needed(space, wanted)
        point = space.ask(lambda entry, needed=needed: _pick(entry, left[entry.name], needed))  # type: ignore[misc]
        if wanted.name not in point:
            raise ConfigError(f"{SPACE}.{wanted.name}: its conditions never hold together")
        for name, value in point.items():
            if value in left[name]:
                left[name].remove(value)
        points.append(point)
    return points


def _needed(space: Space, entry: Entry) -> dict[str, list[Any]]:
    """What the keys above must be for this one to be set: their options that its conditions, and theirs, allow."""
    allowed: dict[str, list[Any]] = {}
    for condition in entry.when:
        above = next(other for other in space.entries if other.name == condition.key)
        for key, options in ((condition.key, list(condition.options)), *_needed(space, above).items()):
            allowed[key] = [option for option in allowed.get(key, options) if option in options]
    return allowed


def _pick(entry: Entry, left: list[Any], needed: dict[str, list[Any]]) -> Any:
    """A value that is still to be seen, or else the first one, of those that are needed."""
    values = [*left, *entry.values.extremes()]
    allowed = needed.get(entry.name)
    return next((value for value in values if allowed is None or entry.values.typed(value) in allowed), values[0])
