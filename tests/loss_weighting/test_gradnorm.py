from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from torch import nn

from mmfusion.loss_weighting.equal import Equal
from mmfusion.loss_weighting.gradnorm import GradNorm, gradnorm_gradient, gradnorm_targets
from mmfusion.training.gradients import gramian, norms

BOTH = torch.tensor([True, True])


def step(weighting: GradNorm, losses: list[float], sizes: list[float], active: torch.Tensor = BOTH) -> torch.Tensor:
    weights = weighting(torch.tensor(losses), torch.diag(torch.tensor(sizes) ** 2), active)[1]
    weighting.end_step()
    return weights


# ---- the formulas


def test_the_gradient_is_that_of_the_papers_loss():
    losses, initial = torch.tensor([0.5, 2.0, 0.9]), torch.tensor([1.0, 2.5, 3.0])
    norms_T, alpha = torch.tensor([3.0, 0.2, 1.0]), 1.5
    logs = torch.tensor([0.3, -0.4, 0.1], requires_grad=True)
    weights = logs.exp()
    ratios = losses / initial
    targets = (weights * norms_T).mean().detach() * (ratios / ratios.mean()) ** alpha
    (weights * norms_T - targets).abs().sum().backward()

    targets_T = gradnorm_targets(weights.detach() * norms_T, ratios, alpha, torch.ones(3, dtype=torch.bool))
    torch.testing.assert_close(targets_T, targets)
    torch.testing.assert_close(gradnorm_gradient(weights.detach(), norms_T, targets_T), logs.grad)


def test_a_task_that_learns_slowly_is_favoured():
    # A peer has r^-alpha: it favours the task that is ahead.
    weighting = GradNorm(["slow", "fast"])
    step(weighting, [1.0, 1.0], [1.0, 1.0])
    for _ in range(20):
        weights = step(weighting, [0.9, 0.1], [1.0, 1.0])
    assert weights[0] > 1.2 > 0.8 > weights[1]


def test_the_first_step_moves_the_logarithm_by_the_learning_rate():
    weighting = GradNorm(["a", "b"], alpha=0.0, lr=0.1)
    assert step(weighting, [1.0, 1.0], [1.0, 3.0]).tolist() == [1.0, 1.0]
    expected = 2 * torch.tensor([0.1, -0.1]).softmax(0)
    torch.testing.assert_close(step(weighting, [1.0, 1.0], [1.0, 3.0]), expected)


def test_constant_norms_become_equal():
    weighting = GradNorm(["a", "b"], alpha=0.0, lr=0.05)
    for _ in range(300):
        weights = step(weighting, [1.0, 1.0], [1.0, 50.0])
    assert weights.tolist() == pytest.approx([2 * 50 / 51, 2 * 1 / 51], rel=0.1)


def test_a_weight_that_only_falls_stays_above_zero():
    weighting = GradNorm(["a", "b"], lr=1.0)
    for _ in range(300):
        weights = step(weighting, [1.0, 1.0], [1e-12, 1e12])
    assert (weights > 0).all()
    assert weights.sum().item() == pytest.approx(2.0)


def test_rounding_does_not_add_up_in_the_sum():
    weighting = GradNorm(["a", "b", "c"])
    weighting.log_weights.add_(0.01)  # as if ten thousand steps had each lost a little
    step(weighting, [1.0, 1.0, 1.0], [1.0, 2.0, 3.0], torch.tensor([True, True, False]))
    assert weighting.log_weights.exp().sum().item() == pytest.approx(3 * math.exp(0.01))  # c stands still
    step(weighting, [1.0, 1.0, 1.0], [1.0, 2.0, 3.0], torch.tensor([True, True, True]))
    assert weighting.log_weights.exp().sum().item() == pytest.approx(3.0)


def test_norms_whose_squares_round_to_zero_do_not_throw_it_off():
    weighting = GradNorm(["a", "b"], alpha=0.0)
    for _ in range(50):
        weighting.seen.copy_(torch.tensor([[1.0, 1.0], [1e-44, 9e-44], [1.0, 1.0]]))
        weighting.end_step()
    a, b = weighting.log_weights.exp().tolist()
    assert a > b > 0.01
    assert a + b == pytest.approx(2.0)


@pytest.mark.parametrize("norm", [math.inf, math.nan])
def test_a_norm_that_overflows_moves_nothing(norm):
    weighting = GradNorm(["a", "b"])
    step(weighting, [1.0, 1.0], [1.0, 3.0])
    before = weighting.log_weights.clone()
    step(weighting, [1.0, 1.0], [norm, 1.0])
    assert weighting.log_weights[0] == before[0]
    assert weighting.log_weights.isfinite().all()


# ---- steps of several batches


def test_batches_of_one_step_have_the_same_weights_which_move_once():
    weighting, losses = GradNorm(["a", "b"], lr=0.1), torch.tensor([1.0, 1.0])
    used = []
    for _ in range(3):
        for _ in range(4):
            used.append(weighting(losses, torch.diag(torch.tensor([1.0, 9.0])), BOTH)[1])
        weighting.end_step()
    used = torch.stack(used).unflatten(0, (3, 4))
    assert all(torch.equal(step[0], each) for step in used for each in step)
    assert weighting.steps.tolist() == [3.0, 3.0]
    assert used[0, 0, 0] < used[1, 0, 0] < used[2, 0, 0]


def test_a_step_of_several_batches_moves_as_one_of_all_their_rows():
    # Rows of a representation are a batch's own: their gradients' squares add up. Means: each batch counts the same.
    whole, parts = GradNorm(["a", "b"]), GradNorm(["a", "b"])
    for i in range(5):
        grams = [torch.diag(torch.tensor([1.0 + i, 4.0])), torch.diag(torch.tensor([3.0, 2.0 * i]))]
        losses = [torch.tensor([2.0, 1.0 + i]), torch.tensor([1.0, 3.0])]
        for gram, loss in zip(grams, losses, strict=True):
            parts(loss, gram, BOTH)
        whole(sum(losses) / 2, sum(grams), BOTH)
        for weighting in (whole, parts):
            weighting.end_step()
    torch.testing.assert_close(parts.log_weights, whole.log_weights)
    torch.testing.assert_close(parts.initial, whole.initial)
    assert parts.initial.tolist() == [1.5, 2.0]
    parts = GradNorm(["a", "b"])  # a label in one batch of the step is enough
    for active in (torch.tensor([True, False]), BOTH):
        parts(torch.tensor([2.0, 3.0]) * active, torch.eye(2) * active, active)
    parts.end_step()
    assert (parts.initial.tolist(), parts.steps.tolist()) == ([2.0, 3.0], [1.0, 1.0])


# ---- L(0)


def test_the_first_batch_with_a_label_is_where_a_task_started():
    weighting = GradNorm(["a", "b"])
    step(weighting, [2.0, 0.0], [1.0, 0.0], torch.tensor([True, False]))
    step(weighting, [1.0, 3.0], [1.0, 1.0])
    step(weighting, [0.5, 1.0], [1.0, 1.0])
    assert weighting.initial.tolist() == [2.0, 3.0]


def test_the_mean_of_the_first_k():
    weighting = GradNorm(["a", "b"], initial="mean_k", k=3)
    for loss in (1.0, 2.0, 6.0, 100.0):
        step(weighting, [loss, 2 * loss], [1.0, 1.0])
    assert weighting.initial.tolist() == pytest.approx([3.0, 6.0])


def test_a_blind_guess_among_c():
    weighting = GradNorm(["kind", "age"], ["age"], initial="log_c", classes={"kind": 10})
    step(weighting, [5.0, 7.0], [1.0, 1.0])
    assert weighting.initial.tolist() == pytest.approx([math.log(10), 7.0])
    with pytest.raises(ValueError, match="number of classes of kind"):
        GradNorm(["kind", "age"], ["age"], initial="log_c")


# ---- the paper's example (section 4): f_i(x) = σ_i tanh((B + ε_i) x)


def scaled_tanh(sigmas: list[float], weighting, steps: int, pool: int | None = None, sizes=(250, 100, 100), lr=1e-3):
    """Losses, weights and gradient norms at the trunk's last layer, each `[steps, T]`.

    `sizes` are the widths of the input and of all other layers, and the rows of a batch: the paper's, if not smaller.
    """
    generator = torch.Generator().manual_seed(0)
    inputs, width, rows = sizes
    shared = 10 * torch.randn(width, inputs, generator=generator)
    maps = shared + 3.5 * torch.randn(len(sigmas), width, inputs, generator=generator)
    torch.manual_seed(0)
    layers = pairwise([inputs, width, width, width, width])
    trunk = nn.Sequential(*[m for a, b in layers for m in (nn.Linear(a, b), nn.ReLU())])
    heads = nn.ModuleList(nn.Linear(width, width) for _ in sigmas)
    optimizer = torch.optim.Adam([*trunk.parameters(), *heads.parameters()], lr=lr)
    active, counts = torch.ones(len(sigmas), dtype=torch.bool), torch.ones(len(sigmas))
    drawn = torch.randn(pool, inputs, generator=generator) if pool else None
    seen = []
    for _ in range(steps):
        if drawn is None:
            x = torch.randn(rows, inputs, generator=generator)
        else:  # so few that the losses part company
            x = drawn[torch.randint(len(drawn), (200,), generator=generator)]
        z = trunk(x)
        targets = [sigma * torch.tanh(x @ m.T) for sigma, m in zip(sigmas, maps, strict=True)]
        losses = [(head(z) - y).square().mean() for head, y in zip(heads, targets, strict=True)]
        gram = torch.zeros(len(sigmas), len(sigmas))
        if weighting.needs_gramian:
            gram = gramian(losses, counts, [trunk[-2].weight], of_rows=False)
        total, weights = weighting(torch.stack(losses), gram, active)
        weighting.end_step()
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        seen.append(torch.stack([torch.stack(losses).detach(), weights, norms(gram)]))
    return torch.stack(seen, dim=1)


def test_paper_example_weights_undo_the_scales_and_weighted_norms_become_equal():
    _, weights, norms_T = scaled_tanh([1.0, 100.0], GradNorm(["a", "b"], alpha=0.0), 240)
    assert weights[100].tolist() == pytest.approx([1.98, 0.02], abs=0.01)
    late = (weights * norms_T)[120:].log()
    assert (late[:, 0] - late[:, 1]).mean().item() == pytest.approx(0.0, abs=0.1)
    early = norms_T[:10].log()
    assert (early[:, 1] - early[:, 0]).mean() > 2  # without weights they lie orders of magnitude apart


def test_paper_example_weighted_norms_follow_the_rate_of_learning():
    losses, weights, norms_T = scaled_tanh([1.0, 100.0], GradNorm(["a", "b"], alpha=1.5), 280, pool=200)
    rates = (losses / losses[0])[140:].log()
    expected = 1.5 * (rates[:, 0] - rates[:, 1]).mean()
    late = (weights * norms_T)[140:].log()
    assert expected > 0.4  # far enough from 0 to tell r^alpha from equal norms
    assert (late[:, 0] - late[:, 1]).mean().item() == pytest.approx(expected.item(), abs=0.15)


def test_paper_example_ten_tasks_end_below_equal_weighting():
    sigmas = torch.logspace(0, 2, 10).tolist()
    names = [str(i) for i in range(10)]

    def ends(weighting) -> float:
        losses = scaled_tanh(sigmas, weighting, 120, sizes=(60, 40, 50), lr=3e-3)[0]
        return (losses / losses[0]).sum(1)[-20:].mean().item()

    assert ends(GradNorm(names, alpha=0.12)) < ends(Equal(names)) - 0.3
