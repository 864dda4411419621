"""The best that can be expected of a run, where the data knows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence


def flat_ceilings(
    metrics: Mapping[str, float],
    modalities: Sequence[str],
    ceiling: Callable[[frozenset[str]], Mapping[str, Mapping[str, float]]],
) -> dict[str, float]:
    """The best attainable value of each test metric, under the metric's own name, as far as the source knows it.

    Args:
        metrics: measured ones, by name; of no others the ceiling is looked up.
        modalities: what the model sees.
        ceiling: subset of the modalities to task to metric to value.
    """
    ceilings: dict[str, float] = {}
    known: dict[str, Mapping[str, Mapping[str, float]]] = {}
    for name in metrics:
        split, _, rest = name.partition("/")
        task, _, metric = rest.partition("/")
        if split not in known:
            subset = split[split.index("[") + 1 : -1].split("+") if "[" in split else modalities
            known[split] = ceiling(frozenset(subset))
        value = known[split].get(task, {}).get(metric)
        if value is not None:
            ceilings[name] = float(value)
    return ceilings
