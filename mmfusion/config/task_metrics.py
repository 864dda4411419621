"""What is known of a task's metrics before torch is imported: their names, and which way each is better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from mmfusion.config.schema import fact, own_components

Direction: TypeAlias = Literal["max", "min"]


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


def facts_of(node: Mapping[str, Any], key: str) -> dict[str, MetricFacts] | None:
    """Metrics of the task that a config's `task.<name>` describes, in the order of `METRICS`, the user's own last.

    None where only the built task knows: its class computes them.
    """
    directions = fact(node, key, "METRICS")
    if directions is None:
        return None
    signed = fact(node, key, "SIGNED") or ()
    facts = {name: MetricFacts(direction, name in signed) for name, direction in directions.items()}
    for name, metric in (node.get("metrics") or {}).items():
        attributes = ("higher_is_better", "plot_lower_bound")
        own = MetricFacts.of_class({a: fact(metric, f"{key}.metrics.{name}", a) for a in attributes})
        facts[name] = replace(own, direction=metric.get("direction") or own.direction)
    return facts


def facts_by_name() -> dict[str, MetricFacts]:
    """Metrics of mmfusion's tasks by name alone: for tasks, and runs of before, that say nothing themselves."""
    facts: dict[str, MetricFacts] = {"loss": LOSS}
    for target in own_components("task").values():
        facts |= facts_of({"_target_": target}, "task") or {}
    return facts


def validation_facts(tasks: Mapping[str, Mapping[str, MetricFacts] | None]) -> dict[str, MetricFacts]:
    """By the name under which validation logs it, of each task's metrics: `val/<task>/<metric>`, and the losses."""
    own = {f"val/{task}/{name}": known for task, facts in tasks.items() for name, known in (facts or {}).items()}
    return {"val/loss": LOSS, **{f"val/{task}/loss": LOSS for task in tasks}, **own}


def sum_direction(terms: Mapping[str, float], facts: Mapping[str, MetricFacts]) -> Direction | None:
    """Which way `Σ weight · metric` is better; None where its terms do not agree, or one's direction is not known."""
    wanted: set[Direction | None] = set()
    for name, weight in terms.items():
        direction = facts[name].direction if name in facts else None
        wanted.add(direction if direction is None or weight > 0 else "min" if direction == "max" else "max")
    return wanted.pop() if len(wanted) == 1 else None
