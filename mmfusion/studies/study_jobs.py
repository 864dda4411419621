"""From a command line to a study's jobs, checked before the first one starts."""

from __future__ import annotations

import io
import re
import shlex
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override as ParsedOverride

from mmfusion.config.check import check_study
from mmfusion.config.compose import compose_unchecked, load_config, read_overrides
from mmfusion.config.errors import ConfigError
from mmfusion.config.folders import groups, own_folder, user_folders
from mmfusion.config.hydra_errors import as_config_error
from mmfusion.config.instantiate import instantiate, trust
from mmfusion.config.override import parse_overrides
from mmfusion.store.sweep import job_hash
from mmfusion.studies._base import MeasuredStudy, Study, TrainedStudy
from mmfusion.studies.requested import GROUP
from mmfusion.studies.results import Variant
from mmfusion.sweeps.command import check_job
from mmfusion.sweeps.multirun import sweep_folder

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
        variants: those that are possible, at least two.
        left_out: why others are not, to their names.
        base: the command's own overrides of every job.
        folder: of the sweep; the same command finds it again.
        checked: the configs of jobs that have been composed, by the hash of their overrides.
    """

    name: str
    study: TrainedStudy
    variants: Sequence[Variant]
    left_out: Mapping[str, Sequence[str]]
    base: Sequence[str]
    config: Mapping[str, Any]
    folder: Path
    checked: Mapping[str, dict[str, Any]] = field(default_factory=dict)

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
    """Which variants of the preset there are, which of them are possible here, and with which overrides.

    Raises:
        ConfigError: the study cannot be run, or the command sets what the study is to vary.
    """
    typed, trusted = read_overrides(overrides)
    trust(trusted)
    folders = user_folders(config_dirs)
    known = groups([own_folder(), *folders])
    with as_config_error(typed, folders, known):
        parsed = OverridesParser.create().parse_overrides(typed)
    _refuse(typed, parsed)
    own = [override for override in parse_overrides(typed) if override.section != "hydra"]
    with redirect_stderr(io.StringIO()):  # what composing says stands in each job's log
        composed = compose_unchecked([override.text for override in own], config_dirs)
    node = composed.config[GROUP]
    check_study(node, composed.sources)
    study: Study = instantiate(node, GROUP)
    for key in study.varies:
        if sets := [override for override in own if key in (override.name, f"{override.name}={override.value}")]:
            raise ConfigError(f"{sets[-1]}: study={name} varies {key} itself; mmfusion ls study shows its options")
    base = [override.text for override in own if override.section != GROUP]
    folder = sweep_folder(parsed, composed, f"study-{name}")
    if isinstance(study, MeasuredStudy):
        return Measurement(study, load_config(base, config_dirs), folder)
    if not isinstance(study, TrainedStudy):
        raise ConfigError(f"study={name}: {type(study).__name__} derives from neither TrainedStudy nor MeasuredStudy")
    variants, checked = [], {}
    left_out: dict[str, list[str]] = {}
    for variant in study.variants(composed.config, known):
        job = [*base, *variant.overrides, f"seed={study.seeds[0]}"]
        try:
            checked[job_hash(job)] = check_job(job, config_dirs)
            variants.append(variant)
        except ConfigError as error:
            left_out.setdefault(_in_one_line(error), []).append(variant.name)
    if not variants:
        # What is wrong with the experiment itself is wrong with every variant, and is said once.
        check_job([*base, f"seed={study.seeds[0]}"], config_dirs)
    if len(variants) < 2:
        why = "".join(f"\n  {', '.join(names)}: {reason}" for reason, names in left_out.items())
        raise ConfigError(f"study={name} needs at least two variants that are possible, found {len(variants)}:{why}")
    return StudyJobs(name, study, variants, left_out, base, composed.config, folder, checked)


def _refuse(typed: Sequence[str], parsed: Sequence[ParsedOverride]) -> None:
    """Refuse several values, and what a study decides itself."""
    for override, own in zip(parsed, parse_overrides(typed), strict=True):
        if override.is_sweep_override():
            one = "one study at a time" if own.name == GROUP else "a study takes one value of a key, and varies its own"
            raise ConfigError(f"{own}: {one}; a grid varies others: mmfusion train -m {shlex.quote(own.text)}")
        if own.name in _NOT_HERE and not (own.name == "hparams_search" and own.value == "null"):
            raise ConfigError(f"{own}: {_NOT_HERE[own.name]}")


def _in_one_line(error: ConfigError) -> str:
    first, *others = (" ".join(line.split()) for line in str(error).splitlines())
    return "; ".join(others) if others and _SEVERAL.fullmatch(first) else " ".join([first, *others])
