"""The options of a search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any

from annotated_types import Ge
from omegaconf import OmegaConf

from mmfusion.config.errors import ConfigError


@dataclass
class SearchSettings:
    """`hydra.sweeper`; what each option is, and its default, stands in `conf/hydra/sweeper/search.yaml`."""

    n_trials: Annotated[int, Ge(1)]
    timeout_s: Annotated[float, Ge(0)] | None
    max_failures: Annotated[int, Ge(0)] | None
    space: Mapping[str, Any] | None
    objectives: str | Sequence[str] | Mapping[str, str | None] | None
    seeds: Sequence[int] | None
    sampler: str | Mapping[str, Any] | None
    pruner: str | Mapping[str, Any] | None
    seed: int | None
    storage: str
    study: str | None
    resume: bool
    stale_after_s: Annotated[float, Ge(0)] | None
    batch_size: Annotated[int, Ge(1)]

    def __post_init__(self) -> None:
        for option in fields(self):
            if OmegaConf.is_config(value := getattr(self, option.name)):
                setattr(self, option.name, OmegaConf.to_object(value))
        if self.seeds is not None and (not self.seeds or len(set(self.seeds)) < len(self.seeds)):
            raise ConfigError(
                f"hydra.sweeper.seeds: expected different numbers like [0, 1, 2], found {list(self.seeds)}"
            )
