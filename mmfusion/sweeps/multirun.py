"""`mmfusion train -m`: many runs from one command line, through Hydra's sweepers and launchers."""

from __future__ import annotations

import hashlib
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override

from mmfusion.config.compose import (
    PRIMARY,
    Composed,
    compose_unchecked,
    forced,
    read_overrides,
    run_hydra,
    search_path,
    stock_hydra,
)
from mmfusion.config.errors import ConfigError
from mmfusion.config.folders import groups, own_folder, user_folders
from mmfusion.config.hydra_errors import as_config_error
from mmfusion.config.hydra_options import GRID, PARTS, check_options, refuse_options
from mmfusion.config.instantiate import trust
from mmfusion.config.override import parse_overrides
from mmfusion.config.quoting import quoted, written
from mmfusion.sweeps.command import Command, Listed, running
from mmfusion.sweeps.grid import values_of
from mmfusion.sweeps.worker import run_task

# Hydra would write a log file a job and set up the root logger; a run keeps its own records. Its folders likewise.
_QUIET = ("hydra/job_logging=none", "hydra/hydra_logging=none", "hydra.sweep.subdir=.")
_STOCK = {"hydra/sweeper": "grid", "hydra/launcher": "process"}


def multirun(overrides: Sequence[str], config_dirs: Sequence[str | Path] = ()) -> bool:
    """Run a grid or a search; whether everything completed, as the sweeper says.

    Raises:
        ConfigError: a job's config is wrong; says which.
    """
    return bool(getattr(launch(overrides, config_dirs), "is_complete", True))


def launch(overrides: Sequence[str], config_dirs: Sequence[str | Path] = (), listed: Listed | None = None) -> Any:
    """`multirun`, or these jobs with what the overrides say of folder and launcher; returns the sweeper's outcome."""
    plain, trusted = read_overrides(overrides)
    trust(trusted)
    folders = user_folders(config_dirs)
    known = groups([own_folder(), *folders])
    with as_config_error(plain, folders, known):
        parsed = OverridesParser.create().parse_overrides(plain)
    for_hydra = [text for text, override in zip(plain, parsed, strict=True) if override.is_hydra_override()]
    for_jobs = [text for text, override in zip(plain, parsed, strict=True) if not override.is_hydra_override()]
    _need_plugin(plain)
    first, composed = _first(parsed, config_dirs)
    refuse_options(composed.hydra, stock_hydra())
    chosen = [
        f"{group}={own}" for group, own in _STOCK.items() if not _is_chosen(group, plain, composed.sources.choices)
    ]
    with as_config_error(plain, folders, known):
        settings = run_hydra([*forced([*first, *for_hydra], known), *search_path(folders), *chosen])[1]
    check_options(settings)
    is_grid = listed is None and settings["sweeper"]["_target_"] == GRID
    folder = sweep_folder(parsed, composed, composed.config["name"], is_grid)
    command = Command(for_jobs, list(config_dirs), trusted, list(sys.argv), composed.config, folder, listed)
    given = _launcher([*forced(plain, known), *chosen], settings)
    arguments = [*given, *search_path(folders), *_QUIET, f"hydra.sweep.dir={quoted(str(folder))}"]
    hydra = initialize_config_dir(str(own_folder()), job_name="mmfusion", version_base="1.3")
    with running(command), _ends_on_sigterm(), hydra:
        app = GlobalHydra.instance().hydra
        assert app is not None
        with as_config_error(plain, folders, known):
            return app.multirun(config_name=PRIMARY, task_function=run_task, overrides=arguments)


def _first(parsed: Sequence[Override], config_dirs: Sequence[str | Path]) -> tuple[list[str], Composed]:
    """The overrides of a combination that can be composed, and what they make: the first one's if there is one.

    Of a range of numbers there is no first, and the default stands. Whether the other combinations are right is for the
    sweeper to say, which may go on without them. If none can be composed, the first one's error is raised.
    """
    fixed_or_choice = (one for one in parsed if one.is_discrete_sweep() or not one.is_sweep_override())
    choices = [values_of(override) for override in fixed_or_choice if not override.is_hydra_override()]
    error: ConfigError | None = None
    for k in range(max((len(values) for values in choices), default=1)):
        overrides = [values[k % len(values)] for values in choices]
        try:
            return overrides, compose_unchecked(overrides, config_dirs)
        except ConfigError as own:
            error = error or own
    assert error is not None
    raise error


def sweep_folder(parsed: Sequence[Override], composed: Composed, name: str, is_grid: bool = False) -> Path:
    """The sweep's folder: the command line's or a file's, or else `<paths.outputs>/<name>-<hash of the overrides>`.

    So the same command finds what it has done before. A grid's axes count by name, so that they can get more values.
    """
    typed = [str(override.value()) for override in parsed if override.key_or_group == "hydra.sweep.dir"]
    given = typed[-1] if typed else str((composed.hydra.get("sweep") or {}).get("dir") or "")
    if given and (typed or not given.startswith("multirun/")):  # else Hydra's own default
        if "${" in given:
            raise ConfigError(f"hydra.sweep.dir={given}: expected a plain path: the same command must find it again")
        return Path(given).expanduser().absolute()
    lines = [
        override.get_key_element().lstrip("+") if is_grid and override.is_sweep_override() else str(override.input_line)
        for override in parsed
        if not override.is_hydra_override()
    ]
    digits = hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:8]
    return (Path(composed.config["paths"]["outputs"]).expanduser() / f"{name}-{digits}").absolute()


@contextmanager
def _ends_on_sigterm() -> Iterator[None]:
    """End as on Ctrl-C when somebody asks this process to end: jobs first, then the last words; exit code 143."""

    def end(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _launcher(given: Sequence[str], settings: Mapping[str, Any]) -> list[str]:
    """What Hydra gets for the launcher: of one of its plugins all options, in place of the name of mmfusion's file.

    The plugins bring files of the same names. Hydra 1.3 would read ours against theirs, in each worker again, and warn
    that its next version will not.
    """
    node = settings["launcher"]
    if node["_target_"] in PARTS["launcher"] or "hydra_plugins" not in node["_target_"]:
        return list(given)
    others = [one.text for one in parse_overrides(given) if not f"{one.key}.".startswith("hydra.launcher.")]
    launcher = written("hydra.launcher", node)
    return [*others, "hydra/launcher=process", "++hydra.launcher=null", f"++hydra.launcher={launcher}"]


def _need_plugin(plain: Sequence[str]) -> None:
    """Say what to install before Hydra says that it does not know a class."""
    for override in parse_overrides(plain):
        file = own_folder() / "hydra" / "launcher" / f"{override.value}.yaml"
        if override.group == "hydra/launcher" and file.is_file():
            target = yaml.safe_load(file.read_text(encoding="utf-8"))["_target_"]
            if find_spec(".".join(target.split(".")[:2])) is None:
                raise ConfigError(f"{override} needs a plugin: pip install 'mmfusion[{file.stem.split('_')[0]}]'")


def _is_chosen(group: str, plain: Sequence[str], choices: Mapping[str, str]) -> bool:
    """Whether the command line or a file says which sweeper or launcher is to work."""
    typed = any(override.group == group and override.sign != "~" for override in parse_overrides(plain))
    return typed or choices.get(group, "basic") != "basic"
