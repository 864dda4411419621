"""Multi-label classification: any of C labels, none included."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, ClassVar

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from mmfusion.label_lists import MARKS, split_labels
from mmfusion.tasks._classes import ClassTask
from mmfusion.tasks.labels import as_value, canonical, require_shapes, valid


class Multilabel(ClassTask):
    """`L_b = −1/C Σ_c y_c log σ(z_bc) + (1 − y_c) log(1 − σ(z_bc))`, outputs `z [B, C]`.

    A cell is a list of labels, or a text: of labels with a separator between them (`cat; dog`), or of a list as Python
    or JSON writes it (`['cat', 'dog']`). An empty cell is a missing label; a row that is known to have no label at all
    says so with an empty list, or with the word `none`. The order of labels does not matter. Or each label has a column
    of its own (`columns`), of 0 and 1, no and yes, or false and true; a row in which all are empty is one whose labels
    are not known, unless an empty cell says no (`empty_is_no`).

    Args:
        column: the table's column; None for the task's own name.
        columns: one column a label, instead of `column`.
        classes: the labels in order; None for those of the training split, sorted, or for the names of `columns`.
        separator: what stands between the labels of a text.
        none: the word for "no label applies", in capitals or small letters.
        auroc_bins: None for an exact AUROC (see `Auroc` for very many scores), or the number of bins of the logit.
        empty_is_no: of `columns`, an empty cell says that the label does not hold, as beside an `x` where it does.

    Raises:
        ValueError: an option out of range; no label in the training split.
    """

    METRICS: ClassVar = {name: metric for name, metric in ClassTask.METRICS.items() if name != "calibration_error"}

    choices = 2
    several = True

    def __init__(
        self,
        column: str | None = None,
        columns: Sequence[str] | None = None,
        classes: Sequence[Any] | None = None,
        separator: str = ";",
        none: str = "none",
        auroc_bins: int | None = None,
        empty_is_no: bool = False,
    ) -> None:
        if columns and column is not None:
            raise ValueError(f"give column or columns, not both: found {column!r} and {list(columns)}")
        if columns and classes is not None and len(classes) != len(columns):
            raise ValueError(f"classes: expected {len(columns)} names, one a column, found {len(classes)}")
        if empty_is_no and not columns:
            raise ValueError("empty_is_no: expected columns, one a label, found none")
        super().__init__(column, columns if columns and classes is None else classes, auroc_bins)
        self.columns = list(columns or ())
        if not separator:
            raise ValueError("separator: expected at least one character, found empty text")
        self.separator = separator
        self.none = none
        self.empty_is_no = empty_is_no

    def fit(self, labels: Sequence[Any]) -> None:
        self._settle(Counter(chain.from_iterable(valid(labels, self._names))))

    def _ready(self) -> None:
        self.dim = len(self.fitted)
        if self.dim < 1:
            raise ValueError("expected at least 1 label in the training split, found none")
        self.fill = [0.0] * self.dim

    def _names(self, label: Any) -> set[str]:
        if self.columns:
            return self._marked(label)
        if isinstance(label, str):
            parts = split_labels(label, self.separator)
        elif isinstance(label, Iterable) and not isinstance(label, Mapping | bytes):
            parts = list(label)
        else:
            parts = [label]
        names = {canonical(part) for part in parts}
        nothing = {name for name in names if name.casefold() == self.none.casefold()}
        if nothing and names != nothing:
            raise ValueError(
                f"expected labels or {self.none!r}, found both; take one away, or set `none` to another word if "
                f"{self.none!r} is a label like any other"
            )
        return names - nothing

    def _marked(self, cells: Sequence[Any]) -> set[str]:
        """The labels whose column says yes."""
        names = set()
        for column, name, cell in zip(self.columns, self.fitted.names, cells, strict=True):
            if cell is None and self.empty_is_no:
                continue
            if cell is None:
                raise ValueError(
                    f"expected 0 or 1 in each of these columns, found nothing in {column!r}; empty all of them where "
                    "no label is known, set empty_is_no if an empty cell says no, or make each column a task of its "
                    "own (binary)"
                )
            word = as_value(canonical(cell)).lower()
            if word not in MARKS:
                raise ValueError(f"expected 0 or 1 (or no and yes, false and true), found {cell!r} in {column!r}")
            names.update([name] if MARKS[word] else [])
        return names

    def check(self, label: Any) -> list[float]:
        target = [0.0] * self.dim
        for name in self._names(label):
            target[self.fitted.index(name)] = 1.0
        return target

    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        require_shapes(output, target, self.dim, (self.dim,))
        return binary_cross_entropy_with_logits(output.float(), target.float(), reduction="none").mean(1)

    def metric_inputs(self, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        require_shapes(output, target, self.dim, (self.dim,))
        return output.float().sigmoid(), target.long()

    def predict(self, output: Tensor) -> dict[str, Tensor]:
        probabilities_BC = output.float().sigmoid()
        return {"classes": probabilities_BC > 0.5, "probabilities": probabilities_BC}

    def readable(self, predictions: dict[str, Tensor]) -> dict[str, list[Any]]:
        """The labels with the separator between them (or `none`), and `_p_<label>` each one's probability."""
        names = self.fitted.names
        chosen = [[n for n, yes in zip(names, row, strict=True) if yes] for row in predictions["classes"].tolist()]
        columns: dict[str, list[Any]] = {"": [self.separator.join(row) or self.none for row in chosen]}
        return columns | {f"_p_{name}": predictions["probabilities"][:, i].tolist() for i, name in enumerate(names)}
