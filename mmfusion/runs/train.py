"""`mmfusion train`: one run, from a checked config to a folder with its result."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pytorch_lightning import Trainer, seed_everything
from pytorch_lightning.loggers import Logger

from mmfusion.data.module import MultiModalData
from mmfusion.runs.folder import RunFolder
from mmfusion.runs.hardware import peak_memory
from mmfusion.runs.plots import draw
from mmfusion.runs.provenance import fingerprint, provenance
from mmfusion.runs.report import show_report, shown_path
from mmfusion.runs.result import Result, flat_ceilings
from mmfusion.runs.stopping import StopOnSignals, Stopped
from mmfusion.runs.tables import prediction_table, truth_table, write_table
from mmfusion.tasks._base import Task
from mmfusion.training.build import build_data, build_model, build_module
from mmfusion.training.callbacks.build import Callbacks, build_callbacks
from mmfusion.training.loggers.build import build_loggers, finish
from mmfusion.training.module import MultiTaskModule
from mmfusion.training.noise import quiet
from mmfusion.training.trainer import build_trainer, reconcile, shows_progress

PREDICTIONS = "predictions.parquet"


def train(cfg: Mapping[str, Any], overrides: Sequence[str] = (), show: bool = True) -> Result:
    """Train, test with the best checkpoint, and leave everything in the run's folder.

    Under DDP every rank calls this; rank 0 alone writes and prints.

    Args:
        cfg: a composed and checked config, as plain containers.
        overrides: what the person typed, for the record.
        show: print the report at the end.

    Raises:
        Stopped: SIGINT or SIGTERM came; `result.json` says stopped, and the exit code is 130 or 143.
        Exception: whatever went wrong; `result.json` says failed and why, `traceback.txt` where.
    """
    config = reconcile(cfg)
    folder = RunFolder.create(config["paths"]["run"])
    began = time.perf_counter()
    started = datetime.now(UTC).isoformat(timespec="seconds")
    result = Result(folder.path, "running", config["name"], config["seed"], started)
    folder.write_yaml("config.yaml", config, "resolved; overrides.yaml has what was asked for")
    folder.write_yaml("overrides.yaml", list(overrides))
    result.write(folder)
    run = _Run(config, folder, overrides)
    if shows_progress(config["trainer"]) and folder.writes:
        print(f"run folder {shown_path(folder.path)}", file=sys.stderr)
    try:
        with folder.announced(), run.stop.active(), quiet():
            result = run.all_of(result)
        result = result.but(status="completed", seconds=time.perf_counter() - began)
        result.write(folder)
        finish(run.loggers, 0)
    except BaseException as error:
        stopped = Stopped(run.stop.number) if run.stop.number is not None else None
        result = result.but(
            status="stopped" if stopped or isinstance(error, KeyboardInterrupt) else "failed",
            seconds=time.perf_counter() - began,
            error=str(stopped) if stopped else f"{type(error).__name__}: {error}",
        )
        result.write(folder)
        folder.write_text("traceback.txt", traceback.format_exc())
        run.end_other_ranks()
        finish(run.loggers, 128 + stopped.number if stopped else 1)
        if folder.writes:
            what = stopped or "the run failed"
            print(f"mmfusion: {what}; what there is lies in {shown_path(folder.path)}", file=sys.stderr)
        if stopped is not None and error is not stopped:
            raise stopped from None
        raise
    if show and folder.writes:
        show_report(result)
    return result


class _Run:
    """The parts of one run, as far as they have been made, so that whoever cleans up finds them."""

    def __init__(self, config: Mapping[str, Any], folder: RunFolder, overrides: Sequence[str]) -> None:
        self.config = config
        self.folder = folder
        self.overrides = overrides
        self.stop = StopOnSignals()
        self.loggers: list[Logger] = []
        self.trainer: Trainer | None = None

    def all_of(self, result: Result) -> Result:
        """Everything from data to plots."""
        config, folder = self.config, self.folder
        origin = provenance(config, self.overrides) if folder.writes else {}
        folder.write_json("provenance.json", origin)
        data, tasks = self._data()
        assert data.table is not None
        if folder.writes:
            folder.write_json("provenance.json", {**origin, "data": fingerprint(data.table)})
        module = self._module(data, tasks)
        parameters = list(module.parameters())
        cost: dict[str, Any] = {
            "parameters": sum(p.numel() for p in parameters),
            "trained_parameters": sum(p.numel() for p in parameters if p.requires_grad),
        }
        callbacks = build_callbacks(
            config["callbacks"], tasks, folder.checkpoints, shows_progress(config["trainer"]) and folder.writes
        )
        settings = dict(config["trainer"])
        if folder.writes:
            self.loggers = build_loggers(config["logger"], str(folder.path), folder.path.name)
        else:
            settings["profiler"] = None
        self.trainer = build_trainer(settings, [self.stop, *callbacks.ordered], self.loggers, folder.path)
        for logger in self.loggers:
            logger.log_hyperparams(dict(config))
        began = time.perf_counter()
        self.trainer.fit(module, datamodule=data)
        cost["fit_seconds"] = time.perf_counter() - began
        began = time.perf_counter()
        metrics = self._test(module, data, callbacks)
        cost["test_seconds"] = time.perf_counter() - began
        kept, whole = callbacks.checkpoints, callbacks.speed.whole
        cost |= {"rows_per_second": whole.rows_per_second(), "waiting": whole.waiting()}
        cost |= {"processes": self.trainer.world_size, **peak_memory()}
        goal = {"metric": dict(kept.goal.terms), "mode": kept.goal.mode}
        result = result.but(
            metrics=metrics,
            ceilings=flat_ceilings(metrics, list(config["encoder"]), data.source.ceiling),
            validation=kept.best_metrics,
            monitor={**goal, "best": kept.best_value, "epoch": kept.best_epoch, "step": kept.best_step},
            cost=cost,
        )
        self._draw(callbacks, tasks, result)
        return result

    def end_other_ranks(self) -> None:
        """After a failure, end the processes that Lightning started: they may wait for this one in a collective."""
        launcher = None if self.trainer is None else self.trainer.strategy.launcher
        for process in getattr(launcher, "procs", ()):
            if process.poll() is None:
                process.kill()

    def _data(self) -> tuple[MultiModalData, dict[str, Task]]:
        seed_everything(self.config["seed"], workers=True, verbose=False)
        data, tasks = build_data(self.config)
        data.setup()
        self.folder.write_json("fitted/data.json", data.state())
        self.folder.write_json("fitted/tasks.json", {name: task.state() for name, task in tasks.items()})
        return data, tasks

    def _module(self, data: MultiModalData, tasks: Mapping[str, Task]) -> MultiTaskModule:
        # Once more, so that the first weights are the same whatever reading the data drew.
        seed_everything(self.config["seed"], workers=True, verbose=False)
        return build_module(self.config, build_model(self.config, data, tasks))

    def _test(self, module: MultiTaskModule, data: MultiModalData, callbacks: Callbacks) -> dict[str, float]:
        assert self.trainer is not None
        assert data.table is not None
        if not data.table.where("test"):
            return {}
        chosen = callbacks.checkpoints.chosen()
        path = None if chosen is None else str(chosen)
        # Without a checkpoint (none was to be kept, or fast_dev_run) the model is tested as training left it.
        found = self.trainer.test(module, datamodule=data, ckpt_path=path, weights_only=True, verbose=False)
        return {name: float(value) for name, value in found[0].items()}

    def _draw(self, callbacks: Callbacks, tasks: Mapping[str, Task], result: Result) -> None:
        kept = callbacks.predictions
        if not self.folder.writes or not kept.ids:
            return
        said = prediction_table(tasks, kept.ids, kept.outputs)
        said = said.hstack(truth_table(tasks, kept.targets, kept.labelled))
        write_table(said, self.folder.path / PREDICTIONS)
        if self.config["report"]["plots"]:
            draw(self.folder.path, said, tasks, result)
