"""What tasks with a list of classes share."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from mmfusion.tasks._base import Task
from mmfusion.tasks.labels import ClassList, ordered
from mmfusion.tasks.metrics.classes import F1, Accuracy, Auroc, CalibrationError
from mmfusion.tasks.metrics.collection import Definitions


class ClassTask(Task):
    """A task whose answers are named: its classes are given, or those of the training split, sorted.

    Raises:
        ValueError: an option out of range.
    """

    METRICS: ClassVar[Definitions] = {
        "accuracy": (lambda task: Accuracy(), "max"),
        "f1": (lambda task: F1(task.dim), "max"),
        "auroc": (lambda task: Auroc(task.dim, task.auroc_bins), "max"),
        "calibration_error": (lambda task: CalibrationError(), "min"),
    }

    def __init__(self, column: str | None, classes: Sequence[Any] | None, auroc_bins: int | None) -> None:
        super().__init__()
        if auroc_bins is not None and auroc_bins < 2:
            raise ValueError(f"auroc_bins: expected null or at least 2, found {auroc_bins}")
        self.column = column
        self.auroc_bins = auroc_bins
        self.classes = ClassList(classes, given=True) if classes is not None else None  # or once fitted
        self.counts: list[int] = []  # of each class, in the training split

    @abstractmethod
    def _ready(self) -> None:
        """Derive from `classes` and `counts` what the loss needs; ValueError if they cannot be learned."""

    def _settle(self, frequencies: Counter[str], names: Sequence[str] | None = None) -> None:
        """Take the classes, unless they were given, from what the training split holds: `names`, or all, sorted."""
        if self.classes is None or not self.classes.given:
            self.classes = ClassList(ordered(frequencies) if names is None else names, given=False)
        self.counts = [frequencies[name] for name in self.classes.names]
        self._ready()

    @property
    def fitted(self) -> ClassList:
        assert self.classes is not None, "fit first"
        return self.classes

    def state(self) -> dict[str, Any]:
        return {"classes": self.fitted.names, "counts": self.counts, "as_written": not self.fitted.by_value}

    def load_state(self, state: Mapping[str, Any]) -> None:
        given = self.classes is not None and self.classes.given
        self.classes = ClassList(state["classes"], given, by_value=not state.get("as_written", False))
        self.counts = list(state["counts"])
        self._ready()


def class_names(task: Task) -> list[str] | None:
    """A task's classes in order, None if it has none."""
    names = getattr(getattr(task, "classes", None), "names", None)
    return None if names is None else [str(name) for name in names]
