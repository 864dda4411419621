"""Whether more of a metric is better."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mmfusion.config.errors import ConfigError

HIGHER = frozenset(
    (
        *("accuracy", "balanced_accuracy", "f1", "precision", "recall", "specificity", "auroc", "average_precision"),
        *("r2", "pearson", "spearman", "kendall", "kappa", "mcc", "iou", "dice"),
    )
)
SIGNED = frozenset(("r2", "pearson", "spearman", "kendall", "kappa", "mcc"))
"""Those that are 0 for what is learned by nobody, and may be below: no change of them can be told in % of a value."""
LOWER = frozenset(("loss", "error", "mae", "mse", "rmse", "calibration_error", "brier", "nll", "perplexity", "wer"))


def lower_is_better(name: str, said: Mapping[str, bool] | None = None) -> bool:
    """By the metric's last name: `test/digit/accuracy` and `test[image]/digit/accuracy` are accuracies.

    Args:
        name: the metric's whole name.
        said: what the person said of metrics, by whole or last name.

    Raises:
        ConfigError: nobody knows.
    """
    known = _known(name, said or {})
    if known is None:
        raise ConfigError(
            f"{name}: mmfusion does not know whether a higher {_last(name)} is better; say --lower or --higher"
        )
    return known


def has_direction(name: str, said: Mapping[str, bool] | None = None) -> bool:
    """Whether `lower_is_better` has an answer."""
    return _known(name, said or {}) is not None


def is_signed(name: str) -> bool:
    """Whether the metric is one of `SIGNED`, by its last name."""
    return _last(name) in SIGNED


def in_hundredths(names: Iterable[str]) -> str:
    """What must be added where changes of these metrics are told in %; nothing if all of them are."""
    signed = sorted({_last(name) for name in names if is_signed(name)})
    return f" ({', '.join(signed)}: hundredths of it, for it may be 0 alone)" if signed else ""


def _known(name: str, said: Mapping[str, bool]) -> bool | None:
    last = _last(name)
    for each in (name, last):
        if each in said:
            return said[each]
    return True if last in LOWER else False if last in HIGHER else None


def _last(name: str) -> str:
    return name.rpartition("/")[2]
