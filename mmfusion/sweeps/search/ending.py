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
from mmfusion.store.files import BEST_TRIAL, PARETO, write_atomically
from mmfusion.store.owner import owner_text
from mmfusion.store.sweep import Sweep
from mmfusion.sweeps.grid import say
from mmfusion.sweeps.search.objectives import Objective
from mmfusion.sweeps.search.study import ERROR, OVERRIDES, VALUES, Book
from mmfusion.sweeps.search.work import Work


@dataclass(frozen=True)
class Outcome:
    """How a search went.

    Attributes:
        folder: of the sweep.
        best: the best trial, or those of the Pareto set.
        finished: trials of the study that completed or were pruned.
        failed: trials of this process that failed.
        is_complete: whether something was found, and the search was not ended by failures.
    """

    folder: Sweep
    best: Sequence[FrozenTrial]
    finished: int
    failed: int
    is_complete: bool


def trial_line(work: Work, book: Book, limit: int, base: int) -> str:
    """One trial, how it ended, the best so far, and its overrides but for the first `base`, which all trials have."""
    done = len(book.finished())
    what = f"[{done}/{limit}] trial {work.number}"
    if work.pruned is not None:
        how = work.pruned
    elif work.error is not None:
        how = f"failed: {work.error.splitlines()[0]}"
    else:
        how = _shown(book.objectives, work.mean())
        best = _best(book)
        if len(book.objectives) == 1 and best and best[0].number != work.number:
            how += f" (best {_number(best[0].values[0])}, trial {best[0].number})"
    return f"{what} {how}: {' '.join(work.overrides[base:])}"


def close(book: Book, folder: Sweep, words: Sequence[str], failed: Sequence[int], limit: int, gave_up: bool) -> Outcome:
    """Say what the study has come to, and write what repeats the best of it.

    Args:
        book: the study.
        folder: the sweep's.
        words: before a job's overrides on its command line.
        failed: trials of this process that failed.
        limit: trials that there were to be.
        gave_up: whether failures are why there are not as many.
    """
    finished, best = book.finished(), _best(book)
    pruned = sum(trial.state == TrialState.PRUNED for trial in finished)
    path = shown_path(folder.path)
    failures = f", {len(failed)} failed" if failed else ""
    say(f"{len(finished)} of {limit} trials finished, {pruned} of them pruned{failures}; study {book.name} in {path}")
    for number in failed:
        error = str(book.trials()[number].user_attrs.get(ERROR, "no reason given"))
        say(f"  failed: trial {number}: {error.splitlines()[0]}")
    for number, owner in book.at_work().items():
        say(f"  trial {number} is still at work ({owner_text(owner)})")
    train = shlex.join(["mmfusion", "train", *(word for word in words if word != "trusted_modules=[]")])
    if len(book.objectives) == 1:
        _write_best(book, folder, train, best)
    else:
        _write_pareto(book, folder, train, best)
    if len(finished) < limit:
        say("the same command again goes on")
    say(f"compare them: mmfusion compare {shell_path(folder.path)}")
    return Outcome(folder, best, len(finished), len(failed), bool(best) and not gave_up)


def _best(book: Book) -> list[FrozenTrial]:
    """The best trial, or the Pareto set in the first objective's order; trials of one and the same run stand once."""
    completed = [trial for trial in book.trials() if trial.state == TrialState.COMPLETE]
    if not completed:
        return []
    found = [book.study.best_trial] if len(book.objectives) == 1 else book.study.best_trials
    unique = {str(trial.user_attrs.get(OVERRIDES, trial.number)): trial for trial in reversed(found)}
    return sorted(unique.values(), key=lambda t: t.values[0], reverse=book.objectives[0].direction == "max")


def _write_best(book: Book, folder: Sweep, train: str, best: Sequence[FrozenTrial]) -> None:
    for trial in best:
        file = folder.path / BEST_TRIAL
        _write(file, train, trial, book.objectives)
        say(f"best: trial {trial.number}, {_shown(book.objectives, trial.values)}")
        say(f"  {' '.join(trial.user_attrs[OVERRIDES])}")
        say(f"  train it again: {train} {shell_path(file, '@')}")


def _write_pareto(book: Book, folder: Sweep, train: str, best: Sequence[FrozenTrial]) -> None:
    place = folder.path / PARETO
    place.mkdir(exist_ok=True)
    kept = {f"{trial.number}.yaml" for trial in best}
    for old in place.glob("*.yaml"):
        if old.name not in kept:
            old.unlink(missing_ok=True)
    if not best:
        return
    say(f"Pareto set: {len(best)} trials, none of which is beaten in every objective")
    for trial in best:
        _write(place / f"{trial.number}.yaml", train, trial, book.objectives)
        say(f"  trial {trial.number}: {_shown(book.objectives, trial.values)}: {' '.join(trial.user_attrs[OVERRIDES])}")
    say(f"  train one again: {train} {shell_path(place, '@')}/<trial>.yaml")


def _write(file: Path, train: str, trial: FrozenTrial, objectives: Sequence[Objective]) -> None:
    seeds: Mapping[str, Any] = trial.user_attrs.get(VALUES, {})
    means = f"; means over the seeds {', '.join(seeds)}" if len(seeds) > 1 else ""
    head = f"# Trial {trial.number}: {_shown(objectives, trial.values)}{means}. {train} {shell_path(file, '@')}\n"
    body = yaml.safe_dump(list(trial.user_attrs[OVERRIDES]), allow_unicode=True, width=1000)
    write_atomically(file, head + body)


def _shown(objectives: Sequence[Objective], values: Sequence[float]) -> str:
    return ", ".join(f"{each.metric} {_number(value)}" for each, value in zip(objectives, values, strict=True))


def _number(value: float) -> str:
    return f"{value:.6g}"
