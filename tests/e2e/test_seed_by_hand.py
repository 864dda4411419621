"""`experiment=seed` against the same model and loop written by hand in plain PyTorch."""

import pytorch_lightning as pl
import torch
from torch import nn

from mmfusion.batch import Batch
from mmfusion.config.compose import load_config
from mmfusion.training.build import build_data, build_model, build_module
from mmfusion.training.noise import quiet

STEPS = 20
MODALITIES = ("image", "text", "speech")


class ByHand(nn.Module):
    """Each modality aligned to 512, concatenated, Linear(1536, 512), one head a task."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.image = nn.Linear(2048, 512)
        self.text = nn.Linear(1024, 512)
        self.speech = nn.Linear(1024, 512)
        self.fuse = nn.Linear(1536, 512)
        self.label = nn.Linear(512, classes)
        self.value = nn.Linear(512, 1)

    def forward(self, image, text, speech):
        z = self.fuse(torch.cat([self.image(image), self.text(text), self.speech(speech)], dim=1))
        return self.label(z), self.value(z)[:, 0]


def train_by_hand(model: ByHand, batches: list[Batch], mean: torch.Tensor) -> list[list[float]]:
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    cross_entropy, mse = nn.CrossEntropyLoss(), nn.MSELoss()
    history = []
    for batch in batches:
        logits, value = model(*(batch.inputs[name] for name in MODALITIES))
        centred = (batch.targets["value"] - mean).float()
        losses = [cross_entropy(logits, batch.targets["label"]), mse(value, centred)]
        optimizer.zero_grad()
        (losses[0] + losses[1]).backward()
        optimizer.step()
        history.append([loss.item() for loss in losses])
    return history


class Keep(pl.Callback):
    """Notes every step's losses."""

    def __init__(self) -> None:
        self.history: list[list[float]] = []

    def on_train_batch_end(self, trainer, module, *rest) -> None:
        self.history.append(module.record.losses.tolist())


def pairs(model) -> dict[str, nn.Linear]:
    """The layers of mmfusion's model under the names they have in the one by hand."""
    fusion = model.fusion
    named = {name: fusion.align[name] for name in MODALITIES}
    heads = {task: model.heads[task]["joint"] for task in ("label", "value")}
    return {**named, "fuse": fusion.project, **heads}


def test_twenty_steps_equal_those_of_a_loop_by_hand(tmp_path):
    config = load_config(["experiment=seed", "data.rows.train=640", "data.rows.val=32", "data.rows.test=32"])
    pl.seed_everything(config["seed"], verbose=False)
    data, tasks = build_data(config)
    data.setup()
    model = build_model(config, data, tasks)
    module = build_module(config, model)
    hand = ByHand(tasks["label"].dim)
    assert sum(p.numel() for p in model.parameters()) == sum(p.numel() for p in hand.parameters())
    for name, layer in pairs(model).items():
        getattr(hand, name).load_state_dict(layer.state_dict())
    batches = [batch for _ in range(STEPS) for batch in data.train_dataloader()][:STEPS]
    assert len(batches) == STEPS

    expected = train_by_hand(hand, batches, tasks["value"].mean)
    keep = Keep()
    trainer = pl.Trainer(
        max_steps=STEPS,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[keep],
        limit_val_batches=0,
        default_root_dir=tmp_path,
    )
    with quiet():
        trainer.fit(module, torch.utils.data.DataLoader(batches, batch_size=None), data.val_dataloader())

    torch.testing.assert_close(torch.tensor(keep.history), torch.tensor(expected), rtol=1e-5, atol=1e-6)
    for name, layer in pairs(model).items():
        for key, weight in getattr(hand, name).state_dict().items():
            torch.testing.assert_close(layer.state_dict()[key], weight, rtol=1e-5, atol=1e-6, msg=f"{name}.{key}")
    assert expected[-1] != expected[0]
