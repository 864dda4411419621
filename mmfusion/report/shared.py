"""What the page shows of all runs together, and of each sweep by itself where there are several."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from mmfusion.config.errors import ConfigError
from mmfusion.report.across import across
from mmfusion.store.run import Run

SINGLE = ""
"""Where runs stand that belong to no sweep."""


def shared(
    runs: Sequence[Run],
    metric: str | None = None,
    by: Sequence[str] = (),
    said: Mapping[str, bool] | None = None,
    found: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """`across` of all runs, and under `sweeps` name to `across` of its runs, if there are two sweeps at least.

    What was asked of all runs is asked of a sweep as far as it has such a metric and such keys.

    Raises:
        ConfigError: there is no such metric or key.
    """
    whole = across(runs, metric, by, said, found)
    own: defaultdict[str, list[Run]] = defaultdict(list)
    for run in runs:
        own[SINGLE if run.sweep is None else run.sweep.name].append(run)
    sweeps = {}
    for name, inside in sorted(own.items()) if len(own) > 1 else ():
        searches = [each for each in whole["searches"] if each["sweep"] == name]
        try:
            sweeps[name] = across(inside, metric, by, said, searches)
        except ConfigError:
            sweeps[name] = across(inside, said=said, found=searches)
    return whole | {"sweeps": sweeps}
