"""Settings and numbers as a person reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import floor, log10
from typing import Any

from mmfusion.report.configs import ABSENT
from mmfusion.report.statistics import Interval

NONE = "–"
_SPLITS = (".train", ".val", ".test")


def short_keys(keys: Sequence[str]) -> dict[str, str]:
    """Key to its last part, where no other key shares it: `optimizer.lr` → `lr`; modalities and tasks stay whole.

    A split's name alone says too little: `data.rows.train` → `rows.train`.
    """
    last = {key: ".".join(key.split(".")[-2 if key.endswith(_SPLITS) else -1 :]) for key in keys}
    last |= {key: key for key in keys if key.startswith(("encoder.", "task.")) and key.count(".") == 1}
    counted = Counter(last.values())
    return {key: name if counted[name] == 1 else key for key, name in last.items()}


def setting(value: Any) -> str:
    """A setting's value; a dash for a key that the config does not have."""
    if value is ABSENT:
        return NONE
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        text = f"{value:.4g}"
        return f"{value:g}" if "e+" in text else text
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {setting(inner)}" for key, inner in value.items()) + "}"
    return "[" + ", ".join(map(setting, value)) + "]" if isinstance(value, list | tuple) else str(value)


def settings_column(values: Sequence[Any]) -> list[str]:
    """Settings beneath each other: no two different numbers look the same, at the price of more digits for all."""
    numbers = {value for value in values if isinstance(value, float)}
    digits = next((n for n in range(4, 17) if len({f"{value:.{n}g}" for value in numbers}) == len(numbers)), 17)
    if digits == 4:
        return [setting(value) for value in values]
    return [f"{value:.{digits}g}" if isinstance(value, float) else setting(value) for value in values]


def label(settings: Mapping[str, Any], limit: int | None = None) -> str:
    """`fusion=gated, lr=0.01`; "all runs" without a setting that differs; beyond `limit` settings, how many more."""
    short = short_keys(list(settings))
    parts = [f"{short[key]}={setting(value)}" for key, value in settings.items()]
    return shortlist(parts, len(parts) if limit is None else limit) or "all runs"


def brief(settings: Mapping[str, Any]) -> str:
    """`gated · lr 0.01`: what a word says by itself needs no key, a number does."""
    short = short_keys(list(settings))
    return " · ".join(
        setting(value) if isinstance(value, str) else f"{short[key]} {setting(value)}"
        for key, value in settings.items()
    )


def decimals(intervals: Sequence[Interval | None]) -> int:
    """How many to print: three for numbers about 1, and enough for the narrowest interval to show, within reason."""
    known = [interval for interval in intervals if interval is not None]
    magnitude = _magnitude([abs(interval.mean) for interval in known])
    places = 2 - magnitude if magnitude < -1 else max(3 - max(magnitude, 0), 0)
    halves = [interval.half for interval in known if interval.half]
    needed = -_magnitude([min(halves)]) if halves else 0
    return min(max(places, min(needed, places + 2)), 9)


def _magnitude(values: Sequence[float]) -> int:
    largest = max(values, default=0.0)
    return floor(log10(largest)) if largest > 0 else 0


def fixed(value: float, places: int) -> str:
    """With so many decimals, and never a negative zero."""
    text = f"{value:.{places}f}"
    return text.lstrip("-") if float(text) == 0 else text


def plus_minus(interval: Interval | None, places: int) -> str:
    """`0.912 ± 0.011`, without an interval the mean alone."""
    if interval is None:
        return NONE
    half = "" if interval.half is None else f" ± {fixed(interval.half, places)}"
    return fixed(interval.mean, places) + half


def p_value(p: float | None) -> str:
    """`0.012`, `< 0.001`."""
    if p is None:
        return NONE
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def effect(value: float | None) -> str:
    """`0.14`, `5.3`, `> 100`: a difference in standard deviations."""
    if value is None:
        return NONE
    return "> 100" if value > 100 else f"{value:.{2 if value < 1 else 1 if value < 10 else 0}f}"


def sureness(p: float, size: float | None) -> str:
    """`p = 0.012, d = 3.1`: how sure a difference is, and how large beside what another seed changes."""
    text = p_value(p)
    text = f"p {text}" if text.startswith("<") else f"p = {text}"
    return text if size is None else f"{text}, d {'' if size > 100 else '= '}{effect(size)}"


def seconds(value: float) -> str:
    """`850 ms`, `3.2 s`, `49 s`, `12 min`, `3.4 h`."""
    if value < 1:
        return f"{1000 * value:.3g} ms"
    if value < 120:
        return f"{value:.{1 if value < 10 else 0}f} s"
    return f"{value / 60:.0f} min" if value < 7200 else f"{value / 3600:.1f} h"


def count(value: float) -> str:
    """`795 k`, `12.3 M`."""
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.0f}"


def size(value: float) -> str:
    """Bytes: `512 MiB`, `1.3 GiB`."""
    return f"{value / 2**30:.1f} GiB" if value >= 2**30 else f"{value / 2**20:.0f} MiB"


def shortlist(names: Sequence[str], most: int) -> str:
    """`a, b and 3 more`."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def many(n: int, what: str) -> str:
    """`1 seed`, `5 seeds`."""
    return f"{n} {what}" + ("" if n == 1 else "s")


def joined(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
