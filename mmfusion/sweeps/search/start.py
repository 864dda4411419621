"""From settings and a command line to a search that is checked before it begins."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr

from hydra.plugins.launcher import Launcher

from mmfusion.config.compose import Composed, compose_unchecked
from mmfusion.config.errors import ConfigError
from mmfusion.config.override import Override, node_at, parse_overrides
from mmfusion.config.validation import no_validation
from mmfusion.store.sweep import Sweep
from mmfusion.sweeps.command import Command, current
from mmfusion.sweeps.grid import say
from mmfusion.sweeps.search.batch_runner import BatchRunner
from mmfusion.sweeps.search.coverage import covering
from mmfusion.sweeps.search.loop import Search
from mmfusion.sweeps.search.objectives import Objective, check_objectives, resolve_objectives
from mmfusion.sweeps.search.samplers import Sampling
from mmfusion.sweeps.search.settings import SearchSettings
from mmfusion.sweeps.search.space import Space, build_space, parse
from mmfusion.sweeps.search.study import SharedStudy
from mmfusion.sweeps.search.summary import SearchOutcome, summarize_search
from mmfusion.sweeps.split_checks import refused_splits
from mmfusion.training.search.named import build_pruner, prunes
from mmfusion.training.search.storage import resolve_storage

PRESET = "hparams_search"
_HINT = (
    "\nif a key belongs to one option of a group alone, say so: "
    'hydra.sweeper.space: {fusion.gate: {space: "choice(a, b)", when: "fusion=gated"}}'
)


def search(settings: SearchSettings, launcher: Launcher) -> SearchOutcome:
    """Search as the settings say, once they and the configs of some trials are checked.

    Raises:
        ConfigError: something in the settings, or in the config of some trial, is wrong.
    """
    command = current()
    given = parse_overrides(command.overrides)
    presets = [override.text for override in given if override.key == PRESET and override.sign != "~"]
    typed = [override.text for override in given if override.text not in presets]
    space, base = _space(settings, command, typed, presets)
    objectives = _objectives(settings, command, space, base)
    if len(objectives) > 1 and prunes(settings.pruner):
        raise ConfigError("hydra.sweeper.pruner: Optuna prunes by one objective alone; set hydra.sweeper.pruner=none")
    pruner = build_pruner(settings.pruner)
    sampling = Sampling(settings.sampler, settings.seed, space, len(objectives))
    if sampling.aside():
        left = ", ".join(sampling.aside())
        say(f"{sampling.name} leaves {left} to another sampler: it draws no choices, or none under conditions")
    sweep = Sweep(command.folder)
    name = settings.study or sweep.path.name
    storage = resolve_storage(settings.storage, sweep.path)
    before = sweep.about()
    if before.get("kind", "search") != "search" or before.get("study", name) != name:
        what = f"the study {before['study']!r}" if before.get("study") else f"a {before['kind']}"
        raise ConfigError(f"{sweep.path} belongs to {what}; choose another folder with hydra.sweep.dir")
    about = {"planned": settings.n_trials, "study": name, "storage": storage}
    about |= {"objectives": [objective.plain() for objective in objectives]}
    about |= {"space": {entry.name: str(entry) for entry in space.entries}}
    sweep.open(kind="search", **command.record(), **about)
    study = SharedStudy(storage, name, sweep.path, objectives, pruner)
    try:
        study.check(space, settings.seeds, settings.resume)
        for sentence in study.changes(sampler=settings.sampler, pruner=settings.pruner, seed=settings.seed):
            say(sentence)
        limits = [n for n in (settings.max_failures, getattr(launcher, "max_failures", None)) if n is not None]
        # mmfusion's own launcher starts a trial as soon as another ends; others take them by the batch.
        pool = getattr(launcher, "pool", None)
        runner = pool() if pool else BatchRunner(launcher, sweep, command, settings.batch_size)
        finder = Search(settings, base, space, sampling, study, sweep, runner, min(limits, default=None))
        finished = len(study.finished())
        if finished:
            say(f"the study has {finished} finished trials; {max(0, finder.limit - finished)} to go")
        try:
            finder.run()
        finally:
            outcome = summarize_search(study, sweep, command.prefix, finder.failed, finder.limit, finder.gave_up)
    finally:
        study.close()
    return outcome


def _space(
    settings: SearchSettings, command: Command, typed: Sequence[str], presets: Sequence[str]
) -> tuple[Space, list[str]]:
    """What is searched, and the overrides of every trial."""
    base = [text for text, override in zip(typed, parse(typed), strict=True) if not override.is_sweep_override()]
    with redirect_stderr(io.StringIO()):  # what composing says stands in each job's log
        composed = compose_unchecked(base, command.config_dirs)
        with_preset = compose_unchecked([*base, *presets], command.config_dirs) if presets else composed
    # `paths` may hold the time of day.
    keys = sorted(k for k, v in with_preset.config.items() if k != "paths" and v != composed.config.get(k))
    if keys:
        raise ConfigError(
            f"{presets[-1]} sets {', '.join(keys)}, but a trial is repeated without it: a file of {PRESET} may set "
            "hydra.sweeper and hydra.launcher alone; put the rest into an experiment"
        )
    space, base = build_space(typed, settings.space, _fixed(composed))
    if not space.entries:
        raise ConfigError(
            "there is nothing to search: give keys several values, as in optimizer.lr='tag(log, interval(1e-4, 1e-2))' "
            "fusion=concat,gated, or in hydra.sweeper.space"
        )
    searched = {entry.name for entry in space.entries}
    if settings.seeds and ("seed" in searched or any(override.key == "seed" for override in parse_overrides(base))):
        raise ConfigError(
            "hydra.sweeper.seeds sets the seed of each job, so the command line cannot set or search it too"
        )
    for entry in space.entries:
        say(f"searching {entry.name}: {entry}")
    return space, base


def _fixed(composed: Composed) -> Callable[[str], str | None]:
    """Looks up what a key or group is when it is not searched."""
    choices = dict(composed.sources.choices)
    choices |= {Override.parse(group).group: option for group, option in composed.sources.choices.items()}

    def value(key: str) -> str | None:
        if key in choices:
            return choices[key]
        parent, _, name = key.rpartition(".")
        section = node_at(composed.config, parent) or {}
        if name not in section or isinstance(section[name], Mapping | list):
            return None
        setting = section[name]
        return json.dumps(setting) if setting is None or isinstance(setting, bool) else str(setting)

    return value


def _objectives(settings: SearchSettings, command: Command, space: Space, base: Sequence[str]) -> tuple[Objective, ...]:
    """After a look at a few configs of the space, which says what is wrong before anything is trained."""
    objectives: tuple[Objective, ...] = ()
    configs = {}
    for point in covering(space):
        overrides = [*base, *space.overrides(point)]
        try:
            config = command.check(overrides)
        except ConfigError as error:
            raise ConfigError(f"a trial with {' '.join(space.overrides(point))}: {error}{_HINT}") from error
        if why := no_validation(config):
            raise ConfigError(
                f"a search goes by validation, and {why}; give it validation rows, or train without search"
            )
        objectives = objectives or resolve_objectives(settings.objectives, config)
        check_objectives(objectives, config)
        configs[" ".join(space.overrides(point))] = config
    for trial, refused in refused_splits(configs).items():
        raise ConfigError(f"a trial with {trial}: {refused}")
    return objectives
