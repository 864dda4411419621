"""What a run took."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mmfusion.config.override import node_at
from mmfusion.report.formatting import count, seconds, size
from mmfusion.report.statistics import means
from mmfusion.store.run import Run

COSTS: dict[str, tuple[str, Callable[[float], str]]] = {
    "seconds": ("time", seconds),
    "parameters": ("param.", count),
    "memory_bytes": ("memory", size),
    "step_seconds": ("step", seconds),
}
"""What is known of a run's cost: a table's title for it, and how a person reads it."""


def costs(run: Run) -> dict[str, float]:
    """Of `COSTS`, what is known.

    `memory_bytes` is the peak on the GPU, or in the machine's memory if there was none. `step_seconds` is the time of
    one batch forward and backward, from the rows a second of all of training.
    """
    known = {
        "seconds": run.seconds,
        "parameters": run.cost.get("parameters"),
        "memory_bytes": run.cost.get("peak_gpu_memory_bytes") or run.cost.get("peak_memory_bytes"),
        "step_seconds": _step(run.cost, run.config),
    }
    return {name: float(value) for name, value in known.items() if isinstance(value, int | float)}


def mean_costs(runs: Sequence[Run]) -> dict[str, float]:
    """The means over the runs of which a cost is known."""
    return means(pair for run in runs for pair in costs(run).items())


def _step(cost: Mapping[str, Any], config: Mapping[str, Any]) -> float | None:
    rate = cost.get("rows_per_second")
    batch = (node_at(config, "data.loader") or {}).get("batch_size")
    if not rate or not isinstance(batch, int):
        return None
    return batch * (cost.get("processes") or 1) / rate
