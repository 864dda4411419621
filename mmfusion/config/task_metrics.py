"""What is known of a task's metrics before torch is imported: their names, and which way each is better."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from mmfusion.config.code import submodules
from mmfusion.config.signature import Signature, components

Direction: TypeAlias = Literal["max", "min"]
Read: TypeAlias = Callable[[str], Signature | None]
"""A component's `_target_` to its signature, None if that cannot be read."""


@dataclass(frozen=True)
class MetricFacts:
    """What must be known of a metric to choose by it and to compare by it.

    Attributes:
        direction: `max` or `min`, whichever is better; None where nobody says.
        signed: its values lie around 0, so that a change in % of a value means nothing.
    """

    direction: Direction | None = None
    signed: bool = False

    @classmethod
    def of_class(cls, attributes: Mapping[str, Any]) -> MetricFacts:
        """As torchmetrics' attributes of a metric's class say: `higher_is_better`, and `plot_lower_bound` below 0."""
        higher = attributes.get("higher_is_better")
        direction: Direction | None = None if higher is None else "max" if higher else "min"
        return cls(direction, (attributes.get("plot_lower_bound") or 0) < 0)


LOSS = MetricFacts("min")
"""Of every task, beside its metrics."""


def facts_of(node: Mapping[str, Any], read: Read) -> dict[str, MetricFacts] | None:
    """Metrics of the task that a config's `task.<name>` describes, in the order of `METRICS`, the user's own last.

    None where only the built task knows: its class computes them, or cannot be read.
    """
    signature = read(str(node.get("_target_")))
    directions = signature.attributes.get("METRICS") if signature else None
    if not isinstance(directions, Mapping):
        return None
    assert signature is not None
    signed = signature.attributes.get("SIGNED", ())
    facts = {name: MetricFacts(direction, name in signed) for name, direction in directions.items()}
    return facts | {name: _further(own, read) for name, own in (node.get("metrics") or {}).items()}


def _further(node: Mapping[str, Any], read: Read) -> MetricFacts:
    """Of a metric that the config adds: what it says itself, else what the metric's class does."""
    signature = read(str(node.get("_target_")))
    own = MetricFacts.of_class(signature.attributes if signature else {})
    return replace(own, direction=node.get("direction") or own.direction)


def facts_by_name(read: Read) -> dict[str, MetricFacts]:
    """Metrics of mmfusion's tasks by name alone: for tasks, and runs of before, that say nothing themselves."""
    targets = [f"{m}.{name}" for m in submodules("mmfusion.tasks") for name in components(m)]
    found: dict[str, MetricFacts] = {"loss": LOSS}
    for target in targets:
        found |= facts_of({"_target_": target}, read) or {}
    return found


def validation_facts(tasks: Mapping[str, Mapping[str, MetricFacts] | None]) -> dict[str, MetricFacts]:
    """By the name under which validation logs it, of each task's metrics: `val/<task>/<metric>`, and the losses."""
    found = {"val/loss": LOSS}
    for task, facts in tasks.items():
        found |= {f"val/{task}/{name}": each for name, each in {"loss": LOSS, **(facts or {})}.items()}
    return found


def sum_direction(terms: Mapping[str, float], facts: Mapping[str, MetricFacts]) -> Direction | None:
    """Which way `Σ weight · metric` is better; None where its terms do not agree, or one's direction is not known."""
    wanted: set[Direction | None] = set()
    for name, weight in terms.items():
        direction = facts[name].direction if name in facts else None
        wanted.add(direction if direction is None or weight > 0 else "min" if direction == "max" else "max")
    return wanted.pop() if len(wanted) == 1 else None
