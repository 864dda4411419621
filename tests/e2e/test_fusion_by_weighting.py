"""Every fusion × every loss weighting × {all modalities, with holes}: two batches move every parameter."""

import pytest
import pytorch_lightning as pl
import torch

from mmfusion.config.compose import load_config
from mmfusion.config.folders import groups, own_folder
from mmfusion.training.build import build_data, build_model, build_module
from mmfusion.training.noise import quiet

FOUND = groups([own_folder()])
HOLES = ["data.absent={image: 0.4, speech: 0.4, text: 0.4}", "data.unlabelled={sum: 0.4, largest: 0.4}"]
TINY = [
    *("data.rows.train=32", "data.rows.val=8", "data.rows.test=8", "data.loader.batch_size=16"),
    *("encoder.image.widths=[4]", "encoder.speech.widths=[4, 4]", "encoder.text.hidden=8", "encoder.text.embedding=8"),
]


@pytest.fixture(scope="module", params=["all", "holes"])
def data(request):
    """Data, set up once for all combinations, and the overrides that made it."""
    overrides = TINY + (HOLES if request.param == "holes" else [])
    config = load_config(overrides)
    made, tasks = build_data(config)
    made.setup()
    return made, tasks, overrides


@pytest.mark.parametrize("weighting", sorted(FOUND["loss_weighting"]))
@pytest.mark.parametrize("fusion", sorted(FOUND["fusion"]))
def test_trains(fusion, weighting, data, tmp_path):
    made, tasks, overrides = data
    config = load_config([*overrides, f"fusion={fusion}", f"loss_weighting={weighting}"])
    pl.seed_everything(0, verbose=False)
    module = build_module(config, build_model(config, made, tasks))
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
        trainer.fit(module, made.train_dataloader(), made.val_dataloader())
    assert trainer.global_step == 2
    record = module.record
    assert torch.isfinite(record.losses).all()
    assert torch.isfinite(record.weights).all()
    after = dict(module.named_parameters())
    assert all(torch.isfinite(p).all() for p in after.values())
    still = [name for name, p in after.items() if torch.equal(p, before[name]) and "embedding" not in name]
    assert not still
