"""A pool whose jobs are over as soon as they are looked at, and a search on it."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import optuna
import yaml
from optuna.trial import TrialState

from mmfusion.config.folders import own_folder
from mmfusion.store.sweep import Job, Sweep
from mmfusion.sweeps.process import EndedJob
from mmfusion.sweeps.search.loop import Search
from mmfusion.sweeps.search.objectives import Objective
from mmfusion.sweeps.search.samplers import Sampling
from mmfusion.sweeps.search.settings import SearchSettings
from mmfusion.sweeps.search.space import build_space
from mmfusion.sweeps.search.study import SharedStudy
from mmfusion.training.search.named import build_pruner
from mmfusion.training.search.storage import open_storage, resolve_storage
from mmfusion.training.search.trial import TRIAL_VARIABLE, Announcement

Run = Callable[[Job, Announcement | None], Mapping[str, Any]]

DEFAULTS = yaml.safe_load((own_folder() / "hydra/sweeper/search.yaml").read_text(encoding="utf-8"))
DEFAULTS |= {"n_trials": 4, "max_failures": 3, "sampler": "random"}
del DEFAULTS["_target_"]


def settings(**changes: Any) -> SearchSettings:
    return SearchSettings(**DEFAULTS | changes)


def value_of(job: Job, key: str) -> str:
    """What an override of the job says."""
    return next(item.split("=", 1)[1] for item in job.overrides if item.startswith(f"{key}="))


def completed(value: float, **validation: float) -> dict[str, Any]:
    return {"status": "completed", "monitor": {"best": value}, "validation": validation}


def by_x(job: Job, announced: Announcement | None) -> dict[str, Any]:
    """A run whose value is `x`."""
    return completed(float(value_of(job, "x")))


def reporting(job: Job, announced: Announcement | None) -> dict[str, Any]:
    """A run of five validations, each of which comes to `1 - x`, and heeds the pruner if there is one."""
    value = 1 - float(value_of(job, "x"))
    if announced is not None:
        study = optuna.load_study(
            study_name=announced.study, storage=open_storage(announced.storage), pruner=build_pruner(announced.pruner)
        )
        trial = optuna.Trial(study, study.trials[announced.trial]._trial_id)
        for step in range(5):
            trial.report(value, step)
            if trial.should_prune():
                return {"status": "stopped", "pruned": True, "error": f"pruned after epoch {step}: it was {value:.3g}"}
    return completed(value)


def interrupting(after: int, before: Run = by_x) -> Run:
    """As `before`, and Ctrl-C in the place of the next result."""
    count = 0

    def run(job: Job, announced: Announcement | None) -> Mapping[str, Any]:
        nonlocal count
        count += 1
        if count > after:
            raise KeyboardInterrupt
        return before(job, announced)

    return run


def killed(path: Path, after: int, **changes: Any) -> None:
    """A search whose process is killed at the end of a run that has reported, after so many others."""
    count = 0

    def run(job: Job, announced: Announcement | None) -> Mapping[str, Any]:
        nonlocal count
        count += 1
        result = reporting(job, announced)
        if count > after:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    make(path, run, **changes).run()


class FakePool:
    """Runs jobs with a function, one each time that it is waited for."""

    def __init__(self, folder: Sweep, run: Run = by_x, slots: int = 2) -> None:
        self.folder, self.run, self.slots = folder, run, slots
        self.started: list[Job] = []
        self.environments: list[dict[str, str]] = []
        self._busy: list[tuple[Job, dict[str, str]]] = []

    def __enter__(self) -> FakePool:
        return self

    def __exit__(self, *error: object) -> None:
        assert not self._busy, "a search leaves no job behind"

    def has_slot(self, job: Job) -> bool:
        return len(self._busy) < self.slots

    def start(self, job: Job, environment: Mapping[str, str] | None = None, **note: Any) -> None:
        assert self.has_slot(job)
        self.folder.prepare(job, **note)
        self.started.append(job)
        self.environments.append(dict(environment or {}))
        self._busy.append((job, dict(environment or {})))

    def wait(self, seconds: float | None = None) -> list[EndedJob]:
        if not self._busy:
            return []
        job, environment = self._busy[0]
        text = environment.get(TRIAL_VARIABLE)
        result = self.run(job, Announcement(**json.loads(text)) if text else None)
        self._busy.pop(0)
        return [self._ended(job, result)]

    def stop(self, reason: str = "") -> list[EndedJob]:
        busy, self._busy = self._busy, []
        return [self._ended(job, {"status": "stopped", "error": reason}) for job, _ in busy]

    def _ended(self, job: Job, result: Mapping[str, Any]) -> EndedJob:
        (job.folder / "result.json").write_text(json.dumps(result))
        return EndedJob(job, dict(result), 1.0)


OBJECTIVE = Objective("val/monitor", "min")


def open_study(
    path: Path, written: Mapping[str, Any], objectives: tuple[Objective, ...] = (OBJECTIVE,), **changes: Any
) -> tuple[SearchSettings, Any, Sampling, SharedStudy, Sweep]:
    """The parts of a search in that folder."""
    chosen = settings(**changes)
    space, _ = build_space((), written, lambda key: None)
    folder = Sweep(path)
    folder.open(kind="search")
    sampling = Sampling(chosen.sampler, chosen.seed, space, len(objectives))
    storage = resolve_storage(chosen.storage, folder.path)
    study = SharedStudy(storage, chosen.study or "study", folder.path, objectives, build_pruner(chosen.pruner))
    study.check(space, chosen.seeds, chosen.resume)
    return chosen, space, sampling, study, folder


def make(
    path: Path,
    run: Run = by_x,
    written: Mapping[str, Any] | None = None,
    slots: int = 2,
    objectives: tuple[Objective, ...] = (OBJECTIVE,),
    **changes: Any,
) -> Search:
    """A search for `x` in that folder."""
    space_of = written or {"x": "interval(0, 1)"}
    chosen, space, sampling, study, folder = open_study(path, space_of, objectives, **changes)
    pool = FakePool(folder, run, slots)
    return Search(chosen, ["base=1"], space, sampling, study, folder, pool, chosen.max_failures)


def in_a_process(path: Path, n_trials: int) -> None:
    """Search, as one of several processes."""
    make(path, n_trials=n_trials).run()


def states(search: Search) -> list[TrialState]:
    """Of all trials."""
    return [trial.state for trial in search.study.trials()]


GONE = {"host": socket.gethostname(), "pid": os.getpid(), "born": "in another life"}
"""A sweeper that was killed."""
