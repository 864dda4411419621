"""From `logger` config to the loggers of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytorch_lightning.loggers import Logger

from mmfusion.config.instantiate import instantiate
from mmfusion.training.loggers.csv import CSVLogger


def build_loggers(cfg: Mapping[str, Mapping[str, Any]], folder: str, run: str) -> list[Logger]:
    """`metrics.csv` first, then what the `logger` section `cfg` names.

    Args:
        cfg: any name to a logger's `_target_` and options.
        folder: the run's folder.
        run: what other loggers call the run.

    Raises:
        ModuleNotFoundError: an optional dependency is missing; says how to install it.
    """
    own = f"{CSVLogger.__module__}.{CSVLogger.__name__}"
    chosen = [node for node in cfg.values() if node["_target_"] != own]
    return [CSVLogger(folder), *(instantiate(node, folder=folder, run=run) for node in chosen)]


def finish(loggers: list[Logger], exit_code: int) -> None:
    """Tell loggers that keep a run open how it ended."""
    for logger in loggers:
        if hasattr(logger, "finish"):
            logger.finish(exit_code)
