"""The search itself: ask for a trial, run its jobs, tell what they came to."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from optuna.trial import TrialState

from mmfusion.store.files import RESULT
from mmfusion.store.owner import identity, is_gone, is_here, owner_text
from mmfusion.store.sweep import Sweep
from mmfusion.sweeps.cleanup import cancel
from mmfusion.sweeps.grid import say
from mmfusion.sweeps.pool import Pool
from mmfusion.sweeps.process import EndedJob
from mmfusion.sweeps.search.active_trial import ActiveTrial, jobs_of
from mmfusion.sweeps.search.batch_runner import BatchRunner
from mmfusion.sweeps.search.samplers import Sampling
from mmfusion.sweeps.search.settings import SearchSettings
from mmfusion.sweeps.search.space import Space
from mmfusion.sweeps.search.study import OVERRIDES, VALUES, SharedStudy
from mmfusion.sweeps.search.summary import trial_line
from mmfusion.training.search.named import prunes
from mmfusion.training.search.trial import Announcement

POLL = 1.0  # seconds after which to look at the clock, though no job has ended


class Search:
    """Runs trials until the study has `n_trials` finished ones, or may start no other.

    Args:
        base: overrides that are the same in every trial.
        max_failures: trials of this process (`failed`) that may fail; no other is started once more have.

    Attributes:
        limit: finished trials that the study is to have: `n_trials`, or all that there are of a finite space.
    """

    def __init__(
        self,
        settings: SearchSettings,
        base: Sequence[str],
        space: Space,
        sampling: Sampling,
        study: SharedStudy,
        sweep: Sweep,
        runner: Pool | BatchRunner,
        max_failures: int | None,
    ) -> None:
        self.settings, self.base, self.space, self.sampling = settings, list(base), space, sampling
        self.study, self.sweep, self.runner, self.max_failures = study, sweep, runner, max_failures
        self.failed: list[int] = []
        self.limit = settings.n_trials if sampling.every is None else min(settings.n_trials, len(sampling.every))
        self._owner = identity()
        self._active: dict[int, ActiveTrial] = {}
        self._queue: deque[tuple[ActiveTrial, str]] = deque()
        self._awaited: set[int] = set()
        self._until: float | None = None
        self._probe = sweep.job(self.base, -1)

    @property
    def gave_up(self) -> bool:
        """Whether failures are why there are fewer finished trials than there were to be."""
        return self._too_many_failed or (self.sampling.every is not None and bool(self.failed))

    @property
    def _too_many_failed(self) -> bool:
        return self.max_failures is not None and len(self.failed) > self.max_failures

    def run(self) -> None:
        """Ask and tell; when interrupted, end the jobs at work and give their trials back to the study.

        Raises:
            KeyboardInterrupt: after the jobs at work have been ended, and their trials given back to the study.
        """
        self._until = None if self.settings.timeout_s is None else time.monotonic() + self.settings.timeout_s
        self.take_over()
        with self.runner:
            try:
                while self._fill() or self._active or self.take_over() or self._waits():
                    for ended in self.runner.wait(POLL):
                        self._note(ended)
            except BaseException:
                for ended in self.runner.stop("the search was stopped"):
                    self._note(ended, stopped=True)
                for trial in list(self._active.values()):
                    self._give_back(trial)
                raise

    def take_over(self) -> int:
        """Trials of sweepers that are gone: tell what their jobs came to, and queue the parameters of the others.

        Returns how many were queued.
        """
        queued = 0
        with self.study.locked():
            for frozen, owner in self.study.running(may_be_left=True):
                if owner == self._owner:
                    continue
                overrides = frozen.user_attrs.get(OVERRIDES, [])
                jobs = jobs_of(self.sweep, frozen.number, overrides, self.settings.seeds)
                folders = [job.folder for job in jobs.values()]
                if owner and not is_gone(owner, folders, self.settings.stale_after_s, frozen.datetime_start):
                    continue
                if any(self.sweep.is_at_work(job) for job in jobs.values()):
                    continue
                values = dict(frozen.user_attrs.get(VALUES, {}))
                trial = ActiveTrial(self.study.handle(frozen), overrides, jobs, values=values)
                for seed, job in jobs.items():
                    self._judge(trial, seed, self.sweep.result(job))
                if overrides and (trial.pruned or set(trial.values) == set(jobs)):
                    self._finish(trial)
                else:
                    say(f"trial {trial.number} was left unfinished and is tried again")
                    self._give_back(trial)
                    queued += 1
        return queued

    def _fill(self) -> bool:
        """Start what there are slots for; whether anything waits."""
        while True:
            if self._queue:
                trial, seed = self._queue[0]
                if not self.runner.has_slot(trial.jobs[seed]):
                    return True
                self._queue.popleft()
                self._start(trial, seed)
            elif not self.runner.has_slot(self._probe) or not self._ask():
                return bool(self._queue)

    def _may_start(self) -> bool:
        return not self._too_many_failed and (self._until is None or time.monotonic() < self._until)

    def _waits(self) -> bool:
        """Wait a moment if the study lacks nothing but trials of other sweepers, any of which may yet fail or be left.

        Of another host's nobody here can tell that they were left, unless `stale_after_s` is set; so they are not
        waited for.
        """
        if not self._may_start() or len(self.study.finished()) >= self.limit:
            return False
        waits = False
        for trial, owner in self.study.running():
            if owner and not is_here(owner) and self.settings.stale_after_s is None:
                continue
            waits = True
            if trial.number not in self._awaited:
                self._awaited.add(trial.number)
                say(f"waiting for trial {trial.number}, which {owner_text(owner)} has begun")
        if waits:
            time.sleep(POLL)
        return waits

    def _ask(self) -> bool:
        """Put a further trial's jobs into the queue; False if there is to be none."""
        if not self._may_start():
            return False
        handle = self.study.ask(self.sampling, self.limit, self._owner)
        if handle is None:
            return False
        overrides = self.study.parameters(handle, self.space, self.base)
        twin = self.study.twin(handle.number, overrides)
        if twin is not None:
            self.study.copy(handle, twin)
            say(f"trial {handle.number} is trial {twin.number} again and takes its value")
            return True
        same = next((trial for trial in self._active.values() if trial.overrides == overrides), None)
        if same is not None:
            same.same.append(handle.number)
            return True
        jobs = jobs_of(self.sweep, handle.number, overrides, self.settings.seeds)
        known: Mapping[str, list[float]] = handle.user_attrs.get(VALUES, {})
        trial = ActiveTrial(handle, overrides, jobs, values={s: v for s, v in known.items() if s in jobs})
        missing = [seed for seed in jobs if seed not in trial.values]
        may_be_pruned = len(self.study.objectives) == 1 and len(jobs) > 1 and prunes(self.settings.pruner)
        if may_be_pruned and trial.first in missing:  # the other seeds wait for the first
            missing, trial.held = [trial.first], missing[1:]
        self._active[trial.number] = trial
        self._enqueue(trial, missing)
        if not missing:  # all seeds had ended when the trial was interrupted
            self._finish(trial)
        return True

    def _enqueue(self, trial: ActiveTrial, seeds: Sequence[str]) -> None:
        trial.running |= set(seeds)
        self._queue.extend((trial, seed) for seed in seeds)

    def _start(self, trial: ActiveTrial, seed: str) -> None:
        environment: dict[str, str] = {}
        if len(self.study.objectives) == 1 and seed == trial.first:
            objectives = [objective.plain() for objective in self.study.objectives]
            about = Announcement(self.study.storage, self.study.name, trial.number, objectives, self.settings.pruner)
            environment = about.environment()
        self.runner.start(trial.jobs[seed], environment, trial=trial.number)

    def _note(self, ended: EndedJob, stopped: bool = False) -> None:
        active = self._active.values()
        trial, seed = next((t, seed) for t in active for seed, job in t.jobs.items() if job == ended.job)
        self._judge(trial, seed, ended.result)
        trial.running.discard(seed)
        if ended.status == "stopped" and not ended.result.get("pruned") and stopped:
            return
        if ended.status != "completed" and trial.pruned is None:
            trial.error = ended.error or ended.status
            trial.running -= {seed for queued, seed in self._queue if queued is trial}
            self._queue = deque(waiting for waiting in self._queue if waiting[0] is not trial)
        elif trial.held and not trial.running and trial.pruned is None and trial.error is None:
            seeds, trial.held = trial.held, []
            self._enqueue(trial, seeds)
        if trial.is_over:
            self._finish(trial)

    def _judge(self, trial: ActiveTrial, seed: str, result: Mapping[str, Any]) -> None:
        if result.get("pruned"):
            trial.pruned = str(result.get("error"))
        elif result.get("status") == "completed" and seed not in trial.values:
            values = {objective.metric: objective.value(result) for objective in self.study.objectives}
            missing = next((metric for metric, value in values.items() if value is None), None)
            if missing is None:
                trial.values[seed] = [value for value in values.values() if value is not None]
                self.study.keep(trial.handle, VALUES, trial.values)
            else:
                trial.error = f"{trial.jobs[seed]} has no {missing} that is a number in its {RESULT}"

    def _finish(self, trial: ActiveTrial) -> None:
        self._active.pop(trial.number, None)
        for number in (trial.number, *trial.same):
            if trial.pruned is not None:
                self.study.tell(number, TrialState.PRUNED)
            elif trial.error is not None:
                self.study.fail(number, trial.error)
            else:
                self.study.tell(number, TrialState.COMPLETE, trial.mean())
        failed = trial.error is not None and trial.pruned is None
        self.failed += [trial.number] if failed else []
        say(trial_line(trial, self.study, self.limit, len(self.base)))
        if failed and self.max_failures is not None and len(self.failed) == self.max_failures + 1:
            say(f"{len(self.failed)} trials have failed (max_failures={self.max_failures}): starting no other")

    def _give_back(self, trial: ActiveTrial) -> None:
        """Queue its parameters; one that other hosts are at work on stays as it is, for whoever goes on to judge."""
        self._active.pop(trial.number, None)
        cancel(self.sweep, list(trial.jobs.values()))
        if not any(self.sweep.elsewhere(job) for job in trial.jobs.values()):
            for seed, job in trial.jobs.items():
                if seed not in trial.values:
                    self.sweep.retire(job)
            self.study.give_back(trial.number, "interrupted; its parameters are tried again")
        for number in trial.same:
            self.study.fail(number, f"the same as trial {trial.number}, which was interrupted")
