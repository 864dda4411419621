"""How batches are made, whatever the data: the config's `data.loader`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Interval

from mmfusion.data.batches.dataset import OnError


@dataclass(frozen=True)
class LoaderConfig:
    """How batches are made; a config is checked against the annotations.

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

    batch_size: Annotated[int, Ge(1)] = 64
    eval_batch_size: Annotated[int, Ge(1)] | None = None
    workers: Annotated[int, Ge(0)] | Literal["auto"] = "auto"
    cache: Literal["auto", "memory", "none"] = "auto"
    cache_limit_gb: Annotated[float, Ge(0)] = 2.0
    shuffle: bool = True
    drop_last: bool = False
    pin_memory: bool | Literal["auto"] = "auto"
    on_error: OnError = "raise"
    max_error_rate: Annotated[float, Interval(ge=0, le=1)] = 0.01
    rows_without_modality: Literal["refuse", "skip"] = "refuse"
    timeout_s: Annotated[float, Ge(0)] = 600.0
