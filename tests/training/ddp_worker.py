"""One process of the DDP tests: trains every case and writes what it saw. Started by `test_ddp.py`.

As the one process it sees whole batches, as one of two it sees one half of every batch.
"""

from __future__ import annotations

import logging
import os
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import yaml
from torch.distributed.fsdp import FSDPModule
from torch.distributed.tensor import DTensor
from torchmetrics.classification import MulticlassAUROC

from mmfusion.batch import Batch, Tokens
from mmfusion.training.gradients import PLACES
from mmfusion.training.guard import NonFiniteLossError
from mmfusion.training.trainer import build_trainer
from tests.training import small

ROWS = 8
STEPS = 5  # an epoch


def epochs(case: dict[str, Any]) -> int:
    """One is enough, but the dynamic weight average first moves in the third."""
    return 3 if case["weighting"] == "dwa" else 1


def cases(full: bool) -> dict[str, dict[str, Any]]:
    """Every weighting and every place where gradients are taken (all combinations if `full`), each kind of model."""
    names = sorted(path.stem for path in small.WEIGHTINGS.glob("*.yaml"))
    pairs = [(name, place) for i, name in enumerate(names) for j, place in enumerate(PLACES) if full or i % 3 == j]
    # Where the weighting does not ask for gradients, the log does: their Gramian must be right as well.
    chosen: dict[str, dict[str, Any]] = {
        f"{n}/{p}": {"weighting": n, "gradients_of": p, "gradients_every_n_steps": 1}
        for n, p in [*pairs, *(("gradnorm", place) for place in PLACES)]
    }
    models: dict[str, dict[str, Any]] = {"decision": {"fusion": "decision"}, "hybrid": {"fusion": "hybrid"}}
    for name, options in {**models, "media": {"media": True}}.items():
        for place in PLACES if full else PLACES[-1:]:
            chosen[f"{name}/{place}"] = {"weighting": "gradnorm", "gradients_of": place, **options}
    return chosen | {"uncertainty/placeholders": {"weighting": "uncertainty", "placeholders": True}}


def batches(media: bool) -> list[Batch]:
    """Whole batches. Of eight rows, the first four go to rank 0, the others to rank 1."""
    rows = []
    for seed in range(STEPS):
        batch = small.make_batch(ROWS, seed, media)
        first, second = list(batch.present)[:2]
        batch.labelled["kind"][[1, 2, 5]] = False  # unequal numbers of labels everywhere
        batch.labelled["age"][3] = False
        batch.present[first][[0, 6, 7]] = False
        if seed == 1:
            batch.labelled["sick"][:4] = False  # rank 0 has none of this task's labels
        if seed == 2:
            batch.present[second][4:] = False  # rank 1 has nothing of this modality
            batch.present[first][4:] = True
        if seed == 3:
            batch.labelled["age"][:] = False  # nobody has any
        if seed == 4:
            for labelled in batch.labelled.values():
                labelled[4:] = False  # rank 1 has no label at all
        for name in batch.targets:
            batch.targets[name][~batch.labelled[name]] = 0
        rows.append(batch)
    return rows


def share(batch: Batch, rank: int, world: int) -> Batch:
    """The rows of one rank."""
    rows = slice(rank * ROWS // world, (rank + 1) * ROWS // world)

    def cut(parts: dict[str, Any]) -> dict[str, Any]:
        return {
            k: Tokens(x.values[rows], x.lengths[rows]) if isinstance(x, Tokens) else x[rows] for k, x in parts.items()
        }

    return replace(
        batch,
        inputs=cut(batch.inputs),
        present=cut(batch.present),
        targets=cut(batch.targets),
        labelled=cut(batch.labelled),
        ids=batch.ids[rows],
    )


def trainer(out: Path, callbacks: list[Any], kind: str = "ddp", **options: Any) -> Any:
    """As `trainer=<kind>` builds it for two processes, `trainer=cpu` for one."""
    conf = Path(__file__).parents[2] / "conf" / "trainer"
    settings = yaml.safe_load((conf / "default.yaml").read_text()) | yaml.safe_load((conf / f"{kind}.yaml").read_text())
    settings |= {"accelerator": "cpu", "devices": 1, "precision": "fp32", "num_sanity_val_steps": 0}
    settings |= {"max_epochs": 1, **options}
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        settings["strategy"] = "auto"
    return build_trainer({k: v for k, v in settings.items() if k != "defaults"}, callbacks, [], out)


SHARDED: dict[str, dict[str, Any]] = {
    "fsdp/static": {"weighting": "static"},
    "fsdp/uncertainty": {"weighting": "uncertainty", "placeholders": True},
    "fsdp/gradnorm": {"weighting": "gradnorm", "fusion": "hybrid"},
    "fsdp/media": {"weighting": "gradnorm", "media": True, "subsets": "none"},
    "fsdp/bf16": {"weighting": "static", "precision": "bf16-mixed"},  # what trainer=fsdp has by itself
}


def train_sharded(case: dict[str, Any], rank: int, world: int, out: Path) -> dict[str, Any]:
    """Fit with clipping, save, test with what was saved; parameters as the checkpoint's one file has them."""
    case = dict(case)
    precision = case.pop("precision", "fp32")
    module, history = small.make_module(**case), small.History()
    rows = small.loader([share(batch, rank, world) for batch in batches(case.get("media", False))])
    runner = trainer(out, [history], "fsdp", gradient_clip_val=0.5, precision=precision)
    runner.fit(module, rows, rows)
    path = out / f"{world}.ckpt"
    runner.save_checkpoint(path)
    with torch.no_grad():
        next(iter(module.model.heads.parameters())).zero_()  # the checkpoint must bring it back
    runner.test(module, rows, ckpt_path=path, weights_only=True, verbose=False)
    if isinstance(module, FSDPModule):
        module.reshard()  # after a forward pass alone, what is not an encoder stays gathered
    held = sum(x.to_local().numel() if isinstance(x, DTensor) else x.numel() for x in module.parameters())
    state = torch.load(path, weights_only=True)["state_dict"]
    records = {name: history.stacked(name) for name in ("losses", "weights", "labels")}
    return {**records, **runner.callback_metrics, **state, "held": torch.tensor(held)}


def train(case: dict[str, Any], rank: int, world: int, out: Path) -> dict[str, Any]:
    module = small.make_module(**case)
    rows = small.loader([share(batch, rank, world) for batch in batches(case.get("media", False))])
    history = small.History()
    trainer(out, [history], max_epochs=epochs(case)).fit(module, rows)
    records = {name: history.stacked(name) for name in ("losses", "weights", "active", "labels", "present")}
    if module.keeps_graph:
        records |= {name: history.stacked(name) for name in ("gradient_norms", "cosines")}
    return {**records, **module.state_dict()}


def score(rank: int, world: int, out: Path) -> dict[str, Any]:
    """Validation and test with rows of which a rank may have no label; a metric of torchmetrics gathers all scores."""
    module = small.make_module()
    module.model.tasks["kind"].further_metrics = {"area": (lambda task: MulticlassAUROC(task.dim), "max")}
    rows = small.loader([share(batch, rank, world) for batch in batches(False)])
    late = small.loader([share(batch, rank, world) for batch in batches(False)[4:]])
    runner = trainer(out, [])
    runner.fit(module, rows, late)
    metrics = dict(runner.callback_metrics)
    runner.test(module, late, verbose=False)
    return {**metrics, **runner.callback_metrics}


def break_down(rank: int, world: int, out: Path) -> dict[str, Any]:
    """What every rank says when a row of rank 1 makes the loss NaN, and whether the optimizer still made that step."""
    module, data = small.make_module(), batches(False)
    data[2].inputs["a"][5] = float("nan")
    history = small.History()
    try:
        trainer(out, [history]).fit(module, small.loader([share(batch, rank, world) for batch in data]))
    except NonFiniteLossError as error:
        return {"message": str(error), "steps": len(history.records)} | module.state_dict()
    return {"message": "nothing"}


def main(out: Path, rank: int, world: int, full: bool) -> None:
    torch.set_num_threads(1)
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = {name: train(case, rank, world, out) for name, case in cases(full).items()}
        results["scores"] = score(rank, world, out)
        results["broken"] = break_down(rank, world, out)
        results |= {name: train_sharded(case, rank, world, out) for name, case in SHARDED.items()}
    torch.save(results, out / f"{world}-{rank}.pt")
