"""Every combination: run what is missing, leave alone what is there."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, QuotedString, Transformer
from rich.console import Console
from rich.progress import track

from mmfusion.config.compose import forced
from mmfusion.config.errors import ConfigError
from mmfusion.config.folders import groups, own_folder, user_folders
from mmfusion.runs.run_summary import shell_path, shown_path
from mmfusion.store.run import first_line
from mmfusion.store.sweep import FINAL, Job, Sweep, job_hash
from mmfusion.sweeps.cleanup import cleaned_up
from mmfusion.sweeps.command import Command, current
from mmfusion.sweeps.pool import Pool
from mmfusion.sweeps.process import EndedJob
from mmfusion.sweeps.split_checks import refused_splits


@dataclass(frozen=True)
class GridOutcome:
    """How a grid went: the jobs that were planned, those that ran and did not complete, and those without a result."""

    sweep: Sweep
    jobs: Sequence[Job]
    failed: Sequence[Job]
    waiting: Sequence[Job]

    @property
    def is_complete(self) -> bool:
        """Whether every job has completed."""
        return not self.failed and not self.waiting


def run_grid(arguments: Sequence[str], launch: Callable[[Sequence[Sequence[str]]], None], invalid: str) -> GridOutcome:
    """Number the combinations, check those that have not completed, and launch them.

    Args:
        arguments: overrides as Hydra takes them, with several values where a grid is wanted.
        launch: runs jobs, given by such overrides, and returns when they have ended.
        invalid: see `GridSweeper`.

    Raises:
        ConfigError: a combination is wrong, or another process runs this sweep.
    """
    command = current()
    sweep = Sweep(command.folder)
    plain, for_hydra = _jobs(command, arguments)
    if sweep.about().get("kind", "grid") != "grid":
        raise ConfigError(f"{sweep.path} belongs to a search; choose another folder with hydra.sweep.dir")
    wrong = _wrong(command, sweep, plain)
    if wrong and invalid == "refuse":
        number, error = next(iter(wrong.items()))
        more = f" ({len(wrong) - 1} more are wrong)" if len(wrong) > 1 else ""
        hint = "\nhydra.sweeper.invalid=fail runs the others" if len(wrong) < len(plain) else ""
        raise ConfigError(f"job {number} ({' '.join(plain[number])}): {error}{more}{hint}")
    with sweep.lock():
        sweep.open(kind="grid", **command.record())
        jobs = sweep.plan(plain, for_hydra)
        for number, error in wrong.items():
            message = f"ConfigError: {error}"
            if sweep.result(jobs[number]).get("error") != message:  # once is enough
                sweep.prepare(jobs[number])
                sweep.settle(jobs[number], message, "failed")
        todo = [i for i, job in enumerate(jobs) if i not in wrong and not sweep.is_done(job)]
        if len(todo) < len(jobs) - len(wrong):
            say(f"{len(jobs) - len(wrong) - len(todo)} of {len(jobs)} jobs are there already; {len(todo)} to run")
        for i, owner in [(i, owner) for i in todo if (owner := sweep.elsewhere(jobs[i]))]:
            say(f"{jobs[i]} is left alone: {owner} is at work on it")
            todo.remove(i)
        try:
            with cleaned_up(sweep, [jobs[i] for i in todo]):
                if todo:
                    launch([for_hydra[i] for i in todo])
        finally:
            ended = {job: sweep.result(job).get("status") in FINAL for job in jobs if not sweep.is_done(job)}
            failed, waiting = ([job for job, has_ended in ended.items() if has_ended is what] for what in (True, False))
            outcome = GridOutcome(sweep, jobs, failed, waiting)
            summarize_grid(outcome)
    return outcome


def _jobs(command: Command, arguments: Sequence[str]) -> tuple[list[list[str]], list[list[str]]]:
    """Each job's overrides, as a person would type them and as Hydra takes them."""
    if command.listed is None:
        return combinations(command.overrides), combinations(arguments)
    known = groups([own_folder(), *user_folders(command.config_dirs)])
    return [list(job) for job in command.listed.jobs], [forced(job, known) for job in command.listed.jobs]


def combinations(overrides: Sequence[str]) -> list[list[str]]:
    """Each job's overrides, the last one's values changing fastest; of two overrides of one key the later counts.

    Raises:
        ConfigError: a range of numbers, of which a grid cannot take every one, or a value that is given twice.
    """
    parsed = OverridesParser.create().parse_overrides(list(overrides))
    values: dict[str, list[str]] = {}
    for typed, override in zip(overrides, parsed, strict=True):
        if override.is_sweep_override():
            if not override.is_discrete_sweep():
                why = "a grid takes choices, not an interval; a search does: hparams_search=optuna"
                raise ConfigError(f"{typed}: {why}")
            _refuse_twice(typed, override)
        values[override.get_key_element()] = values_of(override)
    return [list(job) for job in itertools.product(*values.values())]


def _refuse_twice(typed: str, override: Override) -> None:
    """Refuse a value that is there already, however it is written: `1,1.0`, `a,'a'`."""
    seen: list[tuple[bool, object]] = []
    elements = override.sweep_iterator(transformer=Transformer.identity)
    for element, text in zip(elements, override.sweep_string_iterator(), strict=True):
        value = (isinstance(element, bool), element.text if isinstance(element, QuotedString) else element)
        if value in seen:
            raise ConfigError(f"{typed}: the value {text} is given twice; give each value once")
        seen.append(value)


def values_of(override: Override) -> list[str]:
    """An override for each of its values.

    Raises:
        ConfigError: there is none, or one stands for two splits.
    """
    key = override.get_key_element()
    if override.is_sweep_override():
        return [f"{key}={value}" for value in override.sweep_string_iterator()]
    if override.is_delete() and override.value() is None:
        return [key]  # `~key=null` would delete it only if it is null
    return [f"{key}={override.get_value_element_as_str()}"]


def _wrong(command: Command, sweep: Sweep, jobs: Sequence[Sequence[str]]) -> dict[int, ConfigError]:
    """The jobs whose config is wrong, or their table's split, by position; what has completed needs no check."""
    wrong, right, known = {}, {}, sweep.known()
    console = Console(file=sys.stderr)
    checked = track(jobs, "checking configs", console=console, transient=True, disable=not console.is_terminal)
    for number, overrides in enumerate(checked):
        entry = known.get(job_hash(overrides))
        if entry is not None and sweep.is_done(sweep.job(overrides, entry["number"])):
            continue
        try:
            right[number] = command.check(overrides)
        except ConfigError as error:
            wrong[number] = error
    return dict(sorted((wrong | refused_splits(right)).items()))


def run_in_pool(pool: Pool, jobs: Sequence[Job], max_failures: int | None) -> list[EndedJob]:
    """Run the jobs as there are slots, in order; start no other once more than `max_failures` have failed.

    Raises:
        KeyboardInterrupt: after the jobs at work have been ended.
    """
    queue, ended = list(jobs), list[EndedJob]()
    while queue or pool.busy:
        while queue and pool.has_slot(queue[0]):
            pool.start(queue.pop(0))
        for last in pool.wait():
            ended.append(last)
            why = "" if last.error is None else f": {first_line(last.error)}"
            say(f"[{len(ended)}/{len(jobs)}] {last.status} in {last.seconds:.0f} s: {last.job}{why}")
        failed = sum(job.status != "completed" for job in ended)
        if queue and max_failures is not None and failed > max_failures:
            say(f"{failed} jobs have failed (hydra.launcher.max_failures={max_failures}): starting no other")
            queue = []
    return ended


def summarize_grid(outcome: GridOutcome) -> None:
    """Say what failed, where everything lies, and what to do next."""
    sweep = outcome.sweep
    completed = len(outcome.jobs) - len(outcome.failed) - len(outcome.waiting)
    say(f"{completed} of {len(outcome.jobs)} jobs completed in {shown_path(sweep.path)}")
    for job in outcome.failed:
        result = sweep.result(job)
        why = first_line(result.get("error") or "no result")
        say(f"  {result.get('status', 'failed')}: {job}: {why} ({shown_path(job.folder)})")
    if outcome.waiting:
        say(f"  without a result: {len(outcome.waiting)} jobs, the first of them {outcome.waiting[0]}")
    if not outcome.is_complete:
        say("the same command again runs what is missing or failed")
    if completed:
        say(f"compare them: mmfusion compare {shell_path(sweep.path)}")


def say(sentence: str) -> None:
    """To standard error: standard output is for results."""
    print(f"mmfusion: {sentence}", file=sys.stderr, flush=True)
