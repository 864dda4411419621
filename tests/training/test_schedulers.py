import math
import warnings

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR

from mmfusion.training import schedulers


def rates(schedule, steps, total=None, lrs=(1.0,)):
    """The learning rates that each of `steps` steps uses, per group."""
    groups = [{"params": [nn.Parameter(torch.zeros(1))], "lr": lr} for lr in lrs]
    optimizer = torch.optim.SGD(groups, lr=lrs[0])
    config = schedule(optimizer, steps if total is None else total)
    assert config["interval"] == "step"
    used = []
    for _ in range(steps):
        used.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        config["scheduler"].step()
    return [rate[0] for rate in used] if len(lrs) == 1 else used


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (schedulers.constant(), [1.0, 1.0, 1.0, 1.0]),
        (schedulers.constant(warmup=4), [0.25, 0.5, 0.75, 1.0]),
        (schedulers.linear(warmup=2), [0.5, 1.0, 1.0, 0.5]),  # W = 2, N = 4: 1/2, 2/2, then 1 - 0/2, 1 - 1/2
        (schedulers.linear(min_lr=0.2), [1.0, 0.8, 0.6, 0.4]),  # (1 - 0.2)·(1 - t/4) + 0.2
        (schedulers.cosine(), [1.0, (1 + math.sqrt(0.5)) / 2, 0.5, (1 - math.sqrt(0.5)) / 2]),  # ½(1 + cos(π·t/4))
    ],
)
def test_by_hand(schedule, expected):
    assert rates(schedule, 4) == pytest.approx(expected)


def test_constant_needs_no_end():
    assert rates(schedulers.constant(warmup=2), 3, total=math.inf) == [0.5, 1.0, 1.0]


def test_cosine_with_warmup_as_a_share_and_min_lr():
    # W = 0.25·8 = 2; the sixth step is half-way down: 0.1 + 0.9·½.
    used = rates(schedulers.cosine(warmup=0.25, min_lr=0.1), 8)
    assert used[:3] == pytest.approx([0.5, 1.0, 1.0])
    assert used[5] == pytest.approx(0.55)


def test_scales_of_groups_are_kept():
    used = rates(schedulers.cosine(warmup=2, min_lr=0.1), 6, lrs=(1.0, 0.1))
    assert all(small == pytest.approx(large / 10) for large, small in used)


def test_after_the_last_step_it_stays_at_the_end():
    assert rates(schedulers.linear(min_lr=0.1), 4, total=2)[2:] == pytest.approx([0.1, 0.1])


@pytest.mark.parametrize(("anneal", "torchs"), [("cosine", "cos"), ("linear", "linear")])
def test_one_cycle_is_torchs(anneal, torchs):
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.5)
    peer = OneCycleLR(optimizer, 0.5, 20, pct_start=0.3, anneal_strategy=torchs, cycle_momentum=False)
    expected = []
    for _ in range(20):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            peer.step()
    assert rates(schedulers.one_cycle(anneal=anneal), 20, lrs=(0.5,)) == pytest.approx(expected)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_one_cycle_of_very_few_steps(steps):
    assert all(0 < rate <= 1 for rate in rates(schedulers.one_cycle(), steps))


def test_plateau_by_hand():
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    config = schedulers.plateau(monitor="val/x", mode="max", factor=0.5, patience=1)(optimizer, math.inf)
    assert config["monitor"] == "val/x"
    seen = []
    for value in (1.0, 2.0, 1.9, 1.8, 3.0):
        config["scheduler"].step(value)
        seen.append(optimizer.param_groups[0]["lr"])
    assert seen == [1.0, 1.0, 1.0, 0.5, 0.5]


def test_plateau_floors_each_group_in_proportion_to_its_scale():
    groups = [{"params": [nn.Parameter(torch.zeros(1))], "lr": lr} for lr in (1.0, 0.01)]
    optimizer = torch.optim.SGD(groups, lr=1.0)
    config = schedulers.plateau(factor=0.1, patience=0, min_lr=0.05)(optimizer, math.inf)
    for _ in range(4):
        config["scheduler"].step(1.0)
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.05, 0.0005])


@pytest.mark.parametrize("name", ["cosine", "linear", "one_cycle"])
def test_a_schedule_with_an_end_refuses_training_without_one(name):
    with pytest.raises(ValueError, match=r"trainer\.max_epochs or trainer\.max_steps"):
        rates(getattr(schedulers, name)(), 1, total=math.inf)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"warmup": 10}, "warmup of 10 steps is longer than the 5 steps"),
        ({"min_lr": 2}, r"min_lr must lie between 0 and optimizer\.lr = 1\.0, found 2"),
    ],
)
def test_what_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        rates(schedulers.cosine(**options), 5)
