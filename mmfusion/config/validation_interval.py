"""`trainer.val_check_interval` as a number of batches, against how many batches an epoch has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

KEY = "trainer.val_check_interval"


def beyond_epoch(interval: Any, every_n_epoch: int | None, batches: int) -> str | None:
    """What is wrong with an interval if no epoch of `batches` batches reaches it; None where nothing is.

    Args:
        interval: `trainer.val_check_interval`; a share of an epoch is always within it.
        every_n_epoch: `trainer.check_val_every_n_epoch`; None counts batches from one epoch to the next.
        batches: of an epoch, on one process.
    """
    if not isinstance(interval, int) or every_n_epoch is None or interval <= batches:
        return None
    return (
        f"an epoch has {batches} batches, so validation after every {interval} would never come; set at most "
        f"{batches}, a share of an epoch such as 0.5, or trainer.check_val_every_n_epoch=null to count over epochs"
    )


def interval_problems(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The problem that a config alone shows: by `trainer.limit_train_batches`, or by the number of generated rows."""
    trainer, data = config["trainer"], config["data"]
    if trainer["limit_val_batches"] == 0 or trainer["overfit_batches"] or trainer["fast_dev_run"]:
        return
    limit, rows = trainer["limit_train_batches"], data.get("rows")
    known = [limit] if isinstance(limit, int) and not isinstance(limit, bool) else []
    if isinstance(rows, Mapping) and isinstance(rows.get("train"), int):
        known.append(-(-rows["train"] // data["loader"]["batch_size"]))
    if known:
        why = beyond_epoch(trainer["val_check_interval"], trainer["check_val_every_n_epoch"], min(known))
        if why is not None:
            yield KEY, why
