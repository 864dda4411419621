"""Binary classification: yes or no."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from mmfusion.label_lists import KNOWN_PAIRS
from mmfusion.tasks._classes import ClassTask
from mmfusion.tasks.labels import as_value, canonical, ordered, require_shapes, valid


class Binary(ClassTask):
    """`L_b = −w·y log σ(z_b) − (1 − y) log(1 − σ(z_b))`, one output `z [B, 1]`.

    The training split's two labels are the classes. In a known pair (no/yes, false/true, 0/1, n/y, negative/positive,
    −1/1; neither capitals matter nor 1.0 for 1) it is known which one is positive, and one of the two may be missing;
    of any other two, the second in order is positive; a mix such as no/1 is refused unless `positive` is given. Where
    most labels are of a known pair, the others are refused row by row.

    Args:
        column: the table's column; None for the task's own name.
        positive: the label that counts as yes; None for the rule above.
        pos_weight: `w`, a positive number; None for 1; `balanced` for `n_no / n_yes` of the training split.
        auroc_bins: None for an exact AUROC, or the number of bins of the logit.

    Raises:
        ValueError: an option out of range; labels of the training split that are not two.
    """

    dim = 1
    choices = 2
    fill = 0

    def __init__(
        self,
        column: str | None = None,
        positive: str | int | bool | None = None,
        pos_weight: float | str | None = None,
        auroc_bins: int | None = None,
    ) -> None:
        super().__init__(column, None, auroc_bins)
        wrong = pos_weight != "balanced" if isinstance(pos_weight, str) else pos_weight is not None and pos_weight <= 0
        if wrong:
            raise ValueError(f"pos_weight: expected null, balanced or a positive number, found {pos_weight!r}")
        self.positive = None if positive is None else _fold(canonical(positive))
        self.pos_weight = pos_weight
        self.weight: Tensor
        self.register_buffer("weight", torch.ones(()), persistent=False)

    def fit(self, labels: Sequence[Any]) -> None:
        frequencies = Counter(valid(labels, lambda label: _fold(canonical(label))))
        self._settle(frequencies, self._order(frequencies))

    def _order(self, frequencies: Counter[str]) -> tuple[str, str]:
        """The two classes, no first."""
        names = set(frequencies)
        pair = next((pair for pair in KNOWN_PAIRS if names and names <= set(pair)), None) or _nearly_all(frequencies)
        if pair is None:
            if len(names) != 2:
                raise ValueError(
                    f"expected two labels (or no/yes, false/true, 0/1) in the training split, found {len(names)}: "
                    f"{', '.join(ordered(names)[:10])}; more than two are a classification"
                )
            first, second = ordered(names)
            if self.positive is None and any(first in known or second in known for known in KNOWN_PAIRS):
                raise ValueError(f"positive: say which of {first} and {second} counts as yes; they are no known pair")
            pair = (first, second)
        if self.positive is None:
            return pair
        if self.positive not in pair:
            raise ValueError(f"positive: expected one of {', '.join(pair)}, found {self.positive!r}")
        return (pair[1], pair[0]) if self.positive == pair[0] else pair

    def _ready(self) -> None:
        if isinstance(self.pos_weight, str):
            no, yes = self.counts
            self.weight = torch.tensor(no / yes if no and yes else 1.0)
        elif self.pos_weight is not None:
            self.weight = torch.tensor(float(self.pos_weight))

    def check(self, label: Any) -> int:
        name = _fold(canonical(label))
        if name not in self.fitted:
            raise ValueError(f"expected {' or '.join(self.fitted.names)}, found {label!r}: {self.fitted.hint(name)}")
        return self.fitted.index(name)

    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        require_shapes(output, target, 1, ())
        return binary_cross_entropy_with_logits(
            output[:, 0].float(), target.float(), reduction="none", pos_weight=self.weight
        )

    def metric_inputs(self, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        require_shapes(output, target, 1, ())
        return output[:, 0].float().sigmoid(), target.long()

    def predict(self, output: Tensor) -> dict[str, Tensor]:
        probability_B = output[:, 0].float().sigmoid()
        return {"class": (probability_B > 0.5).long(), "probability": probability_B}

    def readable(self, predictions: dict[str, Tensor]) -> dict[str, list[Any]]:
        """The class's name, and `_p_<positive>` the probability of the positive one."""
        return {
            "": [self.fitted.names[i] for i in predictions["class"].tolist()],
            f"_p_{self.fitted.names[1]}": predictions["probability"].tolist(),
        }


def _nearly_all(frequencies: Counter[str]) -> tuple[str, str] | None:
    """The one known pair that most labels are of, both its words among them: what else there is is a slip."""
    pairs = [(no, yes) for no, yes in KNOWN_PAIRS if no in frequencies and yes in frequencies]
    is_most = len(pairs) == 1 and 2 * sum(frequencies[name] for name in pairs[0]) > frequencies.total()
    return pairs[0] if is_most else None


def _fold(name: str) -> str:
    """Small letters, and 1 for 1.0, where the word belongs to a known pair; any other label keeps its spelling."""
    folded = as_value(name.lower())
    return folded if any(folded in pair for pair in KNOWN_PAIRS) else name
