"""Metrics of two ranks with unequal rows, or with none on one of them, against one process with all rows."""

import pytest
import torch
from torchmetrics import Metric

from mmfusion.tasks.binary import Binary
from mmfusion.tasks.classification import Classification
from mmfusion.tasks.multilabel import Multilabel
from mmfusion.tasks.regression import Regression

TASKS = ("one_of", "one_of_binned", "yes", "any_of", "number")


def make(name: str):
    """A fitted task, 30 outputs and their targets."""
    task = {
        "one_of": Classification(),
        "one_of_binned": Classification(auroc_bins=512),
        "yes": Binary(),
        "any_of": Multilabel(),
        "number": Regression(),
    }[name]
    task.fit({"yes": [0, 1], "any_of": [["a", "b", "c"]], "number": [0.0, 1.0, 5.0]}.get(name, ["a", "b", "c"]))
    g = torch.Generator().manual_seed(0)
    outputs = torch.randn(30, task.dim, generator=g)
    hot = torch.randint(2, (30, 3), generator=g)
    target = {"yes": hot[:, 0], "any_of": hot, "number": torch.randn(30, generator=g)}.get(name)
    return task, outputs, torch.randint(3, (30,), generator=g) if target is None else target


def gathered(ours: Metric, theirs: Metric) -> torch.Tensor:
    """What `ours` computes where a gather brings the states of `theirs` too (torchmetrics asks state by state)."""
    states = [getattr(theirs, name) for name in theirs._reductions]
    queue = iter([torch.cat(state) if isinstance(state, list) else state for state in states])
    ours.distributed_available_fn = lambda: True
    ours.dist_sync_fn = lambda state, group: [state, next(queue)]
    value = ours.compute()
    assert next(queue, None) is None, "every state was asked for once"
    return value


@pytest.mark.parametrize("first", [11, 30])
@pytest.mark.parametrize("name", TASKS)
def test_two_ranks_give_what_one_process_gives(name, first):
    task, output, target = make(name)
    ranks, alone = [task.metrics(), task.metrics()], task.metrics()
    alone.update(*task.metric_inputs(output, target))
    for metrics, rows in zip(ranks, (slice(0, first), slice(first, 30)), strict=True):
        metrics.update(*task.metric_inputs(output[rows], target[rows]))
    for (key, ours), theirs in zip(ranks[0].items(), ranks[1].values(), strict=True):
        assert gathered(ours, theirs).item() == pytest.approx(alone[key].compute().item(), abs=1e-6), key


def test_a_rank_that_never_updated_still_takes_part_in_the_gather():
    task, output, target = make("one_of")
    ours, theirs = task.metrics()["auroc"], task.metrics()["auroc"]
    ours.update(*task.metric_inputs(output, target))
    alone = ours.compute()
    ours._computed = None
    assert all(state for state in (theirs.scores, theirs.truths))
    assert gathered(ours, theirs) == alone
