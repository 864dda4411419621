"""How a new experiment trains: chosen from the number of training rows, each choice with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from mmfusion.config.folders import own_folder

FEW, SOME, MANY = 3_000, 30_000, 100_000
"""Training rows below which a table is small, medium, large."""

STEPS = 2_000
"""Optimizer steps that a small table needs; fewer epochs would leave its encoders untrained."""

LONGEST, SHORTEST, LARGE_STEPS = 100, 12, 6_000
"""Epochs of the smallest tables, of medium ones, and the steps after which a large table has been seen enough."""

ENCODERS = {
    "image": "cnn",
    "text": "rnn",
    "speech": "spectrogram_cnn",
    "tabular": "mlp",
    "features": "mlp",
    "series": "gru",
}
"""Kind to the encoder that a new experiment starts with; of others it is the first that there is."""


@dataclass(frozen=True)
class Choice:
    """One setting of an experiment.

    Attributes:
        key: as on the command line, `trainer.max_epochs`.
        value: a number, text, list or mapping.
        reason: why, for the person who reads it.
    """

    key: str
    value: Any
    reason: str


def first_encoder(kind: str) -> str:
    """The option of the group `encoder/<kind>` that a new experiment starts with."""
    return ENCODERS.get(kind) or min(path.stem for path in own_folder().glob(f"encoder/{kind}/*.yaml"))


def choose(rows: int, modalities: Mapping[str, str], tasks: Mapping[str, str]) -> list[Choice]:
    """Settings that suit a table, in the order of the config's sections.

    Few rows: small batches, so that there are steps enough, and strong regularisation, or a network learns them by
    heart long before it has learned what a linear model reads off them. Many rows: what the presets say.

    Args:
        rows: for training.
        modalities: name to kind.
        tasks: name to kind of task.
    """
    size = batch_size(rows)
    steps = max(1, ceil(rows / size))
    epochs = max_epochs(steps)
    found = [Choice("data.loader.batch_size", size, f"{_steps(steps)} an epoch of {rows:,} training rows")]
    dropout = 0.5 if rows < FEW else None
    found += [choice for name, kind in modalities.items() for choice in _encoder(name, kind, rows, dropout)]
    if rows < FEW:
        found.append(Choice("head.dropout", dropout, "as in the encoders"))
        found.append(Choice("optimizer.weight_decay", 0.1, "few rows: small weights"))
    elif rows < SOME:
        found += [
            Choice(f"task.{name}.label_smoothing", 0.1, "not many rows: against overconfidence")
            for name, kind in tasks.items()
            if kind == "classification"
        ]
        found.append(Choice("optimizer.lr", 5e-3, "from scratch on not many rows: a high rate and much decay"))
        found.append(Choice("optimizer.weight_decay", 0.2, "see lr"))
        found.append(Choice("scheduler.warmup", 0.1, "share of the steps in which the rate rises, for it is high"))
        found.append(Choice("trainer.gradient_clip_val", 1.0, "so that a high rate does no harm"))
    found.append(Choice("trainer.max_epochs", epochs, f"{_steps(epochs * steps)} in all, unless it stops before"))
    patience = max(5, epochs // 4)
    found.append(Choice("callbacks.early_stopping.patience", patience, "epochs without improvement on validation rows"))
    found.append(Choice("report.baselines", True, "what linear models reach on the same rows"))
    return found


def group_key(kind: str, name: str, group: str = "encoder") -> str:
    """Where an option of a group goes, as on the command line: `encoder/speech`, `encoder/speech@encoder.answer`."""
    return f"{group}/{kind}" if name == kind else f"{group}/{kind}@{group}.{name}"


def batch_size(rows: int) -> int:
    """Rows a batch: fewer where there are few, so that an epoch has steps enough."""
    return 8 if rows < 300 else 16 if rows < 1_000 else 32 if rows < FEW else 64 if rows < MANY else 128


def max_epochs(steps: int) -> int:
    """Epochs of so many steps: `STEPS` in all, but 12 epochs of a medium table and `LARGE_STEPS` of a large one."""
    return max(2, min(LONGEST, max(round(STEPS / steps), min(SHORTEST, round(LARGE_STEPS / steps)))))


def _encoder(name: str, kind: str, rows: int, dropout: float | None) -> list[Choice]:
    found = []
    if rows < FEW and kind == "speech":
        found.append(Choice(group_key(kind, name), "statistics", "too few rows to train convolutions on"))
    if rows < FEW and kind in ("tabular", "features"):
        found.append(Choice(f"encoder.{name}.hidden", [], "few rows: no layer of its own before the fusion"))
    if dropout is not None:
        found.append(Choice(f"encoder.{name}.dropout", dropout, "few rows: more of it against overfitting"))
    return found


def _steps(count: int) -> str:
    return f"{count:,} step" + ("" if count == 1 else "s")
