"""`mmfusion train study=…`: plan, run what is missing, conclude."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mmfusion.config.quoting import quoted
from mmfusion.runs.report import shown_path
from mmfusion.store.sweep import Sweep, job_hash
from mmfusion.studies.finish import finish, write_conclusion
from mmfusion.studies.plan import Measurement, Plan, make_plan
from mmfusion.studies.sections import left_out_lines, many
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
    plan = make_plan(name, overrides, config_dirs)
    if isinstance(plan, Measurement):
        plan.folder.mkdir(parents=True, exist_ok=True)
        write_conclusion(plan.study.measure(plan.config, plan.folder), plan.folder)
        print(f"\n{shown_path(plan.folder)}: {', '.join(sorted(path.name for path in plan.folder.iterdir()))}")
        return True
    for line in left_out_lines(plan.left_out):
        say(line)
    jobs = plan.jobs()
    seeds = many(len(plan.study.seeds), "seed")
    say(f"study={name}: {len(plan.variants)} variants x {seeds} = {len(jobs)} jobs")
    listed = Listed(f"study-{name}", [plan.job(*each) for each in jobs], {"study_preset": name})
    where = f"hydra.sweep.dir={quoted(str(plan.folder))}"
    try:
        outcome = launch([*overrides, "hydra/sweeper=grid", where], config_dirs, listed)
    except (KeyboardInterrupt, SystemExit):
        _conclude_early(plan)
        raise
    finish(plan, outcome.folder.path, dict(zip(jobs, (job.folder for job in outcome.jobs), strict=True)))
    return bool(outcome.is_complete)


def _conclude_early(plan: Plan) -> None:
    """What an interrupted study has found, if one of its jobs at least has completed."""
    folder = Sweep(plan.folder)
    known = folder.known()
    keys = {each: job_hash(plan.job(*each)) for each in plan.jobs()}
    jobs = {each: folder.job(plan.job(*each), known[key]["number"]) for each, key in keys.items() if key in known}
    if any(folder.is_done(job) for job in jobs.values()):
        finish(plan, plan.folder, {each: job.folder for each, job in jobs.items()})
