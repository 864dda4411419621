"""How batches are made, whatever the data: the config's `data.loader`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mmfusion.data.batches.dataset import OnError

_CHOICES = {
    "cache": ("auto", "memory", "none"),
    "on_error": ("raise", "skip", "absent"),
    "rows_without_modality": ("refuse", "skip"),
}


@dataclass(frozen=True)
class LoaderConfig:
    """How batches are made.

    Attributes:
        batch_size: rows a batch and process.
        eval_batch_size: the same for validation, test and prediction; None is `batch_size`.
        workers: processes that decode ahead; auto is none if everything is cached, else one less than the cores.
        cache: auto keeps decoded media in memory up to the limit, memory always, none never.
        cache_limit_gb: for auto, a process; the largest modalities stay out.
        shuffle: a new order of the training rows each epoch.
        drop_last: leave a last training batch out that is not full.
        pin_memory: page-locked batches; auto if the Trainer runs on a GPU.
        on_error: what becomes of a row whose medium cannot be decoded: raise, skip (left out) or absent.
        max_error_rate: share of a split's rows that `skip` and `absent` may touch.
        rows_without_modality: rows that have only modalities which are not in use: refuse or skip.
        timeout_s: seconds to wait for a batch from a worker process; 0 waits for ever.
    """

    batch_size: int = 64
    eval_batch_size: int | None = None
    workers: int | Literal["auto"] = "auto"
    cache: Literal["auto", "memory", "none"] = "auto"
    cache_limit_gb: float = 2.0
    shuffle: bool = True
    drop_last: bool = False
    pin_memory: bool | Literal["auto"] = "auto"
    on_error: OnError = "raise"
    max_error_rate: float = 0.01
    rows_without_modality: Literal["refuse", "skip"] = "refuse"
    timeout_s: float = 600.0

    def __post_init__(self) -> None:
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"loader.{name}: expected {' or '.join(allowed)}, found {getattr(self, name)!r}")
        for name, least in (("batch_size", 1), ("eval_batch_size", 1), ("workers", 0), ("cache_limit_gb", 0)):
            value = getattr(self, name)
            if value is not None and value != "auto" and not (not isinstance(value, str) and value >= least):
                raise ValueError(f"loader.{name}: expected at least {least}, found {value!r}")
        if not 0 <= self.max_error_rate <= 1 or self.timeout_s < 0:
            raise ValueError(
                f"loader: expected max_error_rate in 0…1 and timeout_s from 0, found {self.max_error_rate} and "
                f"{self.timeout_s}"
            )
