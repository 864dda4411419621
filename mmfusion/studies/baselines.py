"""What simple models reach: how hard a table is before anything is trained."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytorch_lightning import seed_everything

from mmfusion.baselines.measure import CONSTANT
from mmfusion.config.errors import ConfigError
from mmfusion.progress import busy
from mmfusion.report.formatting import many
from mmfusion.report.sections._base import Section, SectionTable
from mmfusion.runs.baseline_cache import baselines
from mmfusion.runs.baseline_table import model_title, summary_tasks
from mmfusion.runs.metric_lines import format_number
from mmfusion.store.files import BASELINE_PREDICTIONS, BASELINES
from mmfusion.studies._base import MeasuredStudy
from mmfusion.studies.conclusion import Conclusion
from mmfusion.training.build import build_data


class BaselinesStudy(MeasuredStudy):
    """The majority class or mean, and linear models of each modality and of all of them, on the test rows."""

    def measure(self, config: Mapping[str, Any], folder: Path) -> Conclusion:
        seed_everything(config["seed"], workers=True, verbose=False)
        data, tasks = build_data(config)
        with busy("preparing data"):
            data.setup()
        if data.rows("test") is None:
            raise ConfigError("study=baselines: there are no test rows (data.split), so nothing can be compared")
        summary, cached = baselines(config, data, tasks)
        for name in (BASELINES, BASELINE_PREDICTIONS):
            shutil.copyfile(cached / name, folder / name)
        return baseline_conclusion(summary)


def baseline_conclusion(summary: Mapping[str, Any]) -> Conclusion:
    """A table of every model's leading metrics, and the best of them for each task."""
    leading = summary_tasks(summary)
    metrics: Mapping[str, Mapping[str, float]] = summary["metrics"]

    def value(model: str, task: str) -> str:
        return format_number(metrics[model].get(f"test/{task}/{leading[task]}"))

    rows = [[model_title(model), *(value(model, task) for task in leading)] for model in metrics]
    best = [
        f"{task} {leading[task]}: {value(model, task)} by {model_title(model)}, the best on the validation rows; "
        f"{value(CONSTANT, task)} by the {model_title(CONSTANT)}."
        for task, model in summary["best"].items()
    ]
    method = [
        f"Fitted on {many(summary['rows'], 'training row')}, the penalty and the best model of each task chosen on the "
        "validation rows, tested on the test rows.",
        "Tables: standardised numbers, one-hot categories, which cells are empty. Texts: TF-IDF of n-grams. Sound: "
        "log-mel statistics. Images: a grid of grey values, gradient orientations, histograms. Series: mean, "
        "deviation, extremes and slope of each channel.",
        *summary["notes"],
    ]
    head = ["", *(f"{task} {metric}" for task, metric in leading.items())]
    title = f"study=baselines: {many(len(metrics), 'model')}, {many(len(leading), 'task')}"
    return Conclusion(title, best, [Section("Numbers", (), [SectionTable(head, rows)]), Section("Method", method)])
