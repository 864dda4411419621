"""`mmfusion train study=…`: plan, run what is missing, conclude, print, write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mmfusion.config.quoting import quoted
from mmfusion.report.costs import COSTS, mean_costs
from mmfusion.report.formatting import many, setting
from mmfusion.report.html import write_html
from mmfusion.report.table_file import write_rows
from mmfusion.runs.run_summary import plain_console, shown_path
from mmfusion.store.files import CONCLUSION, write
from mmfusion.store.find import find_runs
from mmfusion.store.run import Run
from mmfusion.store.sweep import Sweep, job_hash
from mmfusion.studies.common_sections import left_out_lines, simple_models_section
from mmfusion.studies.conclusion import Conclusion, markdown, show_conclusion
from mmfusion.studies.results import Results, Variant
from mmfusion.studies.study_jobs import Measurement, StudyJobs, list_jobs
from mmfusion.sweeps.command import Listed
from mmfusion.sweeps.grid import say
from mmfusion.sweeps.multirun import launch

TABLE, TRANSFER, PAGE = "comparison.csv", "transfer.csv", "report.html"


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


def conclude_study(study_jobs: StudyJobs, folder: Path, jobs: Mapping[tuple[Variant, int], Path]) -> Conclusion:
    """Conclude from the runs in the sweep's folder, print it, and write it beside the jobs' own folders."""
    runs = find_runs([folder])
    results = read_results(study_jobs, runs, jobs)
    conclusion = study_jobs.study.conclude(results)
    own = [run for run in runs if run.path in set(jobs.values())]
    by = study_jobs.study.by if any(run.config for run in own) else ()
    if (section := simple_models_section(own, list(results.metrics().values()), by)) is not None:
        conclusion = replace(conclusion, sections=[*conclusion.sections, section])
    write_conclusion(conclusion, folder)
    write_rows(variant_table(results), folder / TABLE)
    written = [CONCLUSION, TABLE]
    if conclusion.transfer:
        write_rows(conclusion.transfer, folder / TRANSFER)
        written.append(TRANSFER)
    if own:
        sections = (study_jobs.config.get("report") or {}).get("sections")
        write_html(own, folder / PAGE, f"study={study_jobs.name}", by=by, sections=sections)
        written.append(PAGE)
    print(f"\n{shown_path(folder)}: {', '.join(written)}")
    return conclusion


def write_conclusion(conclusion: Conclusion, folder: Path) -> None:
    """Print it, and write it as Markdown."""
    show_conclusion(conclusion, plain_console())
    write(folder / CONCLUSION, markdown(conclusion))


def read_results(study_jobs: StudyJobs, runs: Sequence[Run], jobs: Mapping[tuple[Variant, int], Path]) -> Results:
    """The runs by variant and seed."""
    at = {run.path: run for run in runs}
    return Results(
        study_jobs.name,
        study_jobs.variants,
        study_jobs.left_out,
        study_jobs.study.seeds,
        {(variant.name, seed): at[path] for (variant, seed), path in jobs.items() if path in at},
        list(study_jobs.config["encoder"]),
        list(study_jobs.config["task"]),
    )


def variant_table(results: Results) -> list[list[object]]:
    """A line a variant and metric, the head first; an empty cell is not known."""
    metrics = [name for name in results.known.names if name.startswith("test")]
    rows: list[list[object]] = [
        ["variant", "metric", "main", "better", "mean", "low", "high", "n", "planned", *COSTS, "overrides"]
    ]
    main = set(results.metrics().values())
    for variant in results.variants:
        own = mean_costs(results.of(variant))
        for metric in metrics:
            mean = results.mean(variant, metric)
            if mean is None:
                continue
            cells = [variant.name, metric, setting(metric in main), results.way(metric), mean.mean, *mean.ends, mean.n]
            rows.append([*cells, len(results.seeds), *map(own.get, COSTS), " ".join(variant.overrides)])
    return rows
