"""From `logger` config to the loggers of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytorch_lightning.loggers import Logger

from mmfusion.config.instantiate import instantiate
from mmfusion.training.loggers.csv import CSVLogger
from mmfusion.training.loggers.fault_tolerant import FaultTolerantLogger


def build_loggers(cfg: Mapping[str, Mapping[str, Any]], folder: str, run: str) -> list[Logger]:
    """`metrics.csv` first, then what the `logger` section `cfg` names; these may fail without ending the run.

    Raises:
        ModuleNotFoundError: an optional dependency is missing; says how to install it.
    """
    own = f"{CSVLogger.__module__}.{CSVLogger.__name__}"
    built: list[Logger] = [CSVLogger(folder)]
    for name, node in cfg.items():
        if node["_target_"] != own:
            built.append(FaultTolerantLogger(name, instantiate(node, f"logger.{name}", folder=folder, run=run)))
    return built


def finish_loggers(loggers: list[Logger], exit_code: int) -> None:
    """Tell loggers that keep a run open how it ended."""
    for logger in loggers:
        if hasattr(logger, "finish"):
            logger.finish(exit_code)
