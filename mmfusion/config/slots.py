"""The places of a config where a component stands, and what may stand there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mmfusion.config.names import CLASS_COUNTS


@dataclass(frozen=True)
class Slot:
    """A place for components.

    Attributes:
        packages: whose components may stand there without `trusted_modules`.
        bases: names of the classes of which a component derives from one; a function has what it `returns` instead.
        injected: arguments that mmfusion passes to it, and a config may not set.
        filled_in: arguments that mmfusion passes where a config leaves them out.
        section: the class in `mmfusion.config.sections` that lists what else stands in its node.
    """

    packages: tuple[str, ...]
    bases: tuple[str, ...] = ()
    injected: tuple[str, ...] = ()
    filled_in: tuple[str, ...] = ()
    returns: str = ""
    section: str = ""


SLOTS = {
    "data": Slot(("mmfusion.data.sources",), ("Source",), section="SourceKeys"),
    "kind": Slot(("mmfusion.data.kinds",), ("Kind",), section="ModalityKeys"),
    "transform": Slot(
        # Of these libraries, no transform that a config can describe reads a file or runs code.
        ("mmfusion.data.transforms", "torchvision.transforms.v2", "torchaudio.transforms"),
        ("Transform", "Module"),
    ),
    "encoder": Slot(("mmfusion.encoders",), ("Encoder",), section="EncoderKeys"),
    "fusion": Slot(("mmfusion.fusion",), ("Fusion",), ("dims",)),
    "sharing": Slot(("mmfusion.sharing",), ("Sharing",), ("streams", "tasks")),
    "task": Slot(("mmfusion.tasks",), ("Task",), section="TaskKeys"),
    "metric": Slot(
        ("torchmetrics", "mmfusion.tasks.metrics"), ("Metric",), filled_in=CLASS_COUNTS, section="MetricKeys"
    ),
    "loss_weighting": Slot(("mmfusion.loss_weighting",), ("LossWeighting",), ("tasks", "regressions", "classes")),
    "optimizer": Slot(("mmfusion.training.optimizers",), returns="OptimizerFactory"),
    "scheduler": Slot(("mmfusion.training.schedulers",), returns="Schedule"),
    "callbacks": Slot(("mmfusion.training.callbacks", "pytorch_lightning.callbacks"), ("Callback",)),
    "logger": Slot(("mmfusion.training.loggers",), ("Logger",), ("folder", "run")),
    "section": Slot(("mmfusion.report.sections",), ("ReportSection",)),
    "study": Slot(("mmfusion.studies",), ("Study",)),
}
"""A slot's name to what may stand there. Most are called like the config's section."""

_INNER = {
    r"data\.modalities\.[^.]+": "kind",
    r"data\.modalities\.[^.]+\.transforms\b.*": "transform",
    r"report\.sections\b.*": "section",
    r"task\.[^.]+\.metrics\b.*": "metric",
}


def slot_of(key: str) -> str:
    """The name of the slot that a key belongs to; "" if it is in no section of components."""
    inner = next((slot for place, slot in _INNER.items() if re.fullmatch(place, key)), None)
    section = key.split(".")[0]
    return inner or (section if section in SLOTS else "")
