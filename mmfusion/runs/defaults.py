"""How a new experiment trains: chosen from the number of training rows, each choice with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from mmfusion.config.folders import own_folder

FEW, SOME, MANY = 3_000, 30_000, 100_000  # training rows below which a table is small, medium, large
STEPS = 2_000  # optimizer steps that a small table needs; fewer epochs would leave its encoders untrained
LONGEST, SHORTEST = 100, 12  # epochs of the smallest tables, and of medium ones
LARGE_STEPS = 6_000  # after which a large table has been seen enough

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
    """One setting of an experiment: its key as on the command line, and the reason for the person who reads it."""

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
    """
    size = batch_size(rows)
    steps = max(1, ceil(rows / size))
    epochs = max_epochs(steps)
    choices = [Choice("data.loader.batch_size", size, f"{_steps(steps)} an epoch of {rows:,} training rows")]
    if rows < FEW:
        for name, kind in modalities.items():
            if kind == "speech":
                choices.append(Choice(group_key(kind, name), "statistics", "too few rows to train convolutions on"))
            if kind in ("tabular", "features"):
                why = "few rows: no layer of its own before the fusion"
                choices.append(Choice(f"encoder.{name}.hidden", [], why))
            choices.append(Choice(f"encoder.{name}.dropout", 0.5, "few rows: more of it against overfitting"))
        choices.append(Choice("head.dropout", 0.5, "as in the encoders"))
        choices.append(Choice("optimizer.weight_decay", 0.1, "few rows: small weights"))
    elif rows < SOME:
        choices += [
            Choice(f"task.{name}.label_smoothing", 0.1, "not many rows: against overconfidence")
            for name, kind in tasks.items()
            if kind == "classification"
        ]
        choices += [
            Choice("optimizer.lr", 5e-3, "from scratch on not many rows: a high rate and much decay"),
            Choice("optimizer.weight_decay", 0.2, "see lr"),
            Choice("scheduler.warmup", 0.1, "share of the steps in which the rate rises, for it is high"),
            Choice("trainer.gradient_clip_val", 1.0, "so that a high rate does no harm"),
        ]
    patience = max(5, epochs // 4)
    return [
        *choices,
        Choice("trainer.max_epochs", epochs, f"{_steps(epochs * steps)} in all, unless it stops before"),
        Choice("callbacks.early_stopping.patience", patience, "epochs without improvement on validation rows"),
        Choice("report.baselines", True, "what linear models reach on the same rows"),
    ]


def group_key(kind: str, name: str, group: str = "encoder") -> str:
    """Where an option of a group goes, as on the command line: `encoder/speech`, `encoder/speech@encoder.answer`."""
    return f"{group}/{kind}" if name == kind else f"{group}/{kind}@{group}.{name}"


def batch_size(rows: int) -> int:
    """Rows a batch: fewer where there are few, so that an epoch has steps enough."""
    return 8 if rows < 300 else 16 if rows < 1_000 else 32 if rows < FEW else 64 if rows < MANY else 128


def max_epochs(steps: int) -> int:
    """Epochs of so many steps: `STEPS` in all, but 12 epochs of a medium table and `LARGE_STEPS` of a large one."""
    return max(2, min(LONGEST, max(round(STEPS / steps), min(SHORTEST, round(LARGE_STEPS / steps)))))


def _steps(count: int) -> str:
    return f"{count:,} step" + ("" if count == 1 else "s")
