"""The contract of a study."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from mmfusion.studies.conclusion import Conclusion
from mmfusion.studies.results import Results, Variant

Groups = Mapping[str, Mapping[str, Any]]


class Study:
    """What one command finds out about an experiment: by training it (`TrainedStudy`), or without (`MeasuredStudy`).

    Attributes:
        varies: groups, keys and options that the study sets itself, and which a command may therefore not set.
    """

    varies: ClassVar[tuple[str, ...]] = ()


class TrainedStudy(Study, ABC):
    """Some variants of an experiment, each trained with the same seeds, and what their numbers say.

    Args of every such study: `seeds`, a number n for 0 to n − 1, or a list.

    Attributes:
        by: the keys by which the report tells its runs apart.
    """

    by: ClassVar[tuple[str, ...]]

    def __init__(self, seeds: int | Sequence[int]) -> None:
        self.seeds = seed_list(seeds)

    @abstractmethod
    def variants(self, config: Mapping[str, Any], known: Groups) -> list[Variant]:
        """What is trained, given the experiment's composed config and all groups; ConfigError if it has no such."""

    @abstractmethod
    def conclude(self, results: Results) -> Conclusion:
        """What the numbers say, by rule."""


class MeasuredStudy(Study, ABC):
    """What can be measured of an experiment without a run."""

    @abstractmethod
    def measure(self, config: Mapping[str, Any], folder: Path) -> Conclusion:
        """What there is to say, given the experiment's config; files go to `folder`."""


def seed_list(seeds: int | Sequence[int]) -> list[int]:
    """Seeds one by one.

    Raises:
        ValueError: none, a negative one, or one twice.
    """
    if isinstance(seeds, int):
        if seeds < 1:
            raise ValueError(f"seeds: expected at least 1, found {seeds}")
        return list(range(seeds))
    several = list(seeds)
    if not several or min(several) < 0 or len(set(several)) < len(several):
        raise ValueError(f"seeds: expected a number, or a list of different seeds from 0 on, found {several}")
    return several
