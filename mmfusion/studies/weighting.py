"""`study=weighting`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mmfusion.config.errors import ConfigError
from mmfusion.studies.options import OptionsStudy
from mmfusion.studies.results import Groups, Variant


class WeightingStudy(OptionsStudy):
    """Which weighting of the tasks' losses is best.

    Args:
        seeds: see `TrainedStudy`.
        loss_weighting: options of the group `loss_weighting`, at least two.
    """

    group = "loss_weighting"
    varies = ("loss_weighting",)
    by = ("loss_weighting",)

    def __init__(self, seeds: int | Sequence[int], loss_weighting: Sequence[str]) -> None:
        super().__init__(seeds, loss_weighting)

    def variants(self, config: Mapping[str, Any], known: Groups) -> list[Variant]:
        if len(config["task"]) < 2:
            only = ", ".join(config["task"]) or "none"
            raise ConfigError(
                f"study=weighting weighs the losses of at least two tasks, and the experiment has {only}; add one, for "
                "example +task@task.age=regression, or take another experiment="
            )
        return super().variants(config, known)
