"""From a command line to a study's jobs, checked before the first one starts."""

from __future__ import annotations

import hashlib
import io
import re
import shlex
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser

from mmfusion.config.check import check_study
from mmfusion.config.compose import compose, load_config, read_overrides
from mmfusion.config.errors import ConfigError
from mmfusion.config.folders import groups, own_folder, user_folders
from mmfusion.config.hydra_errors import as_config_error
from mmfusion.config.instantiate import instantiate, trust
from mmfusion.config.override import Override, parse_overrides
from mmfusion.studies._base import MeasuredStudy, Study, TrainedStudy
from mmfusion.studies.requested import GROUP
from mmfusion.studies.results import LeftOut, Variant, by_reason

_NOT_HERE = {
    "seed": "a study sets the seeds itself; say study.seeds=5, or a list",
    "hparams_search": "a study is no search; run them one after the other",
    "hydra/sweeper": "a study lists its jobs itself; hydra/launcher says where they run",
}

_SEVERAL = re.compile(r"\d+ problems:")


@dataclass(frozen=True)
class StudyJobs:
    """A study's jobs, which can be run.

    Attributes:
        name: the preset's.
        study: which.
        variants: those that are possible, at least two.
        left_out: those that are not, and why.
        base: the command's own overrides of every job.
        config: the experiment's, as the command composes it.
        folder: of the sweep; the same command finds it again.
    """

    name: str
    study: TrainedStudy
    variants: Sequence[Variant]
    left_out: Sequence[LeftOut]
    base: Sequence[str]
    config: Mapping[str, Any]
    folder: Path

    def job(self, variant: Variant, seed: int) -> list[str]:
        """A job's overrides, as a person would type them."""
        return [*self.base, *variant.overrides, f"seed={seed}"]

    def jobs(self) -> list[tuple[Variant, int]]:
        """Seed by seed, so that a study that was stopped halfway has all variants."""
        return [(variant, seed) for seed in self.study.seeds for variant in self.variants]


@dataclass(frozen=True)
class Measurement:
    """A study that trains nothing, the config of the experiment and the folder for what it finds."""

    study: MeasuredStudy
    config: Mapping[str, Any]
    folder: Path


def list_jobs(name: str, overrides: Sequence[str], config_dirs: Sequence[str | Path] = ()) -> StudyJobs | Measurement:
    """Which variants there are, which of them are possible here, and with which overrides.

    Args:
        name: of the preset.
        overrides: as typed, `study=` included.
        config_dirs: folders of one's own configs.

    Raises:
        ConfigError: the study cannot be run, or the command sets what the study is to vary.
    """
    plain, trusted = read_overrides(overrides)
    trust(trusted)
    folders = user_folders(config_dirs)
    known = groups([own_folder(), *folders])
    requested = _refuse(plain, known, folders)
    plain = [each.text for each in parse_overrides(plain) if each.section != "hydra"]
    with redirect_stderr(io.StringIO()):  # what composing says stands in each job's log
        composed = compose(plain, config_dirs)
    node = composed.config[GROUP]
    check_study(node, composed.sources)
    study: Study = instantiate(node, GROUP)
    for key in study.varies:
        if typed := [each for each in parse_overrides(plain) if key in (each.name, f"{each.name}={each.value}")]:
            raise ConfigError(f"{typed[-1]}: study={name} varies {key} itself; mmfusion ls study shows its options")
    base = [each for each in plain if not _is_of_study(each)]
    requested = requested or _folder_of_files(composed.hydra)
    folder = (
        Path(requested) if requested else Path(composed.config["paths"]["outputs"]) / f"study-{name}-{_hash(plain)}"
    )
    folder = folder.expanduser().absolute()
    if isinstance(study, MeasuredStudy):
        return Measurement(study, load_config(base, config_dirs), folder)
    if not isinstance(study, TrainedStudy):
        raise ConfigError(f"study={name}: {type(study).__name__} derives from neither TrainedStudy nor MeasuredStudy")
    variants, left_out = [], []
    for variant in study.variants(composed.config, known):
        error = _wrong([*base, *variant.overrides, f"seed={study.seeds[0]}"], config_dirs)
        if error is None:
            variants.append(variant)
        else:
            left_out.append(LeftOut(variant.name, error))
    if not variants:
        # What is wrong with the experiment itself is wrong with every variant, and is said once.
        load_config([*base, f"seed={study.seeds[0]}"], config_dirs)
    if len(variants) < 2:
        why = "".join(f"\n  {', '.join(names)}: {reason}" for reason, names in by_reason(left_out).items())
        raise ConfigError(f"study={name} needs at least two variants that are possible, found {len(variants)}:{why}")
    return StudyJobs(name, study, variants, left_out, base, composed.config, folder)


def _refuse(plain: Sequence[str], known: Mapping[str, Mapping[str, Path]], folders: Sequence[Path]) -> str:
    """Refuse several values, and what a study decides itself; returns the folder that is requested, or nothing."""
    with as_config_error(plain, folders, known):
        parsed = OverridesParser.create().parse_overrides(list(plain))
    for typed, each in zip(plain, parsed, strict=True):
        key = Override.parse(typed).name
        if each.is_sweep_override():
            one = "one study at a time" if key == GROUP else "a study takes one value of a key, and varies its own"
            raise ConfigError(f"{typed}: {one}; a grid varies others: mmfusion train -m {shlex.quote(typed)}")
        if key in _NOT_HERE and not (key == "hparams_search" and typed.endswith("=null")):
            raise ConfigError(f"{typed}: {_NOT_HERE[key]}")
    return next((str(each.value()) for each in reversed(parsed) if each.key_or_group == "hydra.sweep.dir"), "")


def _folder_of_files(hydra: Mapping[str, Any]) -> str:
    requested = str((hydra.get("sweep") or {}).get("dir") or "")
    return "" if requested.startswith("multirun/") else requested  # Hydra's own default


def _hash(overrides: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(sorted(overrides)).encode()).hexdigest()[:8]


def _is_of_study(override: str) -> bool:
    return Override.parse(override).section == GROUP


def _wrong(overrides: Sequence[str], config_dirs: Sequence[str | Path]) -> str | None:
    """What is wrong with a job's config; None if nothing is."""
    try:
        with redirect_stderr(io.StringIO()):
            load_config(overrides, config_dirs)
    except ConfigError as error:
        first, *others = (" ".join(line.split()) for line in str(error).splitlines())
        return "; ".join(others) if others and _SEVERAL.fullmatch(first) else " ".join([first, *others])
    return None
