"""What a run took."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmfusion.store.run import Run

COSTS = ("seconds", "parameters", "memory_bytes", "step_seconds")


def costs(run: Run) -> dict[str, float]:
    """Of `COSTS`, what is known.

    `memory_bytes` is the peak on the GPU, or in the machine's memory if there was none. `step_seconds` is the time of
    one batch forward and backward, from the rows a second of all of training.
    """
    found = {
        "seconds": run.seconds,
        "parameters": run.cost.get("parameters"),
        "memory_bytes": run.cost.get("peak_gpu_memory_bytes") or run.cost.get("peak_memory_bytes"),
        "step_seconds": _step(run.cost, run.config),
    }
    return {name: float(each) for name, each in found.items() if isinstance(each, int | float)}


def _step(cost: Mapping[str, Any], config: Mapping[str, Any]) -> float | None:
    rate = cost.get("rows_per_second")
    batch = ((config.get("data") or {}).get("loader") or {}).get("batch_size")
    if not rate or not isinstance(batch, int):
        return None
    return batch * (cost.get("processes") or 1) / rate
