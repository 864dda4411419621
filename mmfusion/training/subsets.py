"""Which subsets of the modalities a test tries, and how a result names them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from pytorch_lightning.utilities import rank_zero_info

MOST_FOR_ALL = 5  # 31 subsets


def choose_subsets(modalities: Sequence[str], which: str) -> list[tuple[str, ...]]:
    """Subsets to test, small ones first, each in the order of `modalities`; the last one has them all.

    Args:
        modalities: the model's.
        which: `all`, every subset but the empty one; `leave_one_out`, all but one; `none`. Above five modalities
            `all` means each one alone, all but one, and all; a line in the log says so.
    """
    if which == "none":
        return []
    count = len(modalities)
    sizes = list(range(1 if which == "all" else max(count - 1, 1), count + 1))
    if which == "all" and count > MOST_FOR_ALL:
        sizes = [1, count - 1, count]
        rank_zero_info(
            f"report.subsets=all: {count} modalities have {2**count - 1} subsets; testing each one alone, all but one, "
            "and all of them"
        )
    return [chosen for size in sizes for chosen in combinations(modalities, size)]


def subset_name(subset: Sequence[str]) -> str:
    """`image+text`, as in the metric `test[image+text]/sum/mae`."""
    return "+".join(subset)
