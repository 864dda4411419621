"""The places of a config where a component stands, and what may stand there."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Slot:
    """A place for components.

    Attributes:
        packages: whose components may stand there without `trusted_modules`.
        bases: names of the classes of which a component derives from one; none for functions.
        injected: arguments that mmfusion passes to it, and a config may not set.
    """

    packages: tuple[str, ...]
    bases: tuple[str, ...] = ()
    injected: tuple[str, ...] = ()


SLOTS = {
    "data": Slot(("mmfusion.data",), ("Source",)),
    "kind": Slot(("mmfusion.data.kinds",), ("Kind",)),
    "transform": Slot(
        # Of these libraries, no transform that a config can describe reads a file or runs code.
        ("mmfusion.data.transforms", "torchvision.transforms.v2", "torchaudio.transforms"),
        ("Transform", "Module"),
    ),
    "encoder": Slot(("mmfusion.encoders",), ("Encoder",)),
    "fusion": Slot(("mmfusion.fusion",), ("Fusion",), ("dims",)),
    "sharing": Slot(("mmfusion.sharing",), ("Sharing",), ("streams", "tasks")),
    "task": Slot(("mmfusion.tasks",), ("Task",)),
    "metric": Slot(("torchmetrics", "mmfusion.tasks.metrics"), ("Metric",)),
    "loss_weighting": Slot(("mmfusion.loss_weighting",), ("LossWeighting",), ("tasks", "regressions", "classes")),
    "optimizer": Slot(("mmfusion.training.optimizers",)),
    "scheduler": Slot(("mmfusion.training.schedulers",)),
    "callbacks": Slot(("mmfusion.training.callbacks", "pytorch_lightning.callbacks"), ("Callback",)),
    "logger": Slot(("mmfusion.training.loggers",), ("Logger",), ("folder", "run")),
    "study": Slot(("mmfusion.studies",), ("Study",)),
}
"""A slot's name to what may stand there. Most are called like the config's section."""

_INNER = {
    r"data\.modalities\.[^.]+": "kind",
    r"data\.modalities\.[^.]+\.transforms\b.*": "transform",
    r"task\.[^.]+\.metrics\b.*": "metric",
}


def slot_of(key: str) -> str:
    """The name of the slot that a key belongs to; "" if it is in no section of components."""
    inner = next((slot for place, slot in _INNER.items() if re.fullmatch(place, key)), None)
    section = key.split(".")[0]
    return inner or (section if section in SLOTS else "")
