"""Which numbers may stand at a place of a config, and which keys, said in its annotation."""

from __future__ import annotations

import ast
from dataclasses import dataclass


@dataclass(frozen=True)
class Range:
    """`Annotated[int, Range(1)]`: a whole number of at least 1. Nothing but the check of a config heeds it.

    Attributes:
        low: the lowest number.
        high: the highest; None if there is none.
        above: whether `low` itself is too low.
    """

    low: float
    high: float | None = None
    above: bool = False

    def holds(self, value: float) -> bool:
        """Whether the number is in it; NaN never is."""
        low = value > self.low if self.above else value >= self.low
        return low and (self.high is None or value <= self.high)

    def __str__(self) -> str:
        if self.high is None:
            return f"above {self.low}" if self.above else f"of at least {self.low}"
        return f"above {self.low} and up to {self.high}" if self.above else f"from {self.low} to {self.high}"


@dataclass(frozen=True, init=False)
class Keys:
    """`Annotated[Mapping[str, int], Keys("train", "test")]`: the keys that a mapping may have; none is needed."""

    names: tuple[str, ...]

    def __init__(self, *names: str) -> None:
        object.__setattr__(self, "names", names)

    def __str__(self) -> str:
        return f"with {', '.join(self.names)}"


def read_limits(node: ast.expr) -> Range | Keys | None:
    """What an annotation's source writes; None if it is something else."""
    made = {"Range": Range, "Keys": Keys}.get(getattr(node.func, "id", "")) if isinstance(node, ast.Call) else None
    if made is None or not isinstance(node, ast.Call):
        return None
    named = {str(word.arg): ast.literal_eval(word.value) for word in node.keywords}
    return made(*map(ast.literal_eval, node.args), **named)
