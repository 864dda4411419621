"""Every two options of model and training, with all modalities and with holes: two steps move every parameter."""

import pytest
import pytorch_lightning as pl
import torch

from mmfusion.config.compose import load_config
from mmfusion.training.build import build_data, build_model, build_module
from mmfusion.training.gradients import PLACES
from mmfusion.training.noise import quiet
from tests.e2e.options import NEVER, OPTIONS
from tests.helpers.pairwise import pairwise

HOLES = ["data.absent={image: 0.4, speech: 0.4, text: 0.4}", "data.unlabelled={sum: 0.4, largest: 0.4}"]
TINY = [
    *("data.rows.train=32", "data.rows.val=8", "data.rows.test=8", "data.loader.batch_size=16"),
    *("encoder.image.widths=[4]", "encoder.speech.widths=[4, 4]", "encoder.text.hidden=8", "encoder.text.embedding=8"),
]


@pytest.fixture(scope="module")
def prepared():
    """Data and tasks of both kinds, set up once for all combinations, and the overrides they come from."""
    found = {}
    for holes in (False, True):
        overrides = TINY + HOLES * holes
        data, tasks = build_data(load_config(overrides))
        data.setup()
        found[holes] = data, tasks, overrides
    return found


@pairwise(
    crossed=("fusion", "loss_weighting", "sharing", "holes"),
    never=NEVER,
    **{name: OPTIONS[name] for name in ("fusion", "loss_weighting", "sharing", "modality", "optimizer", "scheduler")},
    gradients_of=PLACES,
    holes=[False, True],
)
def test_trains(
    fusion, loss_weighting, sharing, modality, optimizer, scheduler, gradients_of, holes, prepared, tmp_path
):
    data, tasks, overrides = prepared[holes]
    overrides = [*overrides, f"fusion={fusion}", f"loss_weighting={loss_weighting}", f"sharing={sharing}"]
    overrides += [f"modality={modality}", f"optimizer={optimizer}", f"scheduler={scheduler}"]
    config = load_config([*overrides, f"gradients_of={gradients_of}"])
    pl.seed_everything(0, verbose=False)
    module = build_module(config, build_model(config, data, tasks))
    before = {name: p.detach().clone() for name, p in module.named_parameters()}
    trainer = pl.Trainer(
        max_steps=2,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        limit_val_batches=0,
        default_root_dir=tmp_path,
    )
    with quiet():
        trainer.fit(module, data.train_dataloader(), data.val_dataloader())
    assert trainer.global_step == 2
    record = module.record
    assert torch.isfinite(record.losses).all()
    assert torch.isfinite(record.weights).all()
    after = dict(module.named_parameters())
    assert all(torch.isfinite(p).all() for p in after.values())
    # A word, and a placeholder, has a gradient only where a row needs it.
    rare = ("embedding", "placeholders")
    still = [name for name, p in after.items() if torch.equal(p, before[name]) and not any(k in name for k in rare)]
    assert not still
