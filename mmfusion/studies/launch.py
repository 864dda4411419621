"""`mmfusion train study=…`: plan, run what is missing, conclude."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mmfusion.config.quoting import quoted
from mmfusion.report.formatting import many
from mmfusion.runs.run_summary import shown_path
from mmfusion.store.sweep import Sweep, job_hash
from mmfusion.studies.finish import finish, write_conclusion
from mmfusion.studies.sections import left_out_lines
from mmfusion.studies.study_jobs import Measurement, StudyJobs, list_jobs
from mmfusion.sweeps.grid import say
from mmfusion.sweeps.multirun import Listed, launch


def run_study(name: str, overrides: Sequence[str], config_dirs: Sequence[str | Path] = ()) -> bool:
    """Run the study as a sweep, and write what it comes to; whether all jobs completed.

    Args:
        name: of the preset.
        overrides: as typed.
        config_dirs: folders of one's own configs.

    Raises:
        ConfigError: it cannot be run; says why.
    """
    study_jobs = list_jobs(name, overrides, config_dirs)
    if isinstance(study_jobs, Measurement):
        study_jobs.folder.mkdir(parents=True, exist_ok=True)
        write_conclusion(study_jobs.study.measure(study_jobs.config, study_jobs.folder), study_jobs.folder)
        print(
            f"\n{shown_path(study_jobs.folder)}: {', '.join(sorted(path.name for path in study_jobs.folder.iterdir()))}"
        )
        return True
    for line in left_out_lines(study_jobs.left_out):
        say(line)
    jobs = study_jobs.jobs()
    seeds = many(len(study_jobs.study.seeds), "seed")
    say(f"study={name}: {len(study_jobs.variants)} variants x {seeds} = {len(jobs)} jobs")
    listed = Listed(f"study-{name}", [study_jobs.job(*each) for each in jobs], {"study_preset": name})
    where = f"hydra.sweep.dir={quoted(str(study_jobs.folder))}"
    try:
        outcome = launch([*overrides, "hydra/sweeper=grid", where], config_dirs, listed)
    except (KeyboardInterrupt, SystemExit):
        _conclude_early(study_jobs)
        raise
    finish(study_jobs, outcome.sweep.path, dict(zip(jobs, (job.folder for job in outcome.jobs), strict=True)))
    return bool(outcome.is_complete)


def _conclude_early(study_jobs: StudyJobs) -> None:
    """What an interrupted study has found, if one of its jobs at least has completed."""
    folder = Sweep(study_jobs.folder)
    known = folder.known()
    keys = {each: job_hash(study_jobs.job(*each)) for each in study_jobs.jobs()}
    jobs = {each: folder.job(study_jobs.job(*each), known[key]["number"]) for each, key in keys.items() if key in known}
    if any(folder.is_done(job) for job in jobs.values()):
        finish(study_jobs, study_jobs.folder, {each: job.folder for each, job in jobs.items()})
