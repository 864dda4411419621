"""A step of training looks at no value, so it never waits for an accelerator.

Tensors of the meta device have shapes and no values: whatever asks for one fails. Autocast does not know that device.
"""

from __future__ import annotations

from contextlib import nullcontext
from unittest.mock import patch

import pytest
import torch

from mmfusion.batch import Batch
from mmfusion.modality.modality_dropout import ModalityDropout
from mmfusion.tasks.multilabel import Multilabel
from mmfusion.tasks.regression import Regression
from mmfusion.training.gradients import PLACES
from mmfusion.training.losses import task_losses
from tests.helpers.pairwise import pairwise
from tests.training import small

pytestmark = small.QUIET
NAMES = sorted(path.stem for path in small.WEIGHTINGS.glob("*.yaml"))
META = torch.device("meta")


@pytest.fixture(autouse=True)
def no_autocast():
    with patch("torch.autocast", return_value=nullcontext()):
        yield


def batch(media: bool = False) -> Batch:
    rows = small.make_batch(4, media=media)
    rows.labelled["age"][1] = False
    return rows.to(META)


@pairwise(weighting=NAMES, place=PLACES, fusion=["concat", "decision", "hybrid"])
def test_a_whole_step(weighting, place, fusion):
    media = (fusion, place) == ("concat", "representation")
    module = small.make_module(
        weighting, place, fusion=fusion, media=media, placeholders=fusion != "decision", gradients_every_n_steps=1
    )
    module.model.modality_dropout = ModalityDropout(0.3)
    module.trainer = small.make_trainer(".")
    module.to(META).train()
    total = module.training_step(batch(media), 0)
    total.backward()
    module.on_train_batch_start(batch(media), 0)  # the weighting's end of an epoch
    assert total.device == module.record.weights.device == META
    assert all(p.grad is not None for p in module.parameters() if p.requires_grad)


def test_what_asks_for_a_value_is_found():
    class Curious(ModalityDropout):
        def forward(self, present):
            assert all(bool(mask_B.any()) for mask_B in present.values())
            return super().forward(present)

    module = small.make_module()
    module.model.modality_dropout = Curious(0.3)
    module.trainer = small.make_trainer(".")
    with pytest.raises(RuntimeError, match=r"Tensor\.item\(\) cannot be called on meta tensors"):
        module.to(META).training_step(batch(), 0)


@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
def test_losses_of_every_kind_of_task(loss):
    tasks = {**small.make_tasks(), "age": Regression(loss=loss), "tags": Multilabel()}
    tasks["age"].fit([0.0, 2.0])
    tasks["tags"].fit(["x;y", "y"])
    given = batch()
    given.targets["tags"] = torch.empty(4, tasks["tags"].dim, device=META)
    given.labelled["tags"] = torch.ones(4, dtype=torch.bool, device=META)
    outputs = {name: torch.empty(4, task.to(META).dim, device=META) for name, task in tasks.items()}
    losses = task_losses(tasks, outputs, given, ["a", "b"])
    assert losses.means.device == losses.counts.device == META
