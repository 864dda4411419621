import sys

import numpy as np
import polars as pl
import pytest
from PIL import Image

from mmfusion.runs import plots
from mmfusion.store.run import Run
from mmfusion.training.loggers.csv import CSVLogger
from tests.training.small import make_tasks

TASKS = ("kind", "sick", "age")


@pytest.fixture
def run(tmp_path):
    """A run that logged sixty steps."""
    logger = CSVLogger(str(tmp_path))
    for step in range(60):
        metrics = {f"step/{task}/loss": 1.0 / (step + 1) for task in TASKS}
        metrics |= {f"step/{task}/weight": 1.0 for task in TASKS}
        if step % 5 == 0:
            metrics |= {"step/kind/gradient_norm": 2.0, "step/cosine/kind~age": -0.5}
        if step % 20 == 19:
            metrics |= {f"val/{task}/loss": 0.5 for task in TASKS}
        logger.log_metrics({**metrics, "epoch": step // 20}, step=step)
    (tmp_path / "plots").mkdir()
    names = [f"test[{s}]/{t}/mae" for s in ("a", "b", "a+b") for t in ("kind", "age")]
    metrics = dict.fromkeys(names, 0.5)
    return Run(tmp_path, "completed", "x", metrics=metrics, ceilings={names[0]: 0.9}, monitor={"step": 39})


def predictions(rows=50):
    rng = np.random.default_rng(0)
    names = np.array(["x", "y", "z"])
    age = rng.normal(size=rows)
    return pl.DataFrame(
        {
            "kind": names[rng.integers(3, size=rows)],
            "kind_true": names[rng.integers(3, size=rows)],
            "sick": ["no"] * rows,
            "sick_true": ["yes", "no"] * (rows // 2),
            "age": age,
            "age_true": [None, *age[1:]],
        }
    )


def test_every_plot_is_drawn_and_shows_something(run):
    before = "matplotlib.pyplot" in sys.modules
    written = plots.draw_plots(predictions(), make_tasks(), run)
    names = "loss weights gradient_norms gradient_cosines modalities confusion_kind confusion_sick predicted_age"
    assert [path.stem for path in written] == names.split()
    for path in written:
        pixels = np.asarray(Image.open(path).convert("RGB"))
        assert min(pixels.shape[:2]) > 250
        assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 10
    assert ("matplotlib.pyplot" in sys.modules) is before, "pyplot keeps a global state"


def test_nothing_to_show_is_no_plot(tmp_path):
    empty = predictions().with_columns(pl.lit(None).alias(f"{task}_true") for task in TASKS)
    assert plots.draw_plots(empty, make_tasks(), Run(tmp_path, "completed", "x")) == []


def test_curves_hold_what_was_logged(run):
    figure = plots.loss_curves(run.curves(), ["kind", "age"], best_step=39)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["kind", "age"]
    raw, _, validation, best = figure.axes[0].lines
    np.testing.assert_allclose(raw.get_ydata(), 1.0 / np.arange(1, 61))
    np.testing.assert_allclose(validation.get_xdata(), [19, 39, 59])
    assert list(best.get_xdata()) == [39, 39]


def test_without_validation_no_curve_of_it_is_promised(run):
    trained = run.curves().select(pl.col("^(step|epoch)$"), pl.col("^step/.*$"))
    figure = plots.loss_curves(trained, ["kind", "age"])
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["training"]


def test_gradients_are_drawn_where_they_were_taken(run):
    figure = plots.step_curves(run.curves(), {"step/cosine/kind~age": "kind, age"}, "cosine", (-1.05, 1.05))
    (line, _) = figure.axes[0].lines
    assert line.get_label() == "kind, age"
    np.testing.assert_allclose(line.get_xdata(), np.arange(0, 60, 5))


def test_smoothing_is_a_mean_over_a_window():
    values = np.arange(80.0) ** 2
    smooth = plots._smooth(values)
    assert (smooth[40], smooth[0]) == pytest.approx((values[38:43].mean(), values[:3].mean()))
    np.testing.assert_allclose(plots._smooth(np.full(19, 2.5)), np.full(19, 2.5))


def test_a_confusion_matrix_shows_counts_and_the_most_frequent_classes():
    true, predicted = pl.Series(["a", "a", "b", "c"]), pl.Series(["a", "b", "b", "a"])
    axes = plots.confusion(true, predicted, ["a", "b", "c"], "task").axes[0]
    counted = {(round(t.get_position()[1]), round(t.get_position()[0])): t.get_text() for t in axes.texts}
    assert counted == {(0, 0): "1", (0, 1): "1", (1, 1): "1", (2, 0): "1"}
    np.testing.assert_allclose(axes.images[0].get_array(), [[0.5, 0.5, 0], [0, 1, 0], [1, 0, 0]])
    assert axes.get_title(loc="left") == "task: 0.500 right"
    many = plots.confusion(true, predicted, [*"abcdefghijklmnopqrstuvwxyzABCDEFGH"], "task").axes[0]
    assert many.get_title(loc="left") == "task: 0.500 right (the 30 most frequent of 34 classes)"


def test_a_constant_prediction_can_be_drawn():
    ones = pl.Series([1.0, 1.0])
    low, high = plots.predicted_against_true(ones, ones, "age").axes[0].get_xlim()
    assert low < 1 < high
