"""How often each class was taken for each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

MOST_CLASSES = 30  # of more the most frequent are counted


def confusion_counts(
    true: Sequence[str], predicted: Iterable[str], classes: Sequence[str]
) -> tuple[list[str], np.ndarray]:
    """The classes that are counted, in their order, and int64 `[C, C]`: true by predicted."""
    frequency = Counter(true)
    frequent = set(sorted(classes, key=lambda name: -frequency[name])[:MOST_CLASSES])
    place = {name: i for i, name in enumerate(name for name in classes if name in frequent)}
    counts = np.zeros((len(place), len(place)), dtype=np.int64)
    for t, p in zip(true, predicted, strict=True):
        if t in place and p in place:
            counts[place[t], place[p]] += 1
    return list(place), counts
