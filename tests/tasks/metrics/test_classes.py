import pytest
import torch
from sklearn.metrics import f1_score, roc_auc_score
from torchmetrics import functional as tm

from mmfusion.tasks.metrics import classes
from mmfusion.tasks.metrics.classes import F1, Accuracy, Auroc, CalibrationError

ROWS, CLASSES = 400, 5


def make(case: str, seed: int = 0, rows: int = ROWS) -> tuple[torch.Tensor, torch.Tensor]:
    """Probabilities that know something, in each of the three forms; rounded, so that scores tie."""
    g = torch.Generator().manual_seed(seed)
    if case == "multiclass":
        target = torch.randint(CLASSES, (rows,), generator=g)
        logits = torch.randn(rows, CLASSES, generator=g)
        logits[torch.arange(rows), target] += 1.0
        return logits.mul(4).round().div(4).softmax(1), target
    target = torch.randint(2, (rows, CLASSES), generator=g)
    preds = (torch.randn(rows, CLASSES, generator=g) + target).mul(8).round().div(8).sigmoid()
    return (preds[:, 0].contiguous(), target[:, 0].contiguous()) if case == "binary" else (preds, target)


def metric(name: str, case: str):
    count = 1 if case == "binary" else CLASSES
    return {
        "accuracy": lambda: Accuracy(),
        "f1": lambda: F1(count),
        "auroc": lambda: Auroc(count),
        "auroc_binned": lambda: Auroc(count, bins=1024),
        "calibration_error": lambda: CalibrationError(),
    }[name]()


def expected(name: str, case: str, preds: torch.Tensor, target: torch.Tensor) -> float:
    if name.startswith("auroc"):
        return roc_auc_score(target, preds, **({"multi_class": "ovr"} if case == "multiclass" else {}))
    if name == "f1" and case != "binary":
        decided = preds.argmax(1) if case == "multiclass" else preds > 0.5
        return f1_score(target, decided, average="macro")
    options = {
        "binary": {"task": "binary"},
        "multiclass": {"task": "multiclass", "num_classes": CLASSES, "average": "micro"},
        "multilabel": {"task": "multilabel", "num_labels": CLASSES, "average": "micro"},
    }[case]
    if name == "calibration_error":
        options.pop("average", None)
    function = {"accuracy": tm.accuracy, "f1": tm.f1_score, "calibration_error": tm.calibration_error}[name]
    return function(preds, target, **options).item()


CASES = [
    (name, case)
    for name in ("accuracy", "f1", "auroc", "auroc_binned", "calibration_error")
    for case in ("binary", "multiclass", "multilabel")
    if (name, case) != ("calibration_error", "multilabel")
]


@pytest.mark.parametrize(("name", "case"), CASES)
def test_agrees_with_sklearn_and_torchmetrics_however_rows_are_batched(name, case):
    preds, target = make(case)
    ours = metric(name, case)
    ours.update(preds[:0], target[:0])
    assert ours.compute().isnan(), "no row has no value, and needs no warning"
    ours.update(*make(case, seed=1))
    ours.compute()
    ours.reset()
    for i, j in ((0, 1), (1, 1), (1, 150), (150, ROWS)):
        ours.update(preds[i:j], target[i:j])
    # Scores lie an eighth apart, bins less than that; the multiclass ones are softmaxed, so a few share a bin.
    tolerance = 5e-4 if name == "auroc_binned" else 1e-5
    assert ours.compute().item() == pytest.approx(expected(name, case, preds, target), abs=tolerance)
    plain, cast = metric(name, case), metric(name, case)
    plain.update(preds, target)
    with torch.autocast("cpu", torch.bfloat16):
        cast.update(preds, target)
        value = cast.compute()
    assert value == plain.compute(), "autocast changes nothing"


@pytest.mark.parametrize("name", ["auroc", "auroc_binned"])
def test_auroc_leaves_out_classes_that_cannot_have_one(name):
    preds, target = make("multiclass")
    target[target == 3] = 1
    ours = metric(name, "multiclass")
    ours.update(preds, target)
    each = [roc_auc_score(target == c, preds[:, c]) for c in range(CLASSES) if c != 3]
    assert ours.compute().item() == pytest.approx(sum(each) / 4, abs=5e-4)
    ours.reset()
    ours.update(preds, torch.zeros_like(target))
    assert ours.compute().isnan()


def test_auroc_sees_scores_that_are_almost_equal():
    target = torch.arange(100) % 2
    preds = 0.25 + 1e-5 * target + 1e-7 * torch.arange(100)
    exact = Auroc(1)
    exact.update(preds, target)
    assert exact.compute() == 1


def many(rows: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows of 80 classes whose scores lie closer together than bins."""
    g = torch.Generator().manual_seed(rows)
    target = torch.randint(80, (rows,), generator=g)
    logits = 0.01 * torch.randn(rows, 80, generator=g)
    logits[torch.arange(rows), target] += 0.01
    return logits.softmax(1), target


def test_auroc_of_many_classes_is_exact():
    ours, (preds, target) = Auroc(80), many(600)
    for i in range(0, 600, 200):
        ours.update(preds[i : i + 200], target[i : i + 200])
    each = [roc_auc_score(target == c, preds[:, c]) for c in target.unique().tolist()]
    assert ours.compute().item() == pytest.approx(sum(each) / len(each), abs=1e-6)


def test_auroc_of_very_many_scores_is_counted_in_bins_and_says_so(monkeypatch):
    monkeypatch.setattr(classes, "EXACT_SCORES", 300 * 80)
    batches = [many(rows) for rows in (200, 201, 202)]
    binned, ours, theirs = Auroc(80, bins=classes.BINS), Auroc(80), Auroc(80)
    for batch in batches:
        binned.update(*batch)
    ours.update(*batches[0])
    ours.update(*batches[1])
    assert not any(len(part) for part in ours.scores), "nothing is kept any more"
    theirs.update(*batches[2])  # a rank that has kept all
    states = [theirs.scores[-1], theirs.truths[-1].bool(), theirs.counts]
    queue = iter(states)
    ours.distributed_available_fn = lambda: True
    ours.dist_sync_fn = lambda state, group: [state, next(queue)]
    with pytest.warns(UserWarning, match="the AUROC of 80 classes over 603 rows is counted in 1024 bins"):
        assert ours.compute().item() == pytest.approx(binned.compute().item(), abs=1e-6)
    ours.reset()
    assert ours.keeps


def test_saturated_probabilities_are_finite():
    ours = metric("auroc_binned", "binary")
    ours.update(torch.tensor([0.0, 1.0, 1e-45, 1 - 6e-8]), torch.tensor([0, 1, 0, 1]))
    assert ours.compute() == 1


def test_f1_leaves_out_what_neither_occurs_nor_was_predicted():
    ours = F1(4)
    ours.update(torch.eye(4)[[0, 1, 1]], torch.tensor([0, 1, 0]))
    assert ours.compute().item() == pytest.approx((2 / 3 + 2 / 3) / 2)
    nothing = F1(1)
    nothing.update(torch.tensor([0.1, 0.2]), torch.tensor([0, 0]))
    assert nothing.compute().isnan()
