"""Names of classes: one spelling whatever file they came from, their order, and the check of a cell against them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from numbers import Integral, Real
from typing import Any, TypeVar

import numpy as np
from torch import Tensor

from mmfusion.config.errors import suggest

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_WHOLE = re.compile(r"([+-]?\d+)\.0*")
T = TypeVar("T")


def canonical(label: Any) -> str:
    """The name of the class that a label stands for: a text as it is written, without blanks around it.

    Numbers and truth values of JSON, Parquet and YAML have no spelling of their own: 3 and 3.0 are "3", True is "true"
    (a column of whole numbers with an empty cell often comes back as floats). Texts have: "3", "3.0" and "03" are
    three classes, as codes are; so are "True" and "true". ValueError for NaN, infinity, blank text and anything else.
    """
    if isinstance(label, bool | np.bool_):
        return "true" if label else "false"
    if isinstance(label, Integral):
        return str(int(label))
    if isinstance(label, Real):
        if not math.isfinite(label):
            raise ValueError(f"expected a class, found {label}; leave the cell empty where there is no label")
        return str(int(float(label))) if float(label).is_integer() else str(label)
    if not isinstance(label, str):
        raise ValueError(f"expected a class (text or a number), found {type(label).__name__} {label!r}")
    text = label.strip()
    if not text:
        raise ValueError("expected a class, found blank text; leave the cell empty where there is no label")
    return text


def as_value(name: str) -> str:
    """A class's name by what it means rather than how it is written: "3.0" is "3", "TRUE" is "true"."""
    if name.lower() in ("true", "false"):
        return name.lower()
    whole = _WHOLE.fullmatch(name)
    return whole[1] if whole else name


def ordered(names: Iterable[str]) -> list[str]:
    """Distinct names: by value if all are numbers, else by the alphabet."""
    distinct = set(names)
    if all(_NUMBER.fullmatch(name) for name in distinct):
        return sorted(distinct, key=lambda name: (float(name), name))
    return sorted(distinct, key=lambda name: (name.casefold(), name))


def valid(labels: Iterable[Any], read: Callable[[Any], T]) -> list[T]:
    """What `read` makes of the labels; those that it refuses are reported row by row when every label is checked."""
    values = []
    for label in labels:
        with suppress(ValueError):
            values.append(read(label))
    return values


class ClassList:
    """A task's classes in their order; ValueError where a name occurs twice."""

    def __init__(self, names: Sequence[Any], given: bool, by_value: bool = False) -> None:
        self.names = [canonical(name) for name in names]
        self.given = given  # in the config, and not by the training split: messages say so
        self.by_value = by_value  # labels go by `as_value`: of runs before texts were kept as they are written
        self._unquoted = given and not all(isinstance(name, str) for name in names)
        self._index = {name: i for i, name in enumerate(self.names)}
        if len(self._index) < len(self.names):
            twice = next(name for i, name in enumerate(self.names) if name in self.names[:i])
            quotes = "; between quotes a name stays as it is written" if self._unquoted else ""
            raise ValueError(f"classes: expected distinct names, found {twice!r} twice{quotes}")

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: str) -> bool:
        return name in self._index

    def index(self, label: Any) -> int:
        """The class's number; ValueError with the nearest name if it is none of them."""
        name = as_value(canonical(label)) if self.by_value else canonical(label)
        if name not in self._index:
            where = "listed in the task's `classes`" if self.given else "that the training split has"
            hint = self.hint(name)
            if not self.given:
                hint += "; to train without rows of a class, list it with the others in `classes`"
            raise ValueError(f"expected one of the {len(self)} classes {where}, found {label!r}: {hint}")
        return self._index[name]

    def hint(self, name: str) -> str:
        """The nearest class and the list of them, for a message."""
        quotes = "; in `classes` put names that look like numbers or truth values between quotes"
        return suggest(name, self.names) + (quotes if self._unquoted else "")


def require_shapes(output: Tensor, target: Tensor, outputs: int, target_shape: tuple[int, ...]) -> None:
    """ValueError with both shapes unless output is `[B, outputs]` and target `[B, *target_shape]`.

    Without this, `[B]` against `[B, 1]` would be broadcast to `[B, B]` in silence.
    """
    rows = target.shape[:1]
    if output.shape != (*rows, outputs) or target.shape != (*rows, *target_shape):
        wanted = ", ".join(["B", *map(str, target_shape)])
        raise ValueError(
            f"expected an output of shape [B, {outputs}] and a target of shape [{wanted}], "
            f"found output {list(output.shape)} and target {list(target.shape)}"
        )
