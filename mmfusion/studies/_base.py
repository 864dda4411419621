"""The contract of a study."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from mmfusion.studies.conclusion import Conclusion
from mmfusion.studies.results import Results, Variant

Groups = Mapping[str, Mapping[str, Any]]


class Study(ABC):
    """Some variants of an experiment, each trained with the same seeds, and what their numbers say.

    Args of every study: `seeds`, a number n for 0 to n − 1, or a list.

    Attributes:
        varies: groups, keys and options that the study sets itself, and which a command may therefore not set.
        by: the keys by which the report tells its runs apart.
        trains: False for a study that has no runs, whose `measure` is all of it.
    """

    trains: ClassVar[bool] = True

    varies: ClassVar[tuple[str, ...]]
    by: ClassVar[tuple[str, ...]]

    def __init__(self, seeds: int | Sequence[int]) -> None:
        self.seeds = listed(seeds)

    @abstractmethod
    def variants(self, config: Mapping[str, Any], known: Groups) -> list[Variant]:
        """What is trained, given the experiment's composed config and all groups; ConfigError if it has no such."""

    def measure(self, config: Mapping[str, Any], folder: Path) -> Conclusion:
        """What a study that trains nothing has to say of an experiment; files go to `folder`."""
        raise NotImplementedError(f"{type(self).__name__} trains")

    @abstractmethod
    def conclude(self, found: Results) -> Conclusion:
        """What the numbers say, by rule."""


def listed(seeds: int | Sequence[int]) -> list[int]:
    """Seeds one by one.

    Raises:
        ValueError: none, a negative one, or one twice.
    """
    if isinstance(seeds, int):
        if seeds < 1:
            raise ValueError(f"seeds: expected at least 1, found {seeds}")
        return list(range(seeds))
    found = list(seeds)
    if not found or min(found) < 0 or len(set(found)) < len(found):
        raise ValueError(f"seeds: expected a number, or a list of different seeds from 0 on, found {found}")
    return found
