"""The contract of what turns a column of labels into targets: all that the data needs of a task."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any


class LabelReader(ABC):
    """Fitted on the training split's labels alone; `state` and `load_state` carry what it learned to the run folder."""

    column: str | None = None  # of the table; None means the task's own name
    columns: Sequence[str] = ()  # several instead, whose cells `fit` and `check` get as tuples
    several: bool = False  # a cell may hold several labels
    empty_is_no: bool = False  # of `columns`: empty cells, be it all of a row's, say that labels do not hold
    is_regression: bool = False  # labels are numbers (some weightings treat the two differently)
    fill: int | float | list[float] = 0.0  # in place of a missing label, of the shape and type that `check` gives
    double_targets: bool = False  # targets come as float64, digit for digit as in the table, and not as float32
    dim: int  # outputs that a head needs for a target, known once fitted
    choices: int = 0  # of a blind guess, whose cross-entropy is `log choices`; 0 where that means nothing

    @abstractmethod
    def fit(self, labels: Sequence[Any]) -> None:
        """Learn classes or statistics from the training split's non-empty labels."""

    @abstractmethod
    def check(self, label: Any) -> Any:
        """A cell to a target value; ValueError naming what is allowed if it is not one."""

    @abstractmethod
    def state(self) -> Mapping[str, Any]:
        """What was fitted, as JSON types."""

    @abstractmethod
    def load_state(self, state: Mapping[str, Any]) -> None:
        """Undo of `state`."""
