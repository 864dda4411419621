"""A data module that is set up, the Trainer that runs it, and what both gave."""

from types import SimpleNamespace

import torch
from pytorch_lightning import LightningModule, Trainer

from mmfusion.batch import Tokens
from tests.data.media import make_data


def same(a, b):
    """Two batches, to the last bit."""
    assert a.ids == b.ids
    for name, x in a.inputs.items():
        y = b.inputs[name]
        if isinstance(x, Tokens):
            assert torch.equal(x.lengths, y.lengths), name
            x, y = x.values, y.values
        assert x.dtype == y.dtype, name
        assert torch.equal(x, y), name
        assert torch.equal(a.present[name], b.present[name]), name
    for task, target in a.targets.items():
        assert torch.equal(target, b.targets[task])
        assert torch.equal(a.labelled[task], b.labelled[task])
    return True


def ready(table, **options):
    data = make_data(table, **options)
    data.setup()
    return data


class Recorder(LightningModule):
    """Notes the rows of each batch; trains one number."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.seen, self.validated = [], []

    def training_step(self, batch, index):
        self.seen.append((self.current_epoch, tuple(batch.ids)))
        return self.weight * len(batch)

    def validation_step(self, batch, index):
        self.validated.append(tuple(batch.ids))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)


def trainer(**options):
    quiet = {
        "accelerator": "cpu",
        "logger": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "enable_checkpointing": False,
        "use_distributed_sampler": False,
        "num_sanity_val_steps": 0,
        "max_epochs": 2,
    }
    return Trainer(**(quiet | options))


def at_rank(table, rank, world, **loader):
    data = ready(table, **loader)
    strategy = SimpleNamespace(root_device=torch.device("cpu"))
    data.trainer = SimpleNamespace(
        global_rank=rank, world_size=world, num_devices=world, overfit_batches=0, strategy=strategy
    )
    return data
