"""`mmfusion train`: one run, from a checked config to a folder with its result."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import polars as pl
from pytorch_lightning import Trainer, seed_everything
from pytorch_lightning.loggers import Logger

from mmfusion.data.module import MultiModalData
from mmfusion.data.table.locations import absolute
from mmfusion.hardware import peak_memory
from mmfusion.progress import busy
from mmfusion.runs.baseline_cache import baselines, compared
from mmfusion.runs.metric_lines import flat_ceilings
from mmfusion.runs.plots import draw_plots
from mmfusion.runs.prediction_table import prediction_table, truth_table, write_table
from mmfusion.runs.provenance import fingerprint, provenance
from mmfusion.runs.ranks import OtherRankError, report_failure, root_cause
from mmfusion.runs.refit import refit, write_fitted
from mmfusion.runs.rescore import save_outputs
from mmfusion.runs.run_summary import show_run, shown_path
from mmfusion.runs.scored import scored_rows
from mmfusion.runs.stopping import StopOnSignals, Stopped
from mmfusion.store.files import CONFIG, OVERRIDES, PREDICTIONS, PROVENANCE, TRACEBACK, to_text
from mmfusion.store.folder import RunFolder
from mmfusion.store.run import Run
from mmfusion.tasks._base import Task
from mmfusion.tasks.build import check_metrics, metric_facts
from mmfusion.training.build import build_data, build_model, build_module
from mmfusion.training.callbacks.build import Callbacks, build_callbacks
from mmfusion.training.callbacks.monitor import check_monitored_labels
from mmfusion.training.callbacks.preconditions import SameConfig, ValidationInterval
from mmfusion.training.callbacks.predictions import KeepPredictions
from mmfusion.training.callbacks.undefined import check_defined, explain
from mmfusion.training.loggers.build import build_loggers, finish_loggers
from mmfusion.training.module import MultiTaskModule
from mmfusion.training.noise import quiet
from mmfusion.training.search.trial import announced
from mmfusion.training.trainer import build_trainer, check_backend, check_trainer, progress_of, reconcile


def train_config(cfg: Mapping[str, Any], overrides: Sequence[str] = (), show: bool = True) -> Run:
    """Train, test with the best checkpoint, and write everything to the run's folder.

    Under DDP every rank calls this with the checked config and, for the record, what was typed; rank 0 alone writes.

    Raises:
        ConfigError: this machine cannot do what the config wants; no folder is made.
        Stopped: SIGINT or SIGTERM came; `result.json` says stopped, and the exit code is 130 or 143.
        OtherRankError: another process of the run failed; `result.json` says failed, which one and why.
        Exception: whatever went wrong; `result.json` says failed and why, `traceback.txt` where.
    """
    with quiet():
        check_trainer(cfg["trainer"])
    if cfg["compile"]["enabled"]:
        check_backend(cfg["compile"]["backend"])
    config = reconcile(cfg)
    config["data"] = absolute(config["data"])
    folder = RunFolder.create(config["paths"]["run"])
    began = time.perf_counter()
    started = datetime.now(UTC).isoformat(timespec="seconds")
    result = Run(folder.path, "running", config["name"], config["seed"], started, 0.0)
    folder.write(CONFIG, f"# resolved; {OVERRIDES} has what was typed\n{to_text(CONFIG, config)}")
    folder.write(OVERRIDES, list(overrides))
    result.write(folder)
    run = _Run(config, folder, overrides, result)
    if progress_of(config["trainer"]) is True and folder.writes:
        print(f"run folder {shown_path(folder.path)}", file=sys.stderr)
    try:
        with run.stop.active():
            try:
                with folder.announced(), quiet():
                    run.all()
                status = "stopped" if run.result.pruned else "completed"
                result = run.so_far().but(status=status, seconds=time.perf_counter() - began)
                result.write(folder)
            except BaseException as error:
                run.stop.disarm()
                run.record(run.so_far().but(seconds=time.perf_counter() - began), error)
    except BaseException as error:
        stopped = error if isinstance(error, Stopped) else None
        run.end_other_ranks()
        finish_loggers(run.loggers, 128 + stopped.number if stopped else 1)
        if folder.writes:
            what = stopped or "the run failed"
            print(f"mmfusion: {what}; what there is lies in {shown_path(folder.path)}", file=sys.stderr)
        raise
    if result.pruned and folder.writes:
        print(f"mmfusion: {result.error}; what there is lies in {shown_path(folder.path)}", file=sys.stderr)
    elif show and folder.writes:
        show_run(result)
    finish_loggers(run.loggers, 0)
    return result


@dataclass
class _Run:
    """The parts of one run, as far as they have been made, so that whoever cleans up finds them."""

    config: Mapping[str, Any]
    folder: RunFolder
    overrides: Sequence[str]
    result: Run
    stop: StopOnSignals = field(default_factory=StopOnSignals)
    loggers: list[Logger] = field(default_factory=list)
    trainer: Trainer | None = None
    data: MultiModalData | None = None
    callbacks: Callbacks | None = None

    def so_far(self) -> Run:
        """What has been found, also of a run that ended halfway: what its best checkpoint came to, what was faulty."""
        result = self.result.but(faulty={} if self.data is None else self.data.faulty())
        if self.callbacks is None:
            return result
        kept = self.callbacks.checkpoints
        goal = {"metric": dict(kept.goal.terms), "mode": kept.goal.mode}
        best = {"best": kept.best_value, "epoch": kept.best_epoch, "step": kept.best_step}
        best |= {"validations": self.callbacks.monitor.validations, "undefined": self.callbacks.monitor.undefined}
        return result.but(validation=kept.best_metrics, monitor=goal | best)

    def all(self) -> None:
        """Everything from data to plots."""
        config, folder = self.config, self.folder
        origin = provenance(config, self.overrides) if folder.writes else {}
        folder.write(PROVENANCE, origin)
        data, tasks = self._data()
        assert data.table is not None
        if folder.writes:
            known = fingerprint(data.table)
            folder.write(PROVENANCE, {**origin, "data": known})
            self.result = self.result.but(table=known["table"])
        # Once more, so that the first weights are the same whatever reading the data drew.
        seed_everything(config["seed"], workers=True, verbose=False)
        module = build_module(config, build_model(config, data, tasks))
        parameters = list(module.parameters())
        cost: dict[str, Any] = {
            "parameters": sum(p.numel() for p in parameters),
            "trained_parameters": sum(p.numel() for p in parameters if p.requires_grad),
        }
        progress = folder.writes and progress_of(config["trainer"])
        callbacks = build_callbacks(config["callbacks"], tasks, folder.checkpoints, progress, announced())
        self.callbacks = callbacks
        settings = dict(config["trainer"])
        if not data.validates and not settings["overfit_batches"]:
            settings["limit_val_batches"] = 0
        if settings["limit_val_batches"] != 0 and not settings["overfit_batches"]:
            targets = data.targets("val")
            check_monitored_labels(callbacks.monitor.goal, {task: len(labels) for task, labels in targets.items()})
            check_defined(_watched(config, callbacks), tasks, targets)
        if folder.writes:
            self.loggers = build_loggers(config["logger"], str(folder.path), folder.title)
        else:
            settings["profiler"] = None
        ordered = [self.stop, SameConfig(config), ValidationInterval(), *callbacks.ordered]
        self.trainer = build_trainer(settings, ordered, self.loggers, folder.path)
        for logger in self.loggers:
            logger.log_hyperparams(dict(config))
        began = time.perf_counter()
        self.trainer.fit(module, datamodule=data)
        pruned = callbacks.pruning.reason if callbacks.pruning is not None else None
        chosen, tester, kept = callbacks.checkpoints.chosen(), self.trainer, callbacks.predictions
        validated = data
        if settings.get("refit") and pruned is None:
            again = refit(config, folder, self.trainer, data, callbacks.checkpoints, [self.stop, SameConfig(config)])
            if again is not None:
                # As training left it: rank 0 is still moving its checkpoint into place.
                chosen, (module, data, kept) = None, again
                tester, tasks, self.data = module.trainer, module.tasks, data
                tester.loggers = self.loggers
                self.result = self.result.but(
                    refit={"steps": tester.global_step, "epoch": callbacks.checkpoints.best_epoch}
                )
        cost["fit_seconds"] = time.perf_counter() - began
        began = time.perf_counter()
        metrics = self._test(tester, module, data, chosen) if pruned is None else {}
        cost["test_seconds"] = time.perf_counter() - began
        whole = callbacks.speed.whole
        cost |= {"rows_per_second": whole.rows_per_second(), "waiting": whole.waiting()}
        cost |= {"processes": self.trainer.world_size, **peak_memory()}
        ceilings = flat_ceilings(metrics, list(config["encoder"]), data.source.ceiling)
        undefined = explain(metrics, "test", tasks, {t: x[kept.labelled[t]] for t, x in kept.targets.items()})
        self.result = self.result.but(
            metrics=metrics, ceilings=ceilings, undefined=undefined, cost=cost, pruned=pruned is not None, error=pruned
        )
        predictions = self._draw(kept, tasks)
        if folder.writes:
            whole_val = settings["limit_val_batches"] == 1.0 and not settings["overfit_batches"]
            rows = {} if validated is data else scored_rows(validated, KeepPredictions(), (), whole_val)
            self.result = self.result.but(rows=rows | scored_rows(data, kept, metrics, whole_val))
        if predictions is not None and config["report"]["baselines"]:
            summary, where = baselines(config, data, tasks)
            self.result = self.result.but(baselines=compared(summary, where, predictions, folder.path))

    def record(self, result: Run, error: BaseException) -> NoReturn:
        """Write down how the run ended, and raise why."""
        now = time.time()
        # Whatever a signal looks like by the time it arrives here, it is the reason.
        cause = error if self.stop.number is None or isinstance(error, Stopped) else Stopped(self.stop.number)
        if self.folder.writes:
            cause = root_cause(self.folder, cause)
        else:
            report_failure(self.folder, cause, now)
        is_stop = isinstance(cause, Stopped | KeyboardInterrupt)
        why = str(cause) if isinstance(cause, Stopped | OtherRankError) else f"{type(cause).__name__}: {cause}"
        result.but(status="stopped" if is_stop else "failed", error=why).write(self.folder, last=True)
        where = cause.traceback if isinstance(cause, OtherRankError) else traceback.format_exc()
        with suppress(OSError):  # a full disk may be what ended the run
            self.folder.write(TRACEBACK, where)
        if cause is not error:
            raise cause from None
        raise cause

    def end_other_ranks(self) -> None:
        """After a failure, end the processes that Lightning started: they may wait for this one in a collective."""
        launcher = None if self.trainer is None else self.trainer.strategy.launcher
        for process in getattr(launcher, "procs", ()):
            if process.poll() is None:
                process.kill()

    def _data(self) -> tuple[MultiModalData, dict[str, Task]]:
        seed_everything(self.config["seed"], workers=True, verbose=False)
        data, tasks = build_data(self.config)
        self.data = data
        with busy("preparing data"):
            data.setup()
        if any(task.further_metrics for task in tasks.values()):
            check_metrics(tasks, data.targets("train"))
        known = {name: metric_facts(task).items() for name, task in tasks.items()}
        facts = {name: {metric: asdict(fact) for metric, fact in of_task} for name, of_task in known.items()}
        self.result = self.result.but(task_metrics=facts)
        write_fitted(self.folder, data, tasks)
        return data, tasks

    def _test(
        self, trainer: Trainer, module: MultiTaskModule, data: MultiModalData, chosen: Path | None
    ) -> dict[str, float]:
        assert data.table is not None
        if not data.table.where("test") or self.config["trainer"]["limit_test_batches"] == 0:
            return {}
        path = None if chosen is None else str(chosen)
        # Without a checkpoint (none was to be kept, or fast_dev_run) the model is tested as training left it.
        (metrics,) = trainer.test(module, datamodule=data, ckpt_path=path, weights_only=True, verbose=False)
        return {name: float(value) for name, value in metrics.items()}

    def _draw(self, kept: KeepPredictions, tasks: Mapping[str, Task]) -> pl.DataFrame | None:
        """Write the predictions, and plots of them; returns what was written."""
        if not self.folder.writes or not kept.ids:
            return None
        predicted = prediction_table(tasks, kept.ids, kept.outputs)
        save_outputs(self.folder.path, tasks, kept, predicted)
        predicted = predicted.hstack(truth_table(tasks, kept.targets, kept.labelled))
        write_table(predicted, self.folder.path / PREDICTIONS)
        if self.config["report"]["plots"]:
            with busy("drawing plots"):
                draw_plots(predicted, tasks, self.so_far())
        return predicted


def _watched(config: Mapping[str, Any], callbacks: Callbacks) -> dict[str, list[str]]:
    """Config key to the validation metrics that something goes by."""
    watched = {"callbacks.monitor.metric": list(callbacks.monitor.goal.terms)}
    if config["scheduler"].get("monitor"):
        watched["scheduler.monitor"] = [config["scheduler"]["monitor"]]
    trial = announced()
    if trial is not None:
        watched["hydra.sweeper.objectives"] = [objective["metric"] for objective in trial.objectives]
    return watched
