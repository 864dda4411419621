"""A run's plots, from `metrics.csv`, the test split's predictions and the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mmfusion.runs.confusion_counts import confusion_counts
from mmfusion.runs.metric_lines import format_number, leading_metrics, parse_metric_names
from mmfusion.store.files import PLOTS
from mmfusion.store.run import Run
from mmfusion.tasks._base import Task
from mmfusion.tasks._classes import class_names

# Okabe and Ito's colours, told apart by colour-blind people too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
MOST_POINTS = 5000
COLUMNS = 3  # panels side by side


def draw_plots(predictions: pl.DataFrame, tasks: Mapping[str, Task], result: Run) -> list[Path]:
    """Write all plots that there is something to show in to the run's `plots/`; returns their paths."""
    history = result.curves()
    weights, norms = ({f"step/{task}/{what}": task for task in tasks} for what in ("weight", "gradient_norm"))
    cosines = [name for name in history.columns if name.startswith("step/cosine/")][:28]
    pairs = {name: name.removeprefix("step/cosine/").replace("~", ", ") for name in cosines}
    figures: dict[str, Figure | None] = {
        "loss": loss_curves(history, list(tasks), result.monitor.get("step")),
        "weights": step_curves(history, weights, "weight of the loss"),
        "gradient_norms": step_curves(history, norms, "norm of the gradient", log=True),
        "gradient_cosines": step_curves(history, pairs, "cosine of the tasks' gradients", (-1.05, 1.05)),
        "modalities": subset_bars(result),
    }
    for name, task in tasks.items():
        seen = predictions.drop_nulls([f"{name}_true"])
        classes = class_names(task)
        if len(seen) and classes is not None and seen[f"{name}_true"].dtype == pl.String:
            figures[f"confusion_{name}"] = confusion(seen[f"{name}_true"], seen[name], classes, name)
        elif len(seen) and task.is_regression:
            figures[f"predicted_{name}"] = predicted_against_true(seen[f"{name}_true"], seen[name], name)
    drawn = {result.path / PLOTS / f"{name}.png": figure for name, figure in figures.items() if figure is not None}
    for path, figure in drawn.items():
        FigureCanvasAgg(figure).print_png(str(path))
    return list(drawn)


def loss_curves(history: pl.DataFrame, tasks: Sequence[str], best_step: int | None = None) -> Figure | None:
    """Training and validation loss of each task, side by side, and where the best checkpoint was taken."""
    shown = [task for task in tasks if f"step/{task}/loss" in history.columns]
    if not shown:
        return None
    figure, grid = _panels(len(shown))
    for axes, task in zip(grid, shown, strict=True):
        steps, values = _series(history, f"step/{task}/loss")
        axes.plot(steps, values, color=COLOURS[0], alpha=0.3, linewidth=1)
        axes.plot(steps, _smooth(values), color=COLOURS[0], linewidth=1.8, label="training")
        if f"val/{task}/loss" in history.columns:
            steps, values = _series(history, f"val/{task}/loss")
            axes.plot(steps, values, color=COLOURS[1], marker="o", markersize=3, linewidth=1.8, label="validation")
        if best_step is not None:
            axes.axvline(best_step, color="0.5", linestyle=":", linewidth=1.2, label="best checkpoint")
        _dress(axes, task, "step", "loss")
    grid[0].legend(frameon=False)
    return figure


def step_curves(
    history: pl.DataFrame,
    columns: Mapping[str, str],
    quantity: str,
    limits: tuple[float, float] | None = None,
    log: bool = False,
) -> Figure | None:
    """One quantity over the steps, by the columns of it that were logged and what each is called."""
    shown = [name for name in columns if name in history.columns]
    if not shown:
        return None
    figure, (axes,) = _panels(1)
    for i, name in enumerate(shown):
        axes.plot(*_series(history, name), color=COLOURS[i % len(COLOURS)], linewidth=1.6, label=columns[name])
    if log:
        axes.set_yscale("log")
    else:
        axes.set_ylim(*(limits or (min(0.0, axes.get_ylim()[0]), None)))
    if limits is not None:
        axes.axhline(0.0, color="0.5", linewidth=0.8)
    _dress(axes, "", "step", quantity)
    if len(shown) > 6:
        axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    else:
        axes.legend(frameon=False)
    return figure


def subset_bars(result: Run) -> Figure | None:
    """The leading metric of each task by what modalities the model was shown, with the ceiling where it is known."""
    lines = [line for line in parse_metric_names(list(result.metrics)) if line.subset is not None]
    if not lines:
        return None
    leading = leading_metrics(result.ceilings, lines, result.task_metrics)
    subsets = list(dict.fromkeys(line.subset or "" for line in lines))
    labels = _subset_labels(subsets)
    # Room for the labels, which stand beside the first panel of a row alone: about 0.09 inch a character.
    figure, grid = _panels(len(leading), max(2.2, 0.9 + 0.28 * len(subsets)), 0.09 * max(map(len, labels)))
    for i, (axes, (task, metric)) in enumerate(zip(grid, leading.items(), strict=True)):
        names = [f"test[{subset}]/{task}/{metric}" for subset in subsets]
        values = [result.metrics.get(name, np.nan) for name in names]
        rows = np.arange(len(subsets))
        axes.barh(rows, values, color=COLOURS[0], height=0.6, label="measured")
        known = [(row, result.ceilings[name]) for row, name in zip(rows, names, strict=True) if name in result.ceilings]
        if known:
            at, best = zip(*known, strict=True)
            axes.scatter(best, at, marker="|", s=160, linewidths=2, color=COLOURS[1], label="attainable", zorder=3)
        axes.set_yticks(rows, labels if i % COLUMNS == 0 else [""] * len(labels))
        axes.invert_yaxis()
        _dress(axes, task, metric, "")
        axes.grid(axis="y", visible=False)
    if result.ceilings:
        figure.legend(*grid[0].get_legend_handles_labels(), frameon=False, loc="outside lower center", ncols=2)
    return figure


def confusion(true: pl.Series, predicted: pl.Series, classes: Sequence[str], task: str) -> Figure:
    """Counts of true against predicted class; colour is the share of the true class."""
    kept, counts = confusion_counts(true.to_list(), predicted.to_list(), classes)
    note = f" (the {len(kept)} most frequent of {len(classes)} classes)" if len(kept) < len(classes) else ""
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    side = min(9.0, 2.6 + 0.34 * len(kept))
    figure = _figure(side + 0.9, side)
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    if len(kept) <= 15:
        for (i, j), count in np.ndenumerate(counts):
            if count:
                colour = "white" if shares[i, j] > 0.55 else "0.2"
                axes.text(j, i, str(count), ha="center", va="center", color=colour, fontsize=7 if len(kept) > 8 else 9)
    shown = [name if len(name) <= 18 else name[:17] + "…" for name in kept]
    upright = max(map(len, shown)) * len(shown) > 6 * side
    axes.set_xticks(range(len(kept)), shown, rotation=90 if upright else 0, fontsize=8)
    axes.set_yticks(range(len(kept)), shown, fontsize=8)
    axes.set(xlabel="predicted", ylabel="true")
    right = format_number(float(np.mean((true == predicted).to_numpy())))
    axes.set_title(f"{task}: {right} right{note}", fontsize=10, loc="left")
    figure.colorbar(image, ax=axes, fraction=0.046, pad=0.03, label="share of the true class")
    return figure


def predicted_against_true(true: pl.Series, predicted: pl.Series, task: str) -> Figure:
    """One point a row; the line is where they are equal."""
    x, y = true.cast(pl.Float64).to_numpy(), predicted.cast(pl.Float64).to_numpy()
    error = float(np.abs(x - y).mean())
    if len(x) > MOST_POINTS:
        chosen = np.random.default_rng(0).choice(len(x), MOST_POINTS, replace=False)
        x, y = x[chosen], y[chosen]
    figure = _figure(4.6, 4.4)
    axes = figure.add_subplot()
    axes.scatter(x, y, s=10, alpha=float(np.clip(300 / len(x), 0.08, 0.6)), color=COLOURS[0], linewidths=0)
    low, high = float(min(x.min(), y.min())), float(max(x.max(), y.max()))
    margin = 0.04 * (high - low) or 1.0
    ends = (low - margin, high + margin)
    axes.plot(ends, ends, color="0.4", linewidth=1, linestyle="--")
    axes.set(xlim=ends, ylim=ends, aspect="equal")
    _dress(axes, f"{task}: mean absolute error {format_number(error)}", "true", "predicted")
    return figure


def _figure(width: float, height: float) -> Figure:
    return Figure(figsize=(width, height), dpi=130, layout="constrained")


def _subset_labels(subsets: Sequence[str]) -> list[str]:
    """`a + b`; of four modalities or more `all` and `all but a`, which fit where a list of names does not."""
    split = [subset.split("+") for subset in subsets]
    everything = max(split, key=len)
    labels = []
    for names in split:
        missing = [name for name in everything if name not in names]
        short = len(everything) > 3 and len(missing) < 2
        labels.append(" but ".join(["all", *missing]) if short else " + ".join(names))
    return labels


def _panels(count: int, height: float = 3.0, margin: float = 0.0) -> tuple[Figure, list[Axes]]:
    columns = min(count, COLUMNS)
    rows = -(-count // columns)
    figure = _figure(max(5.2, 3.6 * columns) + margin, height * rows)
    grid = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for axes in grid[count:]:
        axes.remove()
    return figure, grid[:count]


def _series(history: pl.DataFrame, name: str) -> tuple[np.ndarray, np.ndarray]:
    both = history.select("step", name).drop_nulls()
    return both["step"].to_numpy(), both[name].to_numpy()


def _smooth(values: np.ndarray) -> np.ndarray:
    """Mean over a window of a twentieth of the curve, shorter at its ends."""
    window = 2 * (len(values) // 40) + 1
    return pl.Series(values).rolling_mean(window, min_samples=1, center=True).to_numpy()


def _dress(axes: Axes, title: str, x: str, y: str) -> None:
    axes.set_title(title, fontsize=10, loc="left")
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=x == "step"))
