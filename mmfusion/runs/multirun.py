"""Several runs from one command line, one after another, through Hydra's own sweeper and launcher."""

from __future__ import annotations

import subprocess
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import hydra
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser

from mmfusion.config.check import check
from mmfusion.config.compose import PRIMARY, compose, forced, load_config, search_path, split_trust
from mmfusion.config.errors import ConfigError
from mmfusion.config.folders import groups, own_folder, user_folders
from mmfusion.config.hydra_errors import explained
from mmfusion.config.instantiate import trust

# Hydra would write a log file a job and set up the root logger; a run keeps its own records.
_QUIET = ("hydra/job_logging=none", "hydra/hydra_logging=none")
_HARMLESS = ("output_subdir", "run", "sweep", "verbose")


def multirun(overrides: Sequence[str], config_dirs: Sequence[str | Path] = ()) -> list[int]:
    """Run every combination, each in its own folder below `hydra.sweep.dir`; returns the numbers of those that failed.

    All jobs are composed and checked before the first one starts. One that fails does not stop the others.

    Raises:
        ConfigError: a job's config is wrong; says which.
    """
    plain, trusted = split_trust(overrides)
    trust(trusted)
    folders = user_folders(config_dirs)
    known = groups([own_folder(), *folders])
    jobs = _jobs(plain, folders, known)
    for number, job in enumerate(jobs):
        try:
            composed = compose(job, config_dirs)
            check(composed.config, composed.origin)
            _refuse_orders(composed.hydra)
        except ConfigError as error:
            raise ConfigError(f"job {number} ({' '.join(job)}): {error}") from error
    failed: list[int] = []

    def run(_: Any) -> None:
        settings = HydraConfig.get()
        number, folder = int(settings.job.num), Path(settings.runtime.output_dir)
        folder.rmdir()  # Hydra has made it; a run makes its own, and would take another name
        job = [*jobs[number], f"paths.run='{folder}'"]
        print(f"mmfusion: job {number + 1} of {len(jobs)}: {' '.join(jobs[number])}", file=sys.stderr)
        if not _run_alone(job, config_dirs, command):
            failed.append(number)

    argv = sys.argv
    command = ["train", *(word for each in config_dirs for word in ("--config-dir", str(each)))]
    command.append(f"trusted_modules=[{','.join(trusted)}]")
    sys.argv = [argv[0], "--multirun", *forced(plain, known), *search_path(folders), *_QUIET]
    try:
        hydra.main(version_base="1.3", config_path=str(own_folder()), config_name=PRIMARY)(run)()
    finally:
        sys.argv = argv
    return failed


def _refuse_orders(hydra: dict[str, Any]) -> None:
    """Hydra calls what its callbacks, logging, launcher and sweeper sections name, so no file may write there."""
    for key in hydra:
        if key not in _HARMLESS:
            raise ConfigError(
                f"hydra.{key}: a config file may set hydra.{', hydra.'.join(_HARMLESS)} and nothing else of Hydra's, "
                "because Hydra would call what it names; give it on the command line"
            )


def _jobs(overrides: Sequence[str], folders: Sequence[Path], known: dict[str, dict[str, Path]]) -> list[list[str]]:
    """Each job's overrides, in the order in which Hydra's sweeper runs them."""
    with explained(overrides, folders, known):
        parsed = OverridesParser.create().parse_overrides(list(overrides))
        batches = BasicSweeper.split_arguments([each for each in parsed if not each.is_hydra_override()], None)
    return [list(job) for batch in batches for job in batch]


def _run_alone(job: list[str], config_dirs: Sequence[str | Path], command: list[str]) -> bool:
    """Run one job as `mmfusion train` would alone; says whether it completed.

    A job of several processes gets a process of its own: what Lightning and torch.distributed leave behind in one
    would break the next. The others share this one, which has paid for the imports.
    """
    config = load_config(job, config_dirs)
    trainer = config["trainer"]
    if (trainer["devices"], trainer["num_nodes"], trainer["strategy"]) != (1, 1, "auto"):
        again = [sys.executable, "-m", "mmfusion", *command, *job]
        return subprocess.run(again, check=False).returncode == 0  # noqa: S603 (our own command, checked above)
    from mmfusion.runs.train import train

    argv, settings = sys.argv, HydraConfig.instance().cfg
    sys.argv = [argv[0], *command, *job]  # for the run's record: what repeats this job
    HydraConfig.instance().cfg = None
    try:
        return train(config, job).status == "completed"
    except ValueError as error:
        print(f"mmfusion: {type(error).__name__}: {error}", file=sys.stderr)
        return False
    except Exception:
        traceback.print_exc()
        return False
    finally:
        sys.argv, HydraConfig.instance().cfg = argv, settings
