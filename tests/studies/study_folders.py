"""Studies whose runs are made up: folders as a sweep leaves them, and what is read from them."""

from __future__ import annotations

import copy
from pathlib import Path

from mmfusion.store.find import find_runs
from mmfusion.studies.launch import read_results
from mmfusion.studies.study_jobs import StudyJobs
from tests.helpers.run_folders import BASE, config, write_run, write_sweep

OPTIONS = {"fusion": dict.fromkeys(("concat", "sum", "gated", "decision")), "loss_weighting": dict.fromkeys(("equal",))}
NOISE = (0.000, 0.004, -0.003, 0.002, -0.001)
"""What a seed adds to every metric of a run."""


def study_jobs_of(study, name="made_up", **sections):
    """A study_jobs of the study over the made-up experiment; `sections` replace those of its config."""
    cfg = BASE | sections
    return StudyJobs(name, study, study.variants(cfg, OPTIONS), {}, [], cfg, Path("nowhere"))


def write_jobs(folder, study_jobs, metrics):
    """Every job's folder.

    Args:
        folder: the sweep's.
        study_jobs: of the study.
        metrics: variant and seed to the test metrics; a text is the error of a job that failed, None of one that never
            began.
    """
    write_sweep(folder, planned=len(study_jobs.jobs()))
    places = {}
    for number, (variant, seed) in enumerate(study_jobs.jobs()):
        place = places[variant, seed] = folder / str(number)
        own = metrics(variant, seed)
        if own is None:
            continue
        without = [text.lstrip("~") for text in variant.overrides if text.startswith("~")]
        typed = dict(text.split("=", 1) for text in variant.overrides if not text.startswith("~"))
        numbers = {key: float(value) if key == "modality.dropout" else value for key, value in typed.items()}
        cfg = config(numbers, seed=seed, without=without, task=copy.deepcopy(study_jobs.config["task"]))
        overrides = [*variant.overrides, f"seed={seed}"]
        failed = {"status": "failed", "error": own} if isinstance(own, str) else {}
        write_run(place, cfg, None if failed else own, overrides=overrides, **failed)
    return places


def results(folder, study_jobs, metrics):
    """What is read from such folders."""
    places = write_jobs(folder, study_jobs, metrics)
    return read_results(study_jobs, find_runs([folder]), places)


def section(conclusion, start):
    """The lines of the section whose title begins so."""
    return list(_of(conclusion, start).lines)


def rows(conclusion, start):
    """The table of that section."""
    (table,) = _of(conclusion, start).tables
    return [list(table.head), *map(list, table.rows)]


def _of(conclusion, start):
    (section,) = [section for section in conclusion.sections if section.title.startswith(start)]
    return section
