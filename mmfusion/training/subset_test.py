"""A test of the model with all it has, and with every subset of the modalities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from mmfusion.batch import Batch, Encoded
from mmfusion.model import MultiTaskModel
from mmfusion.tasks._base import Task
from mmfusion.training.evaluation import Scores
from mmfusion.training.subsets import subset_name


class SubsetTest:
    """Scores of the test split: `test/…` with all modalities, `test[a+b]/…` with a and b alone.

    The encoders run once a batch; fusion and heads once a subset. A row that has nothing of a subset is left out
    there, and `test[a+b]/rows` says how many rows were scored.

    Args:
        model: what is tested.
        tasks: task to its definition.
        subsets: those to try; one that has all modalities is the test itself and costs nothing more.
        device: where batches are.
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
        found = {subset: scores.compute() for subset, scores in self.scores.items()}
        named = {f"test/{key}": value for key, value in found[self.everything].items()}
        for subset in self.subsets:
            named |= {f"test[{subset_name(subset)}]/{key}": value for key, value in found[subset].items()}
        return named
