"""Validation: whether a config has any, what goes by it, and whether an epoch ever comes to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mmfusion.config.mismatches import Problem
from mmfusion.config.names import MANIFEST
from mmfusion.config.split_rules import validates

PLATEAU = "mmfusion.training.schedulers.plateau"
_LOSS = "val/loss"
"""What `callbacks.monitor` names by default; without validation it is left aside."""


def no_validation(config: Mapping[str, Any]) -> str | None:
    """Why a run of this config validates nothing; None if it does."""
    trainer, data = config["trainer"], config["data"]
    if trainer["overfit_batches"]:
        return None  # it validates on the rows that it trains on
    if trainer["limit_val_batches"] == 0:
        return "trainer.limit_val_batches=0 leaves validation out"
    if data["_target_"] == MANIFEST and "split" in data and not validates(data["split"]):
        return "data.split has no validation rows"
    return None


def without_validation(config: Mapping[str, Any]) -> Iterator[Problem]:
    """Keys that go by validation where there is none, and what to set instead."""
    why, overfits = no_validation(config), config["trainer"]["overfit_batches"]
    is_plateau = config["scheduler"].get("_target_") == PLATEAU
    other_scheduler = "take another scheduler=, cosine for example"
    if config["trainer"].get("refit"):
        no_rows = "trainer.overfit_batches validates on training rows" if overfits else why
        if no_rows is not None:
            yield "trainer.refit", f"refits for as long as validation says, and {no_rows}; set trainer.refit=false"
        elif is_plateau:
            plateau = "scheduler=plateau goes by validation, which a refit has not"
            yield "trainer.refit", f"{plateau}; {other_scheduler}, or set trainer.refit=false"
    if why is None:
        return
    if config["callbacks"]["early_stopping"]["patience"] is not None:
        instead = "callbacks.early_stopping.patience=null, and trainer.max_epochs to how long it is to train"
        yield "callbacks.early_stopping.patience", f"training stops early by validation, and {why}; set {instead}"
    if is_plateau:
        yield "scheduler", f"plateau goes by validation, and {why}; {other_scheduler}"
    metric = config["callbacks"]["monitor"]["metric"]
    if metric != _LOSS:
        aside = "the default, which is then left aside: the last checkpoint is tested"
        set_default = f"set callbacks.monitor.metric={_LOSS} ({aside})"
        yield "callbacks.monitor.metric", f"{metric} chooses a checkpoint by validation, and {why}; {set_default}"


def beyond_epoch(interval: Any, every_n_epoch: int | None, batches: int) -> Iterator[Problem]:
    """The problem with an interval that no epoch reaches.

    A share of an epoch is always within it; without `every_n_epoch`, batches count from one epoch to the next.
    """
    if isinstance(interval, int) and every_n_epoch is not None and interval > batches:
        never = f"an epoch has {batches} batches, so validation after every {interval} would never come"
        other = "a share of an epoch such as 0.5, or trainer.check_val_every_n_epoch=null to count over epochs"
        yield "trainer.val_check_interval", f"{never}; set at most {batches}, {other}"


def interval_problems(config: Mapping[str, Any]) -> Iterator[Problem]:
    """What the config alone shows: by `trainer.limit_train_batches`, or by the number of generated rows."""
    trainer, data = config["trainer"], config["data"]
    if trainer["limit_val_batches"] == 0 or trainer["overfit_batches"] or trainer["fast_dev_run"]:
        return
    limit, rows = trainer["limit_train_batches"], data.get("rows")
    known = [limit] if isinstance(limit, int) else []
    if isinstance(rows, Mapping) and isinstance(rows.get("train"), int):
        known.append(-(-rows["train"] // data["loader"]["batch_size"]))
    if known:
        yield from beyond_epoch(trainer["val_check_interval"], trainer["check_val_every_n_epoch"], min(known))
