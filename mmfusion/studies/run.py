"""`mmfusion train study=…`: plan, run what is missing, conclude."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mmfusion.studies.finish import finish
from mmfusion.studies.plan import make_plan
from mmfusion.studies.sections import many
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
    for each in plan.left_out:
        say(f"{each.name} is left out: {each.reason}")
    jobs = plan.jobs()
    seeds = many(len(plan.study.seeds), "seed")
    say(f"study={name}: {len(plan.variants)} variants x {seeds} = {len(jobs)} jobs")
    listed = Listed(f"study-{name}", [plan.job(*each) for each in jobs], {"study_preset": name})
    outcome = launch([*overrides, "hydra/sweeper=grid"], config_dirs, listed)
    finish(plan, outcome.folder.path, dict(zip(jobs, (job.folder for job in outcome.jobs), strict=True)))
    return bool(outcome.is_complete)
