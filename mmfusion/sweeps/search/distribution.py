"""Hydra's sweep syntax as Optuna's distributions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hydra.core.override_parser.types import ChoiceSweep, IntervalSweep, Override, RangeSweep, Sweep, Transformer
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from mmfusion.config.errors import ConfigError, suggest

FORMS = (
    "choice(a, b) or a,b; interval(0, 1); int(interval(1, 8)); range(0, 1, step=0.1); "
    "tag(log, interval(1e-5, 1e-2)); tag(log, int(interval(16, 512)))"
)
TAGS = ("log", "int")


@dataclass(frozen=True)
class Values:
    """Optuna's distribution of a key; of a choice also its values, for a list or mapping a text, to what is typed."""

    distribution: CategoricalDistribution | FloatDistribution | IntDistribution
    options: Mapping[Any, str] = field(default_factory=dict)

    def typed(self, value: Any) -> str:
        """The value as it stands in an override."""
        match self.distribution:
            case CategoricalDistribution():
                return self.options[value]
            case FloatDistribution(low=low, step=float(step)):
                # Not low + k · step in binary, which may be 0.30000000000000004.
                first, width = Decimal(str(low)), Decimal(str(step))
                return str(float(first + width * round((Decimal(str(value)) - first) / width)))
        return repr(value)

    def extremes(self) -> list[Any]:
        """Every option of a choice; both ends of anything else."""
        own = self.distribution
        return list(own.choices if isinstance(own, CategoricalDistribution) else dict.fromkeys((own.low, own.high)))

    def every(self) -> list[Any] | None:
        """All values; None if they cannot be counted."""
        match self.distribution:
            case IntDistribution(low=low, high=high, step=step):
                return list(range(low, high + 1, step))
            case FloatDistribution(low=low, high=high, step=float(step)):
                first, width = Decimal(str(low)), Decimal(str(step))
                return [float(first + k * width) for k in range(int((Decimal(str(high)) - first) / width) + 1)]
            case FloatDistribution(low=low, high=high) if low < high:
                return None
        return self.extremes()


def read_values(key: str, override: Override) -> Values:
    """The values of a parsed override with a sweep in it."""
    sweep = override.value()
    tags = sweep.tags if isinstance(sweep, Sweep) else set()
    for tag in tags - set(TAGS):
        raise ConfigError(f"{key}: there is no tag {tag!r}; {suggest(tag, TAGS)}")
    if override.is_choice_sweep():
        if tags:
            raise ConfigError(f"{key}: the tag {sorted(tags)[0]} goes with an interval or a range, not with a choice")
        return _choice(key, override)
    if isinstance(sweep, RangeSweep):
        return _range(key, sweep, "log" in tags)
    assert isinstance(sweep, IntervalSweep)
    return _interval(key, sweep, "log" in tags, "int" in tags)


def _choice(key: str, override: Override) -> Values:
    sweep = override.value()
    elements = list(sweep.list if isinstance(sweep, ChoiceSweep) else override.sweep_iterator())
    texts = [Transformer.str(element) for element in elements]
    twice = sorted({text for text in texts if texts.count(text) > 1})
    if twice:
        raise ConfigError(f"{key}: {twice[0]} is given twice")
    if not texts:
        raise ConfigError(f"{key}: there is nothing to choose from")
    plain = [Override._convert_value(element) for element in elements]
    values: list[Any] = [
        e if isinstance(e, str | bool | int | float) or e is None else t for e, t in zip(plain, texts, strict=True)
    ]
    if len(set(values)) < len(values):  # 1, 1.0 and true are one to Python
        values = list(texts)
    return Values(CategoricalDistribution(values), dict(zip(values, texts, strict=True)))


def _interval(key: str, sweep: IntervalSweep, log: bool, whole: bool) -> Values:
    low, high = sweep.start, sweep.end
    assert low is not None
    assert high is not None
    if not (math.isfinite(low) and math.isfinite(high)) or low >= high:
        raise ConfigError(f"{key}: expected an interval from a number to a greater one, found {low} to {high}")
    if log and low <= 0:
        raise ConfigError(f"{key}: a logarithmic interval begins above 0, found {low}")
    if whole or (isinstance(low, int) and isinstance(high, int)):
        return Values(IntDistribution(math.ceil(low), math.floor(high), log=log))
    return Values(FloatDistribution(float(low), float(high), log=log))


def _range(key: str, sweep: RangeSweep, log: bool) -> Values:
    assert sweep.start is not None
    assert sweep.stop is not None
    start, stop, step = (Decimal(str(number)) for number in (sweep.start, sweep.stop, sweep.step))
    count = math.ceil((stop - start) / step) if step else 0
    if count < 1:
        raise ConfigError(f"{key}: range({sweep.start}, {sweep.stop}, step={sweep.step}) is empty")
    low, high = sorted((start, start + (count - 1) * step))
    if log and (abs(step) != 1 or low <= 0 or not isinstance(sweep.start, int)):
        raise ConfigError(f"{key}: log goes with an interval, or with a range of whole numbers above 0 in steps of 1")
    if all(isinstance(number, int) for number in (sweep.start, sweep.stop, sweep.step)):
        return Values(IntDistribution(int(low), int(high), log=log, step=abs(int(step))))
    return Values(FloatDistribution(float(low), float(high), step=abs(float(step))))
