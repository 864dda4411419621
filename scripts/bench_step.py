"""What a training step costs: mmfusion over a loop written by hand, and GradNorm over equal weighting.

    python scripts/bench_step.py [--steps 40] [--repeats 5] [--only overhead|gradnorm]

1. `overhead`: the default experiment's model, optimizer and batches, trained as `mmfusion train` does (the same module,
   trainer, callbacks and metrics.csv; scheduler and non-finite guard included) and by a plain loop that logs nothing.
   Goal: ratio of step times ≤ 1.03. Not in it: making batches, validation and checkpoints, which are no part of a step.
2. `gradnorm`: resnet18 + lstm + spectrogram cnn, 2 and 8 tasks, gradients at the representation. Goals: ≤ 1.05, ≤ 1.10.

The machines are noisy, by more than is measured here. So in 1 the two sides take turns step by step: between two steps
of the trainer, a step of the loop. In 2 they run in turn, `repeats` times. What is reported is the ratio of the medians
of all step times, with the quartiles of the per-round ratios.
"""

from __future__ import annotations

import argparse
import copy
import logging
import statistics
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any, NamedTuple

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from mmfusion.batch import Batch
from mmfusion.config.compose import load_config
from mmfusion.runs.stopping import StopOnSignals
from mmfusion.store.files import CHECKPOINTS
from mmfusion.tasks._base import Task
from mmfusion.training.build import build_data, build_model, build_module
from mmfusion.training.callbacks.build import build_callbacks
from mmfusion.training.loggers.build import build_loggers
from mmfusion.training.module import MultiTaskModule
from mmfusion.training.noise import quiet
from mmfusion.training.trainer import build_trainer, reconcile

WARM_UP = 5
SMALL = ["data.rows.train=640", "data.rows.val=64", "data.rows.test=64"]
# Eight tasks on the embedded data's columns: each digit, the sum and the largest, some of them twice.
EIGHT = {
    **{f"{m}_digit": "classification" for m in ("image", "speech", "text")},
    **{f"{m}_value": "regression" for m in ("image", "speech", "text")},
}


class Clock(pl.Callback):
    """Times each training step from its begin to the next one's: loader, hooks, optimizer and logging count.

    Between two steps it lets the reference, where there is one, make a step of its own, and times that apart.
    """

    def __init__(self, reference: Iterator[None] | None = None) -> None:
        self.ours: list[float] = []
        self.theirs: list[float] = []
        self.reference = reference
        self.begun: float | None = None

    def on_train_batch_start(self, *_: Any) -> None:
        if self.begun is not None:
            self.ours.append(time.perf_counter() - self.begun)
        if self.reference is not None:
            start = time.perf_counter()
            next(self.reference)
            self.theirs.append(time.perf_counter() - start)
        self.begun = time.perf_counter()


class Prepared(NamedTuple):
    """All that a run has made before it trains, and the batches of an epoch."""

    config: dict[str, Any]
    tasks: dict[str, Task]
    module: MultiTaskModule
    batches: list[Batch]


def make_trainer(prepared: Prepared, folder: Path, clock: Clock, steps: int) -> pl.Trainer:
    """As `runs/train.py` makes it, with the clock behind all callbacks, and without validation."""
    config = prepared.config
    (folder / CHECKPOINTS).mkdir()
    callbacks = build_callbacks(config["callbacks"], prepared.tasks, folder / CHECKPOINTS)
    settings = {**config["trainer"], "accelerator": "cpu", "max_steps": steps, "limit_val_batches": 0}
    loggers = build_loggers(config["logger"], str(folder), folder.name)
    return build_trainer(settings, [StopOnSignals(), *callbacks.ordered, clock], loggers, folder)


def steps_of_trainer(prepared: Prepared, steps: int, reference: Iterator[None] | None = None) -> Clock:
    clock = Clock(reference)
    with tempfile.TemporaryDirectory() as folder, quiet():
        trainer = make_trainer(prepared, Path(folder), clock, steps + WARM_UP + 1)
        batches: Any = DataLoader(_repeated(prepared.batches, steps), batch_size=None)  # type: ignore[arg-type]
        trainer.fit(prepared.module, batches, batches)
    return clock


def _repeated(batches: list[Batch], steps: int) -> list[Batch]:
    return list(islice(cycle(batches), steps + WARM_UP + 1))


def loop_by_hand(prepared: Prepared, steps: int) -> Iterator[None]:
    """The same model, loss and optimizer in the loop that a user would write; pauses after each step."""
    module = prepared.module
    model = copy.deepcopy(module.model)
    optimizer = module._make_optimizer(model, module.weighting)
    schedule = module._make_scheduler(optimizer, steps + WARM_UP + 1)["scheduler"]  # type: ignore[misc]
    model.train()
    for batch in _repeated(prepared.batches, steps):
        optimizer.zero_grad()
        outputs = model(batch)
        losses = [task.loss(outputs[name], batch.targets[name]).mean() for name, task in module.tasks.items()]
        torch.stack(losses).sum().backward()
        optimizer.step()
        schedule.step()
        yield


def report(name: str, goal: float, rounds: list[tuple[list[float], list[float]]]) -> None:
    """Print the ratio of the step times, ours over theirs, of all rounds, and the quartiles of the rounds' ratios."""
    rounds = [(ours[WARM_UP:], theirs[WARM_UP:]) for ours, theirs in rounds]
    ours, theirs = (statistics.median([t for times in side for t in times]) for side in zip(*rounds, strict=True))
    ratios = [statistics.median(a) / statistics.median(b) for a, b in rounds]
    low, _, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else (ratios * 3)
    print(
        f"{name:<34} {1e3 * ours:8.2f} ms {1e3 * theirs:8.2f} ms   "
        f"ratio {ours / theirs:.3f}  (rounds' quartiles {low:.3f} .. {high:.3f}; goal <= {goal})",
        flush=True,
    )


def prepare(overrides: list[str]) -> Prepared:
    config = reconcile(load_config(overrides))
    pl.seed_everything(config["seed"], verbose=False)
    data, tasks = build_data(config)
    data.setup()
    module = build_module(config, build_model(config, data, tasks))
    return Prepared(config, tasks, module, list(data.train_dataloader()))


def overhead(steps: int, repeats: int) -> None:
    prepared = prepare([*SMALL])
    start = copy.deepcopy(prepared.module.model.state_dict())
    rounds = []
    for _ in range(repeats):
        prepared.module.model.load_state_dict(start)
        clock = steps_of_trainer(prepared, steps, loop_by_hand(prepared, steps))
        rounds.append((clock.ours, clock.theirs))
    report("mmfusion / loop by hand", 1.03, rounds)


def gradnorm(steps: int, repeats: int) -> None:
    for tasks in (2, 8):
        base = [*SMALL, "encoder/image=resnet", "encoder.text.cell=lstm"]
        if tasks == 8:
            base += [f"+task@task.{name}={kind}" for name, kind in EIGHT.items()]
            base += [f"task.{name}.column={name.rsplit('_')[0]}_digit" for name in EIGHT]
        sides = [prepare([*base, f"loss_weighting={name}"]) for name in ("gradnorm", "equal")]
        rounds = []
        for i in range(repeats):
            times: dict[int, list[float]] = {}
            for side in (0, 1) if i % 2 == 0 else (1, 0):  # which goes first alternates
                times[side] = steps_of_trainer(sides[side], steps).ours
            rounds.append((times[0], times[1]))
        report(f"gradnorm / equal, {len(sides[0].tasks)} tasks", 1.05 if tasks == 2 else 1.10, rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", choices=["overhead", "gradnorm"])
    arguments = parser.parse_args()
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    print(f"{torch.get_num_threads()} threads; median step time of mmfusion or GradNorm, then of the reference")
    if arguments.only != "gradnorm":
        overhead(arguments.steps, arguments.repeats)
    if arguments.only != "overhead":
        gradnorm(max(arguments.steps // 2, 5), arguments.repeats)


if __name__ == "__main__":
    main()
