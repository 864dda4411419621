"""Accuracy, F1, AUROC and calibration error of classes.

All take what `Task.metric_inputs` gives: probabilities `[B, C]` and class numbers `[B]` (one of C), probabilities `[B]`
and 0/1 `[B]` (yes or no), or probabilities `[B, C]` and 0/1 `[B, C]` (any of C).

torchmetrics' own fail on an update of no row, and give 0 for what has no value: the F1 of a yes that neither occurs nor
is predicted, the AUROC of a class with rows of one kind alone. Its AUROC and calibration error keep all scores, however
many, and bins of equal width put most of a sure model's scores in two.

Shapes: B rows, C classes, N rows seen so far, K bins.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import one_hot
from torchmetrics import MeanMetric, Metric
from torchmetrics.utilities import rank_zero_warn
from torchmetrics.utilities.data import dim_zero_cat

EXACT_CLASSES = 64
EXACT_SCORES = 2**23  # of more classes, that are kept for an exact AUROC: 32 MiB, and seconds to sort
BINS = 1024
LOGIT_RANGE = (-30.0, 17.0)  # what float32 probabilities resolve: 1e-13 at one end, 1 - 6e-8 at the other


def _columns(preds: Tensor, target: Tensor) -> tuple[Tensor, Tensor, bool]:
    """Scores and truths `[B, C]`, and whether exactly one of the C is true."""
    if preds.ndim == 1:
        return preds[:, None], target[:, None].bool(), False
    if target.ndim == 1:
        return preds, one_hot(target.long(), preds.shape[1]).bool(), True
    return preds, target.bool(), False


def _decided(scores_BC: Tensor, one_of: bool) -> Tensor:
    """Bool `[B, C]`: the class with the highest score, or every class above one half."""
    return one_hot(scores_BC.argmax(1), scores_BC.shape[1]).bool() if one_of else scores_BC > 0.5


class Accuracy(MeanMetric):
    """Share of right decisions: over rows (one of C), or over rows and classes (yes or no, any of C). NaN if N = 0."""

    def __init__(self) -> None:
        super().__init__(nan_strategy="disable")
        self.set_dtype(torch.float64)

    def update(self, preds: Tensor, target: Tensor) -> None:  # type: ignore[override]
        scores_BC, truth_BC, one_of = _columns(preds, target)
        decided_BC = _decided(scores_BC, one_of)
        super().update((decided_BC & truth_BC).sum(1).double() if one_of else (decided_BC == truth_BC).double())


class F1(Metric):
    """`mean_c 2·tp_c / (2·tp_c + fp_c + fn_c)` over the classes that occur or were predicted; NaN if there is none.

    Args:
        classes: C; 1 for yes or no, where it is the F1 of yes.
    """

    full_state_update = False
    hits: Tensor
    decided: Tensor
    true: Tensor

    def __init__(self, classes: int) -> None:
        super().__init__()
        for name in ("hits", "decided", "true"):
            self.add_state(name, torch.zeros(classes, dtype=torch.long), dist_reduce_fx="sum")

    def update(self, preds: Tensor, target: Tensor) -> None:
        scores_BC, truth_BC, one_of = _columns(preds, target)
        decided_BC = _decided(scores_BC, one_of)
        self.hits += (decided_BC & truth_BC).sum(0)
        self.decided += decided_BC.sum(0)
        self.true += truth_BC.sum(0)

    def compute(self) -> Tensor:
        return (2 * self.hits / (self.decided + self.true)).nanmean()


class Auroc(Metric):
    """Area under the ROC curve: `P(score of a true row > of a false one) + ½ P(equal)`, averaged over classes.

    One class against the rest; a class without both a true and a false row has no AUROC and is left out of the mean;
    NaN if that leaves none.

    Exact, which keeps every row's probabilities (4·N·C bytes). If `bins` is given, or if a rank sees more than 2²³
    scores of more than 64 classes (which a warning says), scores are counted in bins of their logit: memory no longer
    grows with N, and scores that share a bin count as equal.

    Args:
        classes: C; 1 for yes or no.
        bins: K, or None for the rule above, where K is 1024.
    """

    full_state_update = False
    scores: list[Tensor]
    truths: list[Tensor]
    counts: Tensor

    def __init__(self, classes: int, bins: int | None = None) -> None:
        super().__init__()
        self.classes = classes
        self.bins = bins or BINS
        self.exact = self.keeps = bins is None
        if self.exact:
            self.add_state("scores", [], dist_reduce_fx="cat")
            self.add_state("truths", [], dist_reduce_fx="cat")
            self._clear()
        if not self.exact or classes > EXACT_CLASSES:
            self.add_state("counts", torch.zeros(2, classes, self.bins, dtype=torch.long), dist_reduce_fx="sum")

    def reset(self) -> None:
        super().reset()
        self.keeps = self.exact
        if self.exact:
            self._clear()

    def _clear(self) -> None:
        # An empty list on the one rank that saw no row would leave the other ranks waiting in the gather.
        self.kept = 0
        self.scores = [torch.zeros(0, self.classes, device=self.device)]
        self.truths = [torch.zeros(0, self.classes, dtype=torch.bool, device=self.device)]

    def update(self, preds: Tensor, target: Tensor) -> None:
        scores_BC, truth_BC, _ = _columns(preds, target)
        if not self.keeps:
            self._count(scores_BC, truth_BC)
            return
        self.scores.append(scores_BC.float())
        self.truths.append(truth_BC)
        self.kept += scores_BC.numel()
        if self.classes > EXACT_CLASSES and self.kept > EXACT_SCORES:
            self._count(torch.cat(self.scores), torch.cat(self.truths))
            self._clear()
            self.keeps = False

    def _count(self, scores_BC: Tensor, truth_BC: Tensor) -> None:
        low, high = LOGIT_RANGE
        logit_BC = torch.logit(scores_BC.float()).clamp(low, high)
        bin_BC = ((logit_BC - low) * (self.bins / (high - low))).long().clamp(max=self.bins - 1)
        # One count of the flat index (truth, class, bin) instead of C histograms.
        classes_C = torch.arange(self.classes, device=bin_BC.device)
        flat_BC = (truth_BC.long() * self.classes + classes_C) * self.bins + bin_BC
        self.counts += torch.bincount(flat_BC.flatten(), minlength=self.counts.numel()).view_as(self.counts)

    def compute(self) -> Tensor:
        if not self.exact:
            return _area(self.counts[1], self.counts[0]).nanmean()
        scores_NC, truth_NC = dim_zero_cat(self.scores), dim_zero_cat(self.truths)
        if self.classes > EXACT_CLASSES and bool(self.counts.any()):  # of whichever rank
            self._count(scores_NC, truth_NC)
            rank_zero_warn(
                f"the AUROC of {self.classes} classes over {int(self.counts.sum()) // self.classes} rows is counted in "
                f"{self.bins} bins of the logit, since sorting all scores would take long; auroc_bins sets how many"
            )
            return _area(self.counts[1], self.counts[0]).nanmean()
        areas = []
        for scores_N, truth_N in zip(scores_NC.unbind(1), truth_NC.unbind(1), strict=True):
            values_U, rank_N = scores_N.unique(return_inverse=True)
            true_U = torch.bincount(rank_N[truth_N], minlength=len(values_U))
            areas.append(_area(true_U, torch.bincount(rank_N, minlength=len(values_U)) - true_U))
        return torch.stack(areas).nanmean()


def _area(true_K: Tensor, false_K: Tensor) -> Tensor:
    """AUROC from counts of true and false rows per score, ascending in the last dimension; NaN if one is empty."""
    below_K = false_K.cumsum(-1) - false_K
    twice_wins = (true_K * (2 * below_K + false_K)).sum(-1)
    # Two divisions: the product of the counts could be too large for a float32's whole numbers.
    return twice_wins / true_K.sum(-1) / false_K.sum(-1) / 2


class CalibrationError(Metric):
    """Expected calibration error, `Σ_k n_k/N · |share right_k − mean confidence_k|` over K equal bins; NaN if N = 0.

    One of C: the confidence is the highest probability, right is that class. Yes or no: the confidence is the
    probability of yes, right is yes. Paper: Guo et al., arXiv 1706.04599.
    """

    full_state_update = False
    sums: Tensor

    def __init__(self, bins: int = 15) -> None:
        super().__init__()
        self.add_state("sums", torch.zeros(3, bins), dist_reduce_fx="sum")

    def update(self, preds: Tensor, target: Tensor) -> None:
        confidence_B, right_B = preds.float(), target.float()
        if preds.ndim == 2:
            confidence_B, decided_B = preds.float().max(1)
            right_B = (decided_B == target).float()
        bins = self.sums.shape[1]
        bin_BK = one_hot((confidence_B * bins).long().clamp(0, bins - 1), bins).float()
        # Not a matrix product: autocast would round it to bf16.
        self.sums += (torch.stack([torch.ones_like(right_B), right_B, confidence_B])[..., None] * bin_BK).sum(1)

    def compute(self) -> Tensor:
        rows_K, right_K, confidence_K = self.sums
        return (right_K - confidence_K).abs().sum() / rows_K.sum()
