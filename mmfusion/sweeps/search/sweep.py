"""The search itself: ask for a trial, run its jobs, tell what they came to."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from optuna.trial import TrialState

from mmfusion.config.errors import ConfigError
from mmfusion.store.files import RESULT
from mmfusion.store.owner import identity, is_gone, is_here, owner_text
from mmfusion.store.sweep import Job, Sweep
from mmfusion.sweeps.grid import say
from mmfusion.sweeps.leaving import call_off
from mmfusion.sweeps.pool import Ended
from mmfusion.sweeps.search.batch import Runner
from mmfusion.sweeps.search.ending import trial_line
from mmfusion.sweeps.search.samplers import Sampling
from mmfusion.sweeps.search.settings import Settings
from mmfusion.sweeps.search.space import Space
from mmfusion.sweeps.search.study import OVERRIDES, VALUES, Book
from mmfusion.sweeps.search.work import Work, jobs_of
from mmfusion.training.search.pruners import prunes
from mmfusion.training.search.trial import Announcement

POLL = 1.0
"""Seconds after which to look at the clock, though no job has ended."""


class Search:
    """Runs trials until the study has `n_trials` finished ones, or may start no other.

    Args:
        settings: see there.
        base: overrides that are the same in every trial.
        space: what is searched.
        sampling: draws from it.
        book: the study.
        folder: the sweep's.
        runner: runs jobs.
        max_failures: trials of this process that may fail; no other is started once more have.

    Attributes:
        failed: trials of this process that failed.
        limit: finished trials that the study is to have: `n_trials`, or all that there are of a finite space.
    """

    def __init__(
        self,
        settings: Settings,
        base: Sequence[str],
        space: Space,
        sampling: Sampling,
        book: Book,
        folder: Sweep,
        runner: Runner,
        max_failures: int | None,
    ) -> None:
        self.settings, self.base, self.space, self.sampling = settings, list(base), space, sampling
        self.book, self.folder, self.runner, self.max_failures = book, folder, runner, max_failures
        self.failed: list[int] = []
        self.limit = settings.n_trials if sampling.every is None else min(settings.n_trials, len(sampling.every))
        self._owner = identity()
        self._works: dict[int, Work] = {}
        self._queue: deque[tuple[Work, str]] = deque()
        self._awaited: set[int] = set()
        self._until: float | None = None
        self._probe = folder.job(self.base, -1)

    @property
    def gave_up(self) -> bool:
        """Whether failures are why there are fewer finished trials than there were to be."""
        return self._too_many_failed or (self.sampling.every is not None and bool(self.failed))

    @property
    def _too_many_failed(self) -> bool:
        return self.max_failures is not None and len(self.failed) > self.max_failures

    def run(self) -> None:
        """Ask and tell.

        Raises:
            KeyboardInterrupt: after the jobs at work have been ended, and their trials given back to the study.
        """
        self._until = None if self.settings.timeout_s is None else time.monotonic() + self.settings.timeout_s
        self.take_over()
        with self.runner:
            try:
                while self._fill() or self._works or self.take_over() or self._waits():
                    for ended in self.runner.wait(POLL):
                        self._note(ended)
            except BaseException:
                for ended in self.runner.stop("the search was stopped"):
                    self._note(ended, stopped=True)
                for work in list(self._works.values()):
                    self._give_back(work)
                raise

    def take_over(self) -> int:
        """Trials of sweepers that are gone: tell what their jobs came to, and queue the parameters of the others.

        Returns how many were queued.
        """
        queued = 0
        with self.book.alone():
            for trial, owner in self.book.running():
                if owner == self._owner:
                    continue
                overrides = trial.user_attrs.get(OVERRIDES, [])
                jobs = jobs_of(self.folder, trial.number, overrides, self.settings.seeds)
                folders = [job.folder for job in jobs.values()]
                if owner and not is_gone(owner, folders, self.settings.stale_after_s, trial.datetime_start):
                    continue
                if any(self.folder.is_at_work(job) for job in jobs.values()):
                    continue
                work = Work(self.book.handle(trial), overrides, jobs, values=dict(trial.user_attrs.get(VALUES, {})))
                for seed, job in jobs.items():
                    self._judge(work, seed, self.folder.result(job))
                if overrides and (work.pruned or set(work.values) == set(jobs)):
                    self._finish(work)
                else:
                    say(f"trial {trial.number} was left unfinished and is tried again")
                    self._give_back(work)
                    queued += 1
        return queued

    def _fill(self) -> bool:
        """Start what there is room for; whether anything waits."""
        while True:
            if self._queue:
                work, seed = self._queue[0]
                if not self.runner.has_room(work.jobs[seed]):
                    return True
                self._queue.popleft()
                self._start(work, seed)
            elif not self.runner.has_room(self._probe) or not self._ask():
                return bool(self._queue)

    def _may_start(self) -> bool:
        """Whether neither failures nor the time forbid another trial."""
        return not self._too_many_failed and (self._until is None or time.monotonic() < self._until)

    def _waits(self) -> bool:
        """Wait a moment if the study lacks nothing but trials of other sweepers, any of which may yet fail or be left.

        Of another host's nobody here can tell that they were left, unless `stale_after_s` is set; so they are not
        waited for.
        """
        if not self._may_start() or len(self.book.finished()) >= self.limit:
            return False
        others = self.book.at_work()
        mine = [n for n, o in others.items() if not o or is_here(o) or self.settings.stale_after_s is not None]
        for number in sorted(set(mine) - self._awaited):
            self._awaited.add(number)
            say(f"waiting for trial {number}, which {owner_text(others[number])} has begun")
        if mine:
            time.sleep(POLL)
        return bool(mine)

    def _ask(self) -> bool:
        """Put a further trial's jobs into the queue; False if there is to be none."""
        if not self._may_start():
            return False
        trial = self.book.ask(self.sampling, self.limit, self._owner)
        if trial is None:
            return False
        overrides = self.book.parameters(trial, self.space, self.base)
        twin = self.book.twin(trial.number, overrides)
        if twin is not None:
            self.book.copy(trial, twin)
            say(f"trial {trial.number} is trial {twin.number} again and takes its value")
            return True
        at_work = next((work for work in self._works.values() if work.overrides == overrides), None)
        if at_work is not None:
            at_work.same.append(trial.number)
            return True
        jobs = jobs_of(self.folder, trial.number, overrides, self.settings.seeds)
        known: Mapping[str, list[float]] = trial.user_attrs.get(VALUES, {})
        work = Work(trial, overrides, jobs, values={s: v for s, v in known.items() if s in jobs})
        missing = [seed for seed in jobs if seed not in work.values]
        if self._reports(work) and work.first in missing:
            missing, work.held = [work.first], missing[1:]
        self._works[trial.number] = work
        self._enqueue(work, missing)
        if not missing:  # all seeds had ended when the trial was interrupted
            self._finish(work)
        return True

    def _enqueue(self, work: Work, seeds: Sequence[str]) -> None:
        work.running |= set(seeds)
        self._queue.extend((work, seed) for seed in seeds)

    def _start(self, work: Work, seed: str) -> None:
        environment: dict[str, str] = {}
        if len(self.book.objectives) == 1 and seed == work.first:
            objectives = [each.plain() for each in self.book.objectives]
            told = Announcement(self.book.storage, self.book.name, work.number, objectives, self.settings.pruner)
            environment = told.environment()
        job = work.jobs[seed]
        try:
            self.runner.start(job, environment, trial=work.number)
        except (OSError, ConfigError) as error:  # a full disk, too many processes: the others may still get through
            result = self.folder.settle(job, f"it could not be started: {type(error).__name__}: {error}", "failed")
            self._note(Ended(job, "failed", result["error"], 0.0, result))

    def _reports(self, work: Work) -> bool:
        """Whether its other seeds wait for the first, which may be pruned."""
        return len(self.book.objectives) == 1 and len(work.jobs) > 1 and prunes(self.settings.pruner)

    def _note(self, ended: Ended, stopped: bool = False) -> None:
        work, seed = self._of(ended.job)
        self._judge(work, seed, ended.result)
        work.running.discard(seed)
        if ended.status == "stopped" and not ended.result.get("pruned") and stopped:
            return
        if ended.status != "completed" and work.pruned is None:
            work.error = ended.error or ended.status
            waiting = {each for queued, each in self._queue if queued is work}
            self._queue = deque(each for each in self._queue if each[0] is not work)
            work.running -= waiting
        elif work.held and not work.running and work.pruned is None and work.error is None:
            seeds, work.held = work.held, []
            self._enqueue(work, seeds)
        if work.is_over:
            self._finish(work)

    def _of(self, job: Job) -> tuple[Work, str]:
        return next((w, seed) for w in self._works.values() for seed, each in w.jobs.items() if each == job)

    def _judge(self, work: Work, seed: str, result: Mapping[str, Any]) -> None:
        """What a job's result means for its trial."""
        if result.get("pruned"):
            work.pruned = str(result.get("error"))
        elif result.get("status") == "completed" and seed not in work.values:
            found = [each.value(result) for each in self.book.objectives]
            numbers = [value for value in found if value is not None]
            if len(numbers) == len(found):
                work.values[seed] = numbers
                self.book.keep(work.trial, VALUES, work.values)
            else:
                missing = next(o for o, v in zip(self.book.objectives, found, strict=True) if v is None)
                work.error = f"{work.jobs[seed]} has no {missing.metric} that is a number in its {RESULT}"

    def _finish(self, work: Work) -> None:
        self._works.pop(work.number, None)
        for number in (work.number, *work.same):
            if work.pruned is not None:
                self.book.tell(number, TrialState.PRUNED)
            elif work.error is not None:
                self.book.fail(number, work.error)
            else:
                self.book.tell(number, TrialState.COMPLETE, work.mean())
        self.failed += [work.number] if work.error is not None and work.pruned is None else []
        say(trial_line(work, self.book, self.limit, len(self.base)))
        if self.max_failures is not None and work.error is not None and len(self.failed) == self.max_failures + 1:
            say(f"{len(self.failed)} trials have failed (max_failures={self.max_failures}): starting no other")

    def _give_back(self, work: Work) -> None:
        """Queue its parameters; one that other hosts are at work on stays as it is, for whoever goes on to judge."""
        self._works.pop(work.number, None)
        call_off(self.folder, list(work.jobs.values()))
        if not any(self.folder.elsewhere(job) for job in work.jobs.values()):
            for seed, job in work.jobs.items():
                if seed not in work.values:
                    self.folder.retire(job)
            self.book.give_back(work.number, "interrupted; its parameters are tried again")
        for number in work.same:
            self.book.fail(number, f"the same as trial {work.number}, which was interrupted")
