"""The contract of a study."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from mmfusion.studies.conclusion import Conclusion
from mmfusion.studies.results import Groups, Results, Variant, seed_list


class Study:
    """What one command finds out about an experiment: what it `varies` itself, and the keys `by` which runs differ."""

    varies: ClassVar[tuple[str, ...]] = ()
    by: ClassVar[tuple[str, ...]] = ()


class TrainedStudy(Study, ABC):
    """Variants of an experiment, each trained with the same `seeds` (a list, or a number n for 0 to n − 1)."""

    def __init__(self, seeds: int | Sequence[int]) -> None:
        self.seeds = seed_list(seeds)

    @abstractmethod
    def variants(self, config: Mapping[str, Any], known: Groups) -> list[Variant]:
        """What is trained, given the experiment's composed config and all groups; ConfigError if it has no such."""

    @abstractmethod
    def conclude(self, results: Results) -> Conclusion:
        """What the numbers say, by rule."""


class MeasuredStudy(Study, ABC):
    """What can be said of an experiment without a run, given its config; files go to `folder`."""

    @abstractmethod
    def measure(self, config: Mapping[str, Any], folder: Path) -> Conclusion: ...
