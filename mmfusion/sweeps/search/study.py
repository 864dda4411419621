"""The study behind a search: who is at work on what, what is to be repeated, how many trials have finished."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import check_distribution_compatibility
from optuna.exceptions import UpdateFinishedTrialError
from optuna.pruners import BasePruner
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from mmfusion.config.errors import ConfigError
from mmfusion.store.files import STUDY_LOCK
from mmfusion.store.owner import Owner, identity, locked
from mmfusion.sweeps.search.objectives import Objective
from mmfusion.sweeps.search.samplers import Sampling
from mmfusion.sweeps.search.space import Space, suggest_with
from mmfusion.training.search.storage import close_storage, open_storage

OWNER, OVERRIDES, VALUES, ERROR, RETRY, SAME = "sweeper", "overrides", "values", "error", "retry_of", "same_as"
"""User attributes of a trial: who works on it, what it trains with, what each seed came to, why it failed, the trial
whose parameters it repeats because that was interrupted, the one whose value it takes because it is the same."""

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
_FIXED = "fixed_params"  # where Optuna keeps the parameters that a queued trial is to have
_DIRECTIONS = {"min": StudyDirection.MINIMIZE, "max": StudyDirection.MAXIMIZE}
_NAMED_S = 60.0  # seconds within which a sweeper has put its name to a trial that it asked for


class SharedStudy:
    """A study in its storage, which several sweepers may go on with at once; those that share `folder` take turns."""

    def __init__(
        self, storage: str, name: str, folder: Path, objectives: Sequence[Objective], pruner: BasePruner
    ) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.storage, self.name, self.folder, self.objectives = storage, name, folder, objectives
        self._storage = open_storage(storage)
        with self.locked():
            self.optuna = optuna.create_study(
                study_name=name,
                storage=self._storage,
                directions=[_DIRECTIONS[objective.direction] for objective in objectives],
                pruner=pruner,
                load_if_exists=True,
            )

    def close(self) -> None:
        close_storage(self._storage)

    def locked(self) -> AbstractContextManager[None]:
        """A `with` block for which other sweepers of this folder wait, where there are locks."""
        return locked(self.folder / STUDY_LOCK)

    def check(self, space: Space, seeds: Sequence[int] | None, resume: bool) -> None:
        """Refuse a study with other objectives, seeds or values of a key, and one that is not to be gone on with."""
        trials = self.trials()
        if trials and not resume:
            raise ConfigError(
                f"hydra.sweeper.resume=false, and the study {self.name!r} in {self.storage} has {len(trials)} trials"
            )
        settings = {
            "objectives": [objective.plain() for objective in self.objectives],
            "seeds": list(seeds) if seeds else None,
        }
        with self.locked():
            for key, (before, value) in self._differing(settings).items():
                raise ConfigError(f"hydra.sweeper.{key}: this study has {before}, not {value}; {_ANOTHER}")
            self._keep_settings(settings)
        now = {entry.name: entry for entry in space.entries}
        for trial in trials:
            for key, distribution in trial.distributions.items():
                if key not in now:
                    continue
                try:
                    check_distribution_compatibility(distribution, now[key].values.distribution)
                except ValueError:
                    why = f"this study has {distribution} there"
                    raise ConfigError(f"{key}={now[key].text}: {why}; {_ANOTHER}") from None

    def changes(self, **settings: Any) -> list[str]:
        """A sentence for each of these settings that was another when the study was last gone on with.

        How values are drawn and which trials are pruned may change in the middle of a search; what they are stands in
        the study from now on.
        """
        with self.locked():
            differing = self._differing(settings)
            self._keep_settings(settings)
        return [
            f"hydra.sweeper.{key} was {before} in this study before; from here on it is {value}"
            for key, (before, value) in differing.items()
        ]

    def _differing(self, settings: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
        """Setting to what the study has and what it is now, where that is another."""
        pairs = {key: (self.optuna.user_attrs.get(key, value), value) for key, value in settings.items()}
        return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}

    def _keep_settings(self, settings: Mapping[str, Any]) -> None:
        before = self.optuna.user_attrs
        for key, value in settings.items():
            if key not in before or before[key] != value:
                self.optuna.set_user_attr(key, value)

    def trials(self) -> list[FrozenTrial]:
        return self.optuna.get_trials(deepcopy=False)

    def finished(self) -> list[FrozenTrial]:
        """Those that count: complete or pruned."""
        return [trial for trial in self.trials() if trial.state in FINISHED]

    def ask(self, sampling: Sampling, limit: int, owner: Owner | None = None) -> optuna.Trial | None:
        """A trial of this process, without parameters yet; None once `limit` trials have finished or are at work."""
        with self.locked():
            trials = self.trials()
            if sum(trial.state in (*FINISHED, TrialState.RUNNING) for trial in trials) >= limit:
                return None
            owner = dict(owner or identity())
            if sampling.every is not None and all(trial.state != TrialState.WAITING for trial in trials):
                untried = _untried(sampling.every, trials, owner)
                if untried is None:
                    return None
                self.optuna.enqueue_trial(untried)
            trial = self.optuna.ask()
            trial.set_user_attr(OWNER, owner)
        self.optuna.sampler = sampling.of(self._draw(trial.number))
        return trial

    def _draw(self, number: int) -> int:
        """How many trials drew values before that one; one that repeats another is what that one was.

        So a search that was interrupted goes on with the draws that it would have made.
        """
        trials = self.trials()
        while (original := trials[number].user_attrs.get(RETRY)) is not None:
            number = original
        return sum(RETRY not in trial.user_attrs for trial in trials[:number])

    def parameters(self, trial: optuna.Trial, space: Space, base: Sequence[str]) -> list[str]:
        """Draw what is searched; the trial's overrides, which it keeps."""
        overrides = [*base, *space.overrides(space.ask(suggest_with(trial)))]
        trial.set_user_attr(OVERRIDES, overrides)
        return overrides

    def twin(self, number: int, overrides: Sequence[str]) -> FrozenTrial | None:
        """An earlier finished trial with the same overrides: it would only come to the same once more."""
        same = (t for t in self.finished() if t.number != number and t.user_attrs.get(OVERRIDES) == list(overrides))
        return next(same, None)

    def copy(self, trial: optuna.Trial, twin: FrozenTrial) -> None:
        """Let a trial come to what its twin came to."""
        trial.set_user_attr(SAME, twin.number)
        if twin.state == TrialState.PRUNED:
            for step, value in sorted(twin.intermediate_values.items()):
                trial.report(value, step)
            self.tell(trial.number, TrialState.PRUNED)
        else:
            self.tell(trial.number, TrialState.COMPLETE, twin.values)

    def keep(self, trial: optuna.Trial, key: str, value: Any) -> None:
        """Write something beside a trial, unless another process, which took it for left behind, has ended it."""
        with suppress(UpdateFinishedTrialError):
            trial.set_user_attr(key, value)

    def tell(self, number: int, state: TrialState, values: Sequence[float] | None = None) -> bool:
        """How a trial ended; False if another process has recorded one before."""
        if self.trials()[number].state.is_finished():
            return False
        self.optuna.tell(number, values, state)
        return True

    def fail(self, number: int, error: str) -> bool:
        self.keep(self.handle(self.trials()[number]), ERROR, error)
        return self.tell(number, TrialState.FAIL)

    def give_back(self, number: int, why: str) -> None:
        """End a trial that was interrupted, and put its parameters into the queue, with what its seeds came to."""
        if not self.fail(number, why):
            return
        trial = self.trials()[number]
        fixed = {**trial.system_attrs.get(_FIXED, {}), **trial.params}
        if fixed:  # else it had none yet, and nothing has run
            kept = {VALUES: trial.user_attrs.get(VALUES, {}), RETRY: number}
            self.optuna.enqueue_trial(fixed, user_attrs=kept)

    def handle(self, trial: FrozenTrial) -> optuna.Trial:
        return optuna.Trial(self.optuna, trial._trial_id)

    def running(self, may_be_left: bool = False) -> list[tuple[FrozenTrial, Owner | None]]:
        """Trials at work with their owners; `may_be_left` leaves out those to which somebody may be putting a name."""
        running = [trial for trial in self.trials() if trial.state == TrialState.RUNNING]
        if may_be_left:
            running = [trial for trial in running if trial.user_attrs.get(OWNER) or _age(trial) > _NAMED_S]
        return [(trial, trial.user_attrs.get(OWNER)) for trial in running]


def _age(trial: FrozenTrial) -> float:
    """Seconds since the trial was asked for."""
    began = trial.datetime_start
    return math.inf if began is None else (datetime.now(began.tzinfo) - began).total_seconds()


def _untried(every: Sequence[Mapping[str, Any]], trials: Sequence[FrozenTrial], owner: Owner) -> dict[str, Any] | None:
    """The first combination that has neither finished nor is at work, nor has failed in this very process."""
    tried = []
    for trial in trials:
        failed_here = trial.state == TrialState.FAIL and trial.user_attrs.get(OWNER) == owner
        if trial.state in (*FINISHED, TrialState.RUNNING) or failed_here:
            tried.append(trial.system_attrs.get(_FIXED) or trial.params)
    return next((dict(point) for point in every if point not in tried), None)


_ANOTHER = "give another hydra.sweeper.study, or another sweep folder (hydra.sweep.dir)"
