"""The options of a search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from omegaconf import OmegaConf

from mmfusion.config.errors import ConfigError


@dataclass
class SearchSettings:
    """`hydra.sweeper`; what each option is, and its default, stands in `conf/hydra/sweeper/search.yaml`."""

    n_trials: int
    timeout_s: float | None
    max_failures: int | None
    space: Mapping[str, Any] | None
    objectives: str | Sequence[str] | Mapping[str, str | None] | None
    seeds: Sequence[int] | None
    sampler: str | Mapping[str, Any] | None
    pruner: str | Mapping[str, Any] | None
    seed: int | None
    storage: str
    study: str | None
    resume: bool
    stale_after_s: float | None
    batch_size: int

    def __post_init__(self) -> None:
        for option in fields(self):
            value = getattr(self, option.name)
            setattr(self, option.name, OmegaConf.to_object(value) if OmegaConf.is_config(value) else value)
        lowest = {"n_trials": 1, "timeout_s": 0, "max_failures": 0, "stale_after_s": 0, "batch_size": 1}
        for name, least in lowest.items():
            value = getattr(self, name)
            if value is not None and value < least:
                raise ConfigError(f"hydra.sweeper.{name}: expected at least {least}, found {value}")
        if self.seeds is not None and (not self.seeds or len(set(self.seeds)) < len(self.seeds)):
            raise ConfigError(
                f"hydra.sweeper.seeds: expected different numbers like [0, 1, 2], found {list(self.seeds)}"
            )
