"""Losses that are no numbers: what training does about them."""

from __future__ import annotations

import pytest
import torch
from pytorch_lightning import Callback

from mmfusion.training.guard import NonFiniteLossError
from tests.training import small
from tests.training.test_module import batches, fit, halves

pytestmark = small.QUIET


def test_it_stops_before_the_optimizers_step(tmp_path):
    module, data, weights = small.make_module(), batches(), []
    data[2].inputs["a"][0] = float("inf")

    class Watch(Callback):
        def on_train_batch_end(self, trainer, module, *rest):
            weights.append({k: v.clone() for k, v in module.state_dict().items()})

    with pytest.raises(NonFiniteLossError, match="not finite at step 2"):
        fit(module, tmp_path, data, callbacks=[Watch()])
    assert len(weights) == 2
    assert all(torch.equal(value, weights[-1][key]) for key, value in module.state_dict().items())


def test_it_names_the_rows_whose_loss_it_is(tmp_path):
    data = batches()
    data[1].inputs["b"][[2, 5]] = float("nan")
    data[1].labelled["kind"][5] = False
    with pytest.raises(NonFiniteLossError, match=r"'kind', 'sick' is not finite at step 1, for 2 of 8 rows: 2, 5;"):
        fit(small.make_module(), tmp_path, data)


def test_any_batch_of_a_step_stops_it(tmp_path):
    data = halves([small.make_batch(8, seed) for seed in range(3)])
    data[2].inputs["a"][0] = float("inf")
    with pytest.raises(NonFiniteLossError, match="not finite at step 1, for 1 of 8 rows: 0;"):
        fit(small.make_module(), tmp_path, data, accumulate_grad_batches=2)
