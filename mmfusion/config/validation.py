"""What a config may not want of a run that validates nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mmfusion.config.names import MANIFEST
from mmfusion.config.split import validates

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


def without_validation(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each key that goes by validation where there is none, and what to set instead."""
    why = no_validation(config)
    if config["trainer"].get("refit"):
        if config["trainer"]["overfit_batches"]:
            why = "trainer.overfit_batches validates on training rows"
        if why is not None:
            yield "trainer.refit", f"refits for as long as validation says, and {why}; set trainer.refit=false"
        elif config["scheduler"].get("_target_") == PLATEAU:
            yield (
                "trainer.refit",
                "scheduler=plateau goes by validation, which a refit has not; take another scheduler=, cosine for "
                "example, or set trainer.refit=false",
            )
    if why is None or config["trainer"]["overfit_batches"]:
        return
    patience = config["callbacks"]["early_stopping"]["patience"]
    if patience is not None:
        yield (
            "callbacks.early_stopping.patience",
            f"training stops early by validation, and {why}; set callbacks.early_stopping.patience=null, and "
            "trainer.max_epochs to how long it is to train",
        )
    if config["scheduler"].get("_target_") == PLATEAU:
        yield (
            "scheduler",
            f"plateau goes by validation, and {why}; take another scheduler=, cosine for example",
        )
    metric = config["callbacks"]["monitor"]["metric"]
    if metric != _LOSS:
        yield (
            "callbacks.monitor.metric",
            f"{metric} chooses a checkpoint by validation, and {why}; set callbacks.monitor.metric={_LOSS} (the "
            "default, which is then left aside: the last checkpoint is tested)",
        )
