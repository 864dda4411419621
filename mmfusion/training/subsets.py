"""The test of a model with all it has, and with every subset of the modalities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import torch
from pytorch_lightning.utilities import rank_zero_info
from torch import Tensor

from mmfusion.batch import Batch, Encoded
from mmfusion.model import MultiTaskModel
from mmfusion.tasks._base import Task
from mmfusion.training.evaluation import Scores

MOST_FOR_ALL = 5  # 31 subsets


def choose_subsets(modalities: Sequence[str], which: str) -> list[tuple[str, ...]]:
    """Subsets to test, small ones first, each in the order of `modalities`; the last one has them all.

    `which` is `all`, every subset but the empty one; `leave_one_out`, all but one; or `none`. Above five modalities
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


class SubsetTest:
    """Scores of the test split: `test/…` with all modalities, `test[a+b]/…` with a and b alone.

    The encoders run once a batch; fusion and heads once a subset. A row that has nothing of a subset is left out
    there, and `test[a+b]/rows` says how many rows were scored.
    """

    def __init__(
        self,
        model: MultiTaskModel,
        tasks: Mapping[str, Task],
        subsets: Sequence[tuple[str, ...]],
        device: torch.device,
    ) -> None:
        self.model = model
        self.everything = tuple(model.encoders)
        self.subsets = subsets
        self.scores = {subset: Scores(tasks, device) for subset in {self.everything: None} | dict.fromkeys(subsets)}

    @torch.no_grad()
    def update(self, batch: Batch) -> dict[str, Any]:
        """Add one batch; returns which `rows` were scored with all modalities, and the `outputs` by task."""
        scored: dict[str, Any] = {"rows": torch.zeros(0, dtype=torch.long), "outputs": {}}
        present = {name: batch.present[name] for name in self.everything}
        encoded = self.model.encode(batch.inputs, present)
        for subset, scores in self.scores.items():
            shown = {m: has_B if m in subset else torch.zeros_like(has_B) for m, has_B in present.items()}
            rows_K = torch.stack(list(shown.values())).any(0).nonzero().squeeze(1)
            if len(rows_K) == 0:
                continue

            def take(x: Tensor, rows_K: Tensor = rows_K) -> Tensor:
                return x if len(rows_K) == len(x) else x[rows_K.to(x.device)]

            parts = {m: Encoded(take(e.pooled), take(e.tokens), take(e.mask)) for m, e in encoded.items()}
            shown = {m: take(has_B) for m, has_B in shown.items()}
            outputs = self.model.decide(self.model.fuse(parts, shown), shown)
            targets = {name: take(x) for name, x in batch.targets.items()}
            labelled = {name: take(x) for name, x in batch.labelled.items()}
            scores.update(outputs, targets, labelled, len(rows_K))
            if subset == self.everything:
                scored = {"rows": rows_K, "outputs": outputs}
        return scored

    def compute(self) -> dict[str, Tensor]:
        """Every metric by its full name."""
        values = {subset: scores.compute() for subset, scores in self.scores.items()}
        splits = {"test": self.everything} | {f"test[{'+'.join(subset)}]": subset for subset in self.subsets}
        return {f"{split}/{key}": value for split, of in splits.items() for key, value in values[of].items()}
