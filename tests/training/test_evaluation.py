from __future__ import annotations

import pytest
import torch

from mmfusion.training.evaluation import Scores
from tests.training import small

CPU = torch.device("cpu")
TASKS = small.make_tasks()


def outputs(rows: int, seed: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(rows, task.dim, generator=generator) for name, task in TASKS.items()}


def test_batches_add_up_and_only_rows_with_labels_count():
    scores = Scores(TASKS, CPU)
    seen: dict[str, list] = {name: [] for name in TASKS}
    for seed, rows in enumerate((5, 3)):
        batch, output = small.make_batch(rows, seed), outputs(rows, seed)
        batch.labelled["age"][1:] = False
        batch.labelled["kind"][0] = False
        batch.targets["kind"][0] = -100
        batch.targets["age"][1:] = float("nan")
        scores.update(output, batch.targets, batch.labelled, rows)
        for name in TASKS:
            has = batch.labelled[name]
            seen[name].append((output[name][has], batch.targets[name][has]))
    values = scores.compute()

    losses = []
    for name, task in TASKS.items():
        output, target = (torch.cat(parts_) for parts_ in zip(*seen[name], strict=True))
        losses.append(task.loss(output, target).mean())
        torch.testing.assert_close(values[f"{name}/loss"], losses[-1])
        assert values[f"{name}/labels"] == len(target)
        for metric, value in task.metrics()(*task.metric_inputs(output, target)).items():
            torch.testing.assert_close(values[f"{name}/{metric}"], value.float(), equal_nan=True)
    torch.testing.assert_close(values["loss"], torch.stack(losses).sum())
    assert values["rows"] == 8


def test_a_task_without_any_label_has_no_metrics_and_is_left_out_of_the_loss():
    scores = Scores(TASKS, CPU)
    batch = small.make_batch(4)
    batch.labelled["sick"][:] = False
    scores.update(outputs(4, 0), batch.targets, batch.labelled, 4)
    values = scores.compute()
    assert values["sick/labels"] == 0
    assert [key for key in values if key.startswith("sick/")] == ["sick/labels"]
    assert values["loss"].item() == pytest.approx((values["kind/loss"] + values["age/loss"]).item())


def test_nothing_at_all():
    assert {key: value.item() for key, value in Scores(TASKS, CPU).compute().items()} == {
        "rows": 0, "kind/labels": 0, "sick/labels": 0, "age/labels": 0,
    }  # fmt: skip
