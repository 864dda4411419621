"""`study=fusion`."""

from __future__ import annotations

from collections.abc import Sequence

from mmfusion.studies.options import OptionsStudy


class FusionStudy(OptionsStudy):
    """Which fusion is best.

    Args:
        seeds: see `TrainedStudy`.
        fusion: options of the group `fusion`, at least two.
    """

    group = "fusion"
    varies = ("fusion",)
    by = ("fusion",)

    def __init__(self, seeds: int | Sequence[int], fusion: Sequence[str]) -> None:
        super().__init__(seeds, fusion)
