"""Classification: one of C classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from mmfusion.tasks._classes import ClassTask
from mmfusion.tasks.labels import canonical, require_shapes, valid

SHOWN_CLASSES = 100


class Classification(ClassTask):
    """`L_b = −w_y Σ_c q_c log softmax(z_b)_c` with `q = (1 − ε)·onehot(y) + ε/C`, outputs `z [B, C]`.

    With both weights and smoothing, each class's term has that class's own weight, as in torch. Rows are averaged by
    their number, not by the sum of their weights (torch's `cross_entropy` would do the latter), so that a batch's
    loss does not depend on which classes it happened to draw.

    Args:
        column: the table's column; None for the task's own name.
        classes: the classes in order; None for those of the training split, sorted.
        label_smoothing: ε in [0, 1).
        class_weights: None; one positive number per class, in the order of `classes`; or `balanced`,
            `w_c = N / (C' n_c)` over the C' classes that the training split has (a class that it lacks gets 1).
        auroc_bins: None for an exact AUROC (see `Auroc` for very many scores), or the number of bins of the logit.

    Raises:
        ValueError: an option out of range; fewer than two classes; weights that do not fit the classes.
    """

    fill = 0

    def __init__(
        self,
        column: str | None = None,
        classes: Sequence[Any] | None = None,
        label_smoothing: float = 0.0,
        class_weights: str | Sequence[float] | None = None,
        auroc_bins: int | None = None,
    ) -> None:
        super().__init__(column, classes, auroc_bins)
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"label_smoothing: expected a number in [0, 1), found {label_smoothing}")
        if isinstance(class_weights, str) and class_weights != "balanced":
            raise ValueError(f"class_weights: expected null, balanced or a list, found {class_weights!r}")
        if class_weights is not None and not isinstance(class_weights, str) and not all(w > 0 for w in class_weights):
            raise ValueError(f"class_weights: expected positive numbers, found {list(class_weights)}")
        self.label_smoothing = label_smoothing
        self.class_weights = class_weights
        self.weights: Tensor | None
        self.register_buffer("weights", None, persistent=False)

    def fit(self, labels: Sequence[Any]) -> None:
        self._settle(Counter(valid(labels, canonical)))

    def _ready(self) -> None:
        self.dim = self.choices = len(self.fitted)
        if self.dim < 2:
            raise ValueError(f"expected at least 2 classes, found {self.dim}: {self.fitted.names}")
        if isinstance(self.class_weights, str):
            present = sum(count > 0 for count in self.counts)
            rows = sum(self.counts)
            self.weights = torch.tensor([rows / (present * count) if count else 1.0 for count in self.counts])
        elif self.class_weights is not None:
            if len(self.class_weights) != self.dim:
                raise ValueError(
                    f"class_weights: expected {self.dim} numbers, one each for {', '.join(self.fitted.names)}, "
                    f"found {len(self.class_weights)}"
                )
            self.weights = torch.tensor(self.class_weights, dtype=torch.float32)

    def check(self, label: Any) -> int:
        return self.fitted.index(label)

    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        require_shapes(output, target, self.dim, ())
        return cross_entropy(
            output.float(), target.long(), self.weights, reduction="none", label_smoothing=self.label_smoothing
        )

    def metric_inputs(self, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        require_shapes(output, target, self.dim, ())
        return output.float().softmax(1), target.long()

    def predict(self, output: Tensor) -> dict[str, Tensor]:
        probabilities_BC = output.float().softmax(1)
        return {"class": probabilities_BC.argmax(1), "probabilities": probabilities_BC}

    def readable(self, predictions: dict[str, Tensor]) -> dict[str, list[Any]]:
        """The class's name, `_p` its probability, and `_p_<class>` each class's (up to 100 classes)."""
        probabilities_BC = predictions["probabilities"]
        columns: dict[str, list[Any]] = {
            "": [self.fitted.names[i] for i in predictions["class"].tolist()],
            "_p": probabilities_BC.amax(1).tolist(),
        }
        if self.dim <= SHOWN_CLASSES:
            columns |= {f"_p_{name}": probabilities_BC[:, i].tolist() for i, name in enumerate(self.fitted.names)}
        return columns
