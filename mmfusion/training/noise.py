"""Messages of Lightning that every run prints and nobody needs; only those listed here are silenced."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

LINES = (  # begin like this
    "GPU available",  # the hardware is in provenance.json
    "TPU available",
    "HPU available",
    "💡 Tip",  # advertisement for litlogger
    "`Trainer.fit` stopped",  # max_epochs reached is how training ends
    "`Trainer(",  # repeats an option that the config set (limit_train_batches=2 …)
    "You have turned on `Trainer(detect_anomaly",  # requested
    "Running in `fast_dev_run` mode",  # requested
    "Using bfloat16 Automatic Mixed Precision",  # requested
    "Using 16bit Automatic Mixed Precision",
    "Initializing distributed",  # one line for each rank
    "-----",  # and the frame around them
    "distributed_backend=",
    "All distributed processes registered",
    "LOCAL_RANK",  # which GPU a rank sees
    "Restoring states from the checkpoint",  # the test is made with the best checkpoint, as the report says
    "Loaded model weights from",
    "FIT Profiler Report",  # in the run's folder
    "TEST Profiler Report",
    "Loading `train_dataloader` to estimate",  # schedules need to know how many steps there will be
    "Experiment with name",  # MLflow: an experiment is made the first time
    "You are using a CUDA device",  # advice on matmul precision
)

WARNINGS = (  # match one of these patterns
    ".*does not have many workers",  # small data stays in memory, where workers would only copy it
    "The number of training batches .* is smaller than the logging interval",  # the last step is always logged
    "Found .* module\\(s\\) in eval mode",  # frozen encoders, whose batch statistics stay still
    "GPU available but not used",  # accelerator=cpu was requested
    "Detected call of `lr_scheduler.step\\(\\)` before",  # fp16: the first steps may be skipped while the scale settles
    "`isinstance\\(treespec, LeafSpec\\)` is deprecated",  # Lightning 2.6.6 on torch 2.11
    "You have overridden `transfer_batch_to_device` in `LightningModule`",  # where it belongs: all loaders pass there
    "You requested to overfit but enabled train dataloader shuffling",  # overfit_batches is exactly that request
)


def _is_news(record: logging.LogRecord) -> bool:
    return not record.getMessage().lstrip().startswith(LINES)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the known noise away for the length of a `with` block."""
    handlers = [h for name in ("pytorch_lightning", "lightning_fabric", "") for h in logging.getLogger(name).handlers]
    for handler in handlers:
        handler.addFilter(_is_news)
    try:
        with warnings.catch_warnings():
            for pattern in WARNINGS:
                warnings.filterwarnings("ignore", message=pattern)
            yield
    finally:
        for handler in handlers:
            handler.removeFilter(_is_news)
