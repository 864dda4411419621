"""What a search says: a line for each trial, the best at the end, and a file that repeats it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from optuna.trial import FrozenTrial, TrialState

from mmfusion.runs.run_summary import shell_path, shown_path
from mmfusion.store.files import BEST_TRIAL, PARETO, write
from mmfusion.store.owner import owner_text
from mmfusion.store.run import first_line
from mmfusion.store.sweep import Sweep
from mmfusion.sweeps.grid import say
from mmfusion.sweeps.search.active_trial import ActiveTrial
from mmfusion.sweeps.search.study import ERROR, OVERRIDES, VALUES, SharedStudy


@dataclass(frozen=True)
class SearchOutcome:
    """The best trial or the Pareto set, and whether there is one and the search was not ended by failures."""

    best: Sequence[FrozenTrial]
    is_complete: bool


def trial_line(trial: ActiveTrial, study: SharedStudy, limit: int, base: int) -> str:
    """One trial, how it ended, the best so far, and its overrides but for the first `base`, which all trials have."""
    done = len(study.finished())
    what = f"[{done}/{limit}] trial {trial.number}"
    if trial.pruned is not None:
        how = trial.pruned
    elif trial.error is not None:
        how = f"failed: {first_line(trial.error)}"
    else:
        how = _shown(study, trial.mean())
        best = _best(study)
        if len(study.objectives) == 1 and best and best[0].number != trial.number:
            how += f" (best {_number(best[0].values[0])}, trial {best[0].number})"
    return f"{what} {how}: {' '.join(trial.overrides[base:])}"


def summarize_search(
    study: SharedStudy, sweep: Sweep, prefix: Sequence[str], failed: Sequence[int], limit: int, gave_up: bool
) -> SearchOutcome:
    """Say what the study has come to, and write what repeats the best of it; `gave_up` if failures ended it early."""
    finished, best = study.finished(), _best(study)
    pruned = sum(trial.state == TrialState.PRUNED for trial in finished)
    path = shown_path(sweep.path)
    failures = f", {len(failed)} failed" if failed else ""
    say(f"{len(finished)} of {limit} trials finished, {pruned} of them pruned{failures}; study {study.name} in {path}")
    for number in failed:
        error = str(study.trials()[number].user_attrs.get(ERROR, "no reason given"))
        say(f"  failed: trial {number}: {first_line(error)}")
    for trial, owner in study.running():
        say(f"  trial {trial.number} is still at work ({owner_text(owner)})")
    train = shlex.join(["mmfusion", "train", *(word for word in prefix if word != "trusted_modules=[]")])
    if len(study.objectives) == 1:
        _write_best(study, sweep, train, best)
    else:
        _write_pareto(study, sweep, train, best)
    if len(finished) < limit:
        say("the same command again goes on")
    say(f"compare them: mmfusion compare {shell_path(sweep.path)}")
    return SearchOutcome(best, bool(best) and not gave_up)


def _best(study: SharedStudy) -> list[FrozenTrial]:
    """The best trial, or the Pareto set in the first objective's order; trials of one and the same run stand once."""
    completed = [trial for trial in study.trials() if trial.state == TrialState.COMPLETE]
    if not completed:
        return []
    best = [study.optuna.best_trial] if len(study.objectives) == 1 else study.optuna.best_trials
    unique = {str(trial.user_attrs.get(OVERRIDES, trial.number)): trial for trial in reversed(best)}
    return sorted(unique.values(), key=lambda t: t.values[0], reverse=study.objectives[0].direction == "max")


def _write_best(study: SharedStudy, sweep: Sweep, train: str, best: Sequence[FrozenTrial]) -> None:
    file = sweep.path / BEST_TRIAL
    for trial in best:
        _write(file, train, trial, study)
        say(f"best: trial {trial.number}, {_shown(study, trial.values)}")
        say(f"  {' '.join(trial.user_attrs[OVERRIDES])}")
        say(f"  train it again: {train} {shell_path(file, '@')}")


def _write_pareto(study: SharedStudy, sweep: Sweep, train: str, best: Sequence[FrozenTrial]) -> None:
    folder = sweep.path / PARETO
    folder.mkdir(exist_ok=True)
    files = {folder / f"{trial.number}.yaml": trial for trial in best}
    for old in set(folder.glob("*.yaml")) - set(files):
        old.unlink(missing_ok=True)
    if not best:
        return
    say(f"Pareto set: {len(best)} trials, none of which is beaten in every objective")
    for file, trial in files.items():
        _write(file, train, trial, study)
        overrides = " ".join(trial.user_attrs[OVERRIDES])
        say(f"  trial {trial.number}: {_shown(study, trial.values)}: {overrides}")
    say(f"  train one again: {train} {shell_path(folder, '@')}/<trial>.yaml")


def _write(file: Path, train: str, trial: FrozenTrial, study: SharedStudy) -> None:
    seeds: Mapping[str, Any] = trial.user_attrs.get(VALUES, {})
    means = f"; means over the seeds {', '.join(seeds)}" if len(seeds) > 1 else ""
    head = f"# Trial {trial.number}: {_shown(study, trial.values)}{means}. {train} {shell_path(file, '@')}\n"
    body = yaml.safe_dump(list(trial.user_attrs[OVERRIDES]), allow_unicode=True, width=1000)
    write(file, head + body)


def _shown(study: SharedStudy, values: Sequence[float]) -> str:
    pairs = zip(study.objectives, values, strict=True)
    return ", ".join(f"{objective.metric} {_number(value)}" for objective, value in pairs)


def _number(value: float) -> str:
    return f"{value:.6g}"
