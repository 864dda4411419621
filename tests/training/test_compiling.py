from __future__ import annotations

import pytest
import pytorch_lightning as pl
import torch
import torch._functorch.config

from mmfusion.training.build import compile_model
from tests.training import small

# Dynamo hides this warning by itself, which is too late where warnings are errors.
HIDDEN = "ignore:The .grad attribute of a Tensor that is not a leaf"
pytestmark = [*small.QUIET, pytest.mark.filterwarnings(HIDDEN)]


@pytest.fixture(autouse=True)
def restore():
    torch.compiler.reset()
    with torch._functorch.config.patch(donated_buffer=True):
        yield
    torch.compiler.reset()


def train(tmp_path, weighting: str, place: str, compiled: bool, keeps_graph: bool = True) -> torch.Tensor:
    module = small.make_module(weighting, place, hidden=(5,))
    if compiled:
        compile_model(module.model, "aot_eager", keeps_graph=keeps_graph)
    history = small.History()
    batches = [small.make_batch(8, seed) for seed in range(3)]
    batches[1].labelled["age"][:] = False
    small.make_trainer(tmp_path, max_epochs=1, callbacks=[history]).fit(module, small.loader(batches))
    return torch.cat([history.stacked("losses"), history.stacked("weights")])


@pytest.mark.parametrize("place", ["representation", "shared"])
def test_a_weighting_that_walks_the_graph_trains_as_without(tmp_path, place):
    expected = train(tmp_path, "gradnorm", place, compiled=False)
    torch.testing.assert_close(train(tmp_path, "gradnorm", place, compiled=True), expected)


@pytest.mark.parametrize("keeps_graph", [False, True])
def test_gradients_may_be_asked_for_after_a_step_without(tmp_path, keeps_graph):
    # As when a run is resumed between two steps that log them. (If the first step keeps the graph, torch sees it.)
    class Ask(pl.Callback):
        def on_train_batch_start(self, trainer, module, batch, batch_idx):
            module.gradients_every_n_steps = int(batch_idx > 0)

    module = small.make_module(hidden=(5,))
    compile_model(module.model, "aot_eager", keeps_graph=keeps_graph)
    trainer = small.make_trainer(tmp_path, max_epochs=1, callbacks=[Ask()])
    batches = small.loader([small.make_batch(8), small.make_batch(8)])
    if keeps_graph:
        trainer.fit(module, batches)
        assert (module.record.gradient_norms > 0).all()
    else:
        with pytest.raises(RuntimeError, match="donated buffer"):
            trainer.fit(module, batches)


def test_one_walk_leaves_memory_to_be_reused(tmp_path):
    expected = train(tmp_path, "equal", "representation", compiled=False)
    result = train(tmp_path, "equal", "representation", compiled=True, keeps_graph=False)
    torch.testing.assert_close(result, expected)
    assert torch._functorch.config.donated_buffer
