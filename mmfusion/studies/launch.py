"""`mmfusion train study=…`: plan, run what is missing, conclude."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mmfusion.config.quoting import quoted
from mmfusion.report.formatting import many
from mmfusion.runs.run_summary import shown_path
from mmfusion.store.sweep import Sweep, job_hash
from mmfusion.studies.common_sections import left_out_lines
from mmfusion.studies.finish import conclude_study, write_conclusion
from mmfusion.studies.study_jobs import Measurement, StudyJobs, list_jobs
from mmfusion.sweeps.command import Listed
from mmfusion.sweeps.grid import say
from mmfusion.sweeps.multirun import launch


def run_study(name: str, overrides: Sequence[str], config_dirs: Sequence[str | Path] = ()) -> bool:
    """Run the preset's study as a sweep, and write what it comes to; whether all jobs completed.

    Raises:
        ConfigError: it cannot be run; says why.
    """
    study_jobs = list_jobs(name, overrides, config_dirs)
    if isinstance(study_jobs, Measurement):
        folder = study_jobs.folder
        folder.mkdir(parents=True, exist_ok=True)
        write_conclusion(study_jobs.study.measure(study_jobs.config, folder), folder)
        print(f"\n{shown_path(folder)}: {', '.join(sorted(path.name for path in folder.iterdir()))}")
        return True
    for line in left_out_lines(study_jobs.left_out):
        say(line)
    jobs = [study_jobs.job(*job) for job in study_jobs.jobs()]
    seeds = many(len(study_jobs.study.seeds), "seed")
    say(f"study={name}: {len(study_jobs.variants)} variants x {seeds} = {len(jobs)} jobs")
    where = f"hydra.sweep.dir={quoted(str(study_jobs.folder))}"
    listed = Listed(jobs, {"study_preset": name}, study_jobs.checked)
    try:
        outcome = launch([*overrides, "hydra/sweeper=grid", where], config_dirs, listed)
    except (KeyboardInterrupt, SystemExit):
        _conclude(study_jobs, is_early=True)
        raise
    _conclude(study_jobs)
    return bool(outcome.is_complete)


def _conclude(study_jobs: StudyJobs, is_early: bool = False) -> None:
    """Say what the study has come to; an interrupted one only if one of its jobs at least has completed."""
    sweep = Sweep(study_jobs.folder)
    known = sweep.known()
    keys = {job: job_hash(study_jobs.job(*job)) for job in study_jobs.jobs()}
    jobs = {job: sweep.job(study_jobs.job(*job), known[key]["number"]) for job, key in keys.items() if key in known}
    if not is_early or any(sweep.is_done(job) for job in jobs.values()):
        conclude_study(study_jobs, sweep.path, {key: job.folder for key, job in jobs.items()})
