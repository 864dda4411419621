"""What a training step costs: mmfusion over a loop written by hand, and GradNorm over equal weighting.

    python scripts/bench_step.py [--steps 40] [--repeats 5] [--only overhead|gradnorm]

1. `overhead`: the default experiment's model, optimizer and batches, trained as `mmfusion train` does (the same module,
   trainer, callbacks and metrics.csv; scheduler and non-finite guard included) and by a plain loop that logs nothing.
   Goal: ratio of step times ≤ 1.03. Not in it: making batches, validation and checkpoints, which are no part of a step.
2. `gradnorm`: resnet18 + lstm + spectrogram cnn, 2 and 8 tasks, gradients at the representation. Goals: ≤ 1.05, ≤ 1.10.

Both sides run in turn in one process, `repeats` times; the ratio of the medians of all step times is what is reported,
with the quartiles of the per-round ratios, because the machines are noisy.
"""

from __future__ import annotations

import argparse
import copy
import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from mmfusion.batch import Batch
from mmfusion.config.compose import load_config
from mmfusion.runs.stopping import StopOnSignals
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
    """Notes when each training step begins, so that all of a step counts: loader, hooks, optimizer, logging."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def on_train_batch_start(self, *_: Any) -> None:
        self.times.append(time.perf_counter())


class Prepared(NamedTuple):
    """All that a run has made before it trains, and the batches of an epoch."""

    config: dict[str, Any]
    tasks: dict[str, Task]
    module: MultiTaskModule
    batches: list[Batch]


def make_trainer(prepared: Prepared, folder: Path, clock: Clock, steps: int) -> pl.Trainer:
    """As `runs/train.py` makes it, with the clock behind all callbacks, and without validation."""
    config = prepared.config
    (folder / "checkpoints").mkdir()
    callbacks = build_callbacks(config["callbacks"], prepared.tasks, folder / "checkpoints")
    settings = {**config["trainer"], "accelerator": "cpu", "max_steps": steps, "limit_val_batches": 0}
    loggers = build_loggers(config["logger"], str(folder), folder.name)
    return build_trainer(settings, [StopOnSignals(), *callbacks.ordered, clock], loggers, folder)


def steps_of_trainer(prepared: Prepared, steps: int) -> list[float]:
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder, quiet():
        trainer = make_trainer(prepared, Path(folder), clock, steps + WARM_UP + 1)
        batches = DataLoader(_Repeat(prepared.batches, steps + WARM_UP + 1), batch_size=None)
        trainer.fit(prepared.module, batches, batches)
    return _durations(clock.times)


def steps_by_hand(prepared: Prepared, steps: int) -> list[float]:
    """The same model, loss and optimizer in the loop that a user would write."""
    module, batches = prepared.module, prepared.batches
    model = module.model
    optimizer = module._make_optimizer(module._make_groups(model, module.weighting))  # type: ignore[misc]
    schedule = module._make_scheduler(optimizer, steps + WARM_UP + 1)["scheduler"]  # type: ignore[misc]
    model.train()
    times = []
    for batch in _Repeat(batches, steps + WARM_UP + 1):
        times.append(time.perf_counter())
        optimizer.zero_grad()
        outputs = model(batch)
        losses = [task.loss(outputs[name], batch.targets[name]).mean() for name, task in module.tasks.items()]
        torch.stack(losses).sum().backward()
        optimizer.step()
        schedule.step()
    return _durations(times)


class _Repeat(torch.utils.data.IterableDataset):
    def __init__(self, batches: list[Batch], length: int) -> None:
        self.batches, self.length = batches, length

    def __iter__(self) -> Any:
        return (self.batches[i % len(self.batches)] for i in range(self.length))


def _durations(times: list[float]) -> list[float]:
    return [end - start for start, end in zip(times[WARM_UP:-1], times[WARM_UP + 1 :], strict=True)]


def compare(name: str, goal: float, ours: Callable[[], list[float]], theirs: Callable[[], list[float]], n: int) -> None:
    """Run the two in turn, the order alternating, and print the ratio of their step times."""
    rounds = []
    every: tuple[list[float], list[float]] = ([], [])
    for i in range(n):
        first, second = (ours, theirs) if i % 2 == 0 else (theirs, ours)
        a, b = first(), second()
        if i % 2:
            a, b = b, a
        every[0].extend(a)
        every[1].extend(b)
        rounds.append(statistics.median(a) / statistics.median(b))
    ratio = statistics.median(every[0]) / statistics.median(every[1])
    low, _, high = statistics.quantiles(rounds, n=4) if len(rounds) > 1 else (rounds * 3)
    print(
        f"{name:<34} {1e3 * statistics.median(every[0]):8.2f} ms {1e3 * statistics.median(every[1]):8.2f} ms   "
        f"ratio {ratio:.3f}  (rounds' quartiles {low:.3f} .. {high:.3f}; goal <= {goal})",
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

    def fresh() -> Prepared:
        prepared.module.model.load_state_dict(start)
        return prepared

    compare(
        "mmfusion / loop by hand",
        1.03,
        lambda: steps_of_trainer(fresh(), steps),
        lambda: steps_by_hand(fresh(), steps),
        repeats,
    )


def gradnorm(steps: int, repeats: int) -> None:
    for tasks in (2, 8):
        base = [*SMALL, "encoder/image=resnet", "encoder.text.cell=lstm"]
        if tasks == 8:
            base += [f"+task@task.{name}={kind}" for name, kind in EIGHT.items()]
            base += [f"task.{name}.column={name.rsplit('_')[0]}_digit" for name in EIGHT]
        ours = prepare([*base, "loss_weighting=gradnorm"])
        equal = prepare([*base, "loss_weighting=equal"])
        compare(
            f"gradnorm / equal, {len(ours.tasks)} tasks",
            1.05 if tasks == 2 else 1.10,
            lambda ours=ours: steps_of_trainer(ours, steps),  # type: ignore[misc]
            lambda equal=equal: steps_of_trainer(equal, steps),  # type: ignore[misc]
            repeats,
        )


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
