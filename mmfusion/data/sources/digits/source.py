"""`data=digits`: three independent digits a row, one drawn, one spoken, one written."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Interval

from mmfusion.data.sources._base import Source
from mmfusion.data.sources._generated import generator, table_of
from mmfusion.data.sources.digits.ceiling import ORDER, ceiling, largest, total
from mmfusion.data.sources.digits.images import draw_digits
from mmfusion.data.sources.digits.phrases import phrase
from mmfusion.data.sources.digits.synthesiser import speak
from mmfusion.data.table.table import Table

TASKS = ("sum", "largest")
Count = Annotated[int, Ge(0)]
Level = Annotated[float, Ge(0)]
Share = Annotated[float, Interval(ge=0, le=1)]
NOISE: Mapping[Literal["image", "speech"], Level] = MappingProxyType({"image": 0.1, "speech": 0.7})
ABSENT: Mapping[Literal["image", "speech", "text"], Share] = MappingProxyType({"image": 0, "speech": 0, "text": 0})
UNLABELLED: Mapping[Literal["sum", "largest"], Share] = MappingProxyType({"sum": 0, "largest": 0})


class Digits(Source):
    """Rows whose columns are `image`, `speech`, `text`, the targets `sum` and `largest`, and the digits themselves.

    `sum` is the sum of the three digits, 0…27. `largest` is `image`, `speech` or `text`, whichever holds the largest
    digit; of equal digits the first in that order. Every modality is needed for either, and what any subset of them
    allows at best is known exactly (`ceiling`).

    Digits are uniform and independent. No handwritten image and no voice is in two splits. The same seed gives the
    same rows; noise, absences and missing labels leave everything else as it is.

    Args:
        rows: number of rows of train, val and test.
        seed: of all that is drawn; not negative.
        noise: of `image`, standard deviation relative to white; of `speech`, relative to the word's own level.
        absent: for each modality the share of rows that lack it, in every split; never all three in one row.
        unlabelled: for each task the share of training rows without a label; val and test keep all theirs.
    """

    def __init__(
        self,
        rows: Mapping[Literal["train", "val", "test"], Count],
        seed: Count = 0,
        noise: Mapping[Literal["image", "speech"], Level] = NOISE,
        absent: Mapping[Literal["image", "speech", "text"], Share] = ABSENT,
        unlabelled: Mapping[Literal["sum", "largest"], Share] = UNLABELLED,
    ) -> None:
        self.rows: Mapping[Any, int] = rows
        self.seed = seed
        self.noise: Mapping[Any, float] = noise
        self.absent: Mapping[Any, float] = absent
        self.unlabelled: Mapping[Any, float] = unlabelled

    def read(self) -> Table:
        return table_of("digits", self.rows, self._split)

    def ceiling(self, modalities: frozenset[str]) -> dict[str, dict[str, float]]:
        known = modalities & set(ORDER)
        return ceiling(known, self.absent) if known else {}

    def _split(self, split: str, n: int) -> dict[str, list[Any]]:
        """Columns of one split; everything is drawn by a generator of its own, so options do not disturb another's."""
        digits_N3 = self._rng(split, "digits").integers(10, size=(n, 3))
        columns: dict[str, list[Any]] = {
            "image": list(draw_digits(digits_N3[:, 0], split, self._rng(split, "image"), self.noise.get("image", 0))),
            "speech": speak(digits_N3[:, 1], split, self._rng(split, "speech"), self.noise.get("speech", 0)),
            "text": phrase(digits_N3[:, 2], self._rng(split, "text")),
            "sum": total(digits_N3).tolist(),
            "largest": [ORDER[i] for i in largest(digits_N3)],
        }
        for i, name in enumerate(ORDER):
            columns[f"{name}_digit"] = digits_N3[:, i].tolist()
        lacking_N3 = self._lacking(self._rng(split, "absent"), n)
        for i, name in enumerate(ORDER):
            columns[name] = [None if gone else x for gone, x in zip(lacking_N3[:, i], columns[name], strict=True)]
        if split == "train":
            for name in TASKS:
                gone_N = self._rng(split, "unlabelled", name).uniform(size=n) < self.unlabelled.get(name, 0)
                columns[name] = [None if gone else x for gone, x in zip(gone_N, columns[name], strict=True)]
        return columns

    def _lacking(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """Bool `[N, 3]` in the order of `ORDER`, never all True in a row."""
        lacking_N3 = rng.uniform(size=(n, 3)) < np.array([self.absent.get(name, 0) for name in ORDER])
        spared_N = rng.integers(3, size=n)
        nothing = np.flatnonzero(lacking_N3.all(1))
        lacking_N3[nothing, spared_N[nothing]] = False
        return lacking_N3

    def _rng(self, *what: str) -> np.random.Generator:
        return generator(self.seed, *what)
