import numpy as np
import polars as pl
import pytest
from PIL import Image

from mmfusion.runs import plots
from mmfusion.store.curves import read_curves
from mmfusion.store.files import CURVES
from mmfusion.store.run import Run
from mmfusion.training.loggers.csv import CSVLogger
from tests.training.small import make_tasks


def history(folder, steps=60):
    logger = CSVLogger(str(folder))
    for step in range(steps):
        metrics = {f"step/{task}/loss": 1.0 / (step + 1) for task in ("kind", "sick", "age")}
        metrics |= {f"step/{task}/weight": 1.0 for task in ("kind", "sick", "age")}
        if step % 5 == 0:
            metrics |= {"step/kind/gradient_norm": 2.0, "step/cosine/kind~age": -0.5}
        if step % 20 == 19:
            metrics |= {f"val/{task}/loss": 0.5 for task in ("kind", "sick", "age")}
        logger.log_metrics({**metrics, "epoch": step // 20}, step=step)
    return read_curves(folder / CURVES)


def predictions(rows=50):
    rng = np.random.default_rng(0)
    names = np.array(["x", "y", "z"])
    age = rng.normal(size=rows)
    true = pl.Series([None, *age[1:]], dtype=pl.Float64)
    return pl.DataFrame(
        {
            "kind": names[rng.integers(3, size=rows)],
            "kind_true": names[rng.integers(3, size=rows)],
            "sick": ["no"] * rows,
            "sick_true": ["yes", "no"] * (rows // 2),
            "age": age,
            "age_true": true,
        }
    )


def result(folder):
    names = [f"test[{s}]/{t}/mae" for s in ("a", "b", "a+b") for t in ("kind", "age")]
    metrics = dict.fromkeys(names, 0.5)
    return Run(folder, "completed", "x", 0, "", metrics=metrics, ceilings={names[0]: 0.9}, monitor={"step": 39})


def test_every_plot_is_drawn_and_shows_something(tmp_path):
    history(tmp_path)
    written = plots.draw(tmp_path, predictions(), make_tasks(), result(tmp_path))
    assert {path.name for path in written} == {
        "loss.png",
        "weights.png",
        "gradient_norms.png",
        "gradient_cosines.png",
        "modalities.png",
        "confusion_kind.png",
        "confusion_sick.png",
        "predicted_age.png",
    }
    for path in written:
        pixels = np.asarray(Image.open(path).convert("RGB"))
        assert min(pixels.shape[:2]) > 250
        assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 10


def test_nothing_to_show_is_no_plot(tmp_path):
    bare = Run(tmp_path, "completed", "x", 0, "")
    empty = predictions().with_columns(pl.lit(None).alias(f"{task}_true") for task in ("kind", "sick", "age"))
    assert plots.draw(tmp_path, empty, make_tasks(), bare) == []


def test_no_global_state_of_pyplot_is_used(tmp_path):
    import sys

    history(tmp_path)
    before = "matplotlib.pyplot" in sys.modules
    plots.draw(tmp_path, predictions(), make_tasks(), result(tmp_path))
    assert ("matplotlib.pyplot" in sys.modules) is before


def test_curves_hold_what_was_logged(tmp_path):
    figure = plots.loss_curves(history(tmp_path), ["kind", "age"], best_step=39)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["kind", "age"]
    raw, _, validation, best = figure.axes[0].lines
    np.testing.assert_allclose(raw.get_ydata(), 1.0 / np.arange(1, 61))
    np.testing.assert_allclose(validation.get_xdata(), [19, 39, 59])
    assert list(best.get_xdata()) == [39, 39]


def test_without_validation_no_curve_of_it_is_promised(tmp_path):
    trained = history(tmp_path).select(pl.col("^(step|epoch)$"), pl.col("^step/.*$"))
    figure = plots.loss_curves(trained, ["kind", "age"])
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["training"]


def test_gradients_are_drawn_where_they_were_taken(tmp_path):
    figure = plots.cosine_curves(history(tmp_path))
    (line, _) = figure.axes[0].lines
    assert line.get_label() == "kind, age"
    np.testing.assert_allclose(line.get_xdata(), np.arange(0, 60, 5))


@pytest.mark.parametrize("count", [1, 19, 41, 400])
def test_smoothing_keeps_a_constant_and_the_length(count):
    np.testing.assert_allclose(plots._smooth(np.full(count, 2.5)), np.full(count, 2.5))


def test_smoothing_is_a_mean_over_a_window():
    values = np.arange(80.0) ** 2
    found = plots._smooth(values)
    assert found[40] == pytest.approx(values[38:43].mean())
    assert found[0] == pytest.approx(values[:3].mean())


def test_a_confusion_matrix_counts():
    true, predicted = pl.Series(["a", "a", "b", "c"]), pl.Series(["a", "b", "b", "a"])
    figure = plots.confusion(true.alias("t"), predicted, ["a", "b", "c"], "task")
    axes = figure.axes[0]
    counted = {(round(t.get_position()[1]), round(t.get_position()[0])): t.get_text() for t in axes.texts}
    assert counted == {(0, 0): "1", (0, 1): "1", (1, 1): "1", (2, 0): "1"}
    np.testing.assert_allclose(axes.images[0].get_array(), [[0.5, 0.5, 0], [0, 1, 0], [1, 0, 0]])
    assert axes.get_title(loc="left") == "task: 0.500 right"


def test_of_very_many_classes_the_most_frequent_are_shown():
    classes = [f"class{i:03d}" for i in range(100)]
    true = pl.Series("t", [name for i, name in enumerate(classes) for _ in range(1 + (i % 50 == 3))])
    figure = plots.confusion(true, true.alias("p"), classes, "task")
    shown = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert len(shown) == plots.MOST_CLASSES
    assert {"class003", "class053"} <= set(shown)
    assert "most frequent of 100" in figure.axes[0].get_title(loc="left")


def test_a_constant_prediction_can_be_drawn(tmp_path):
    ones = pl.Series([1.0, 1.0])
    plots.save(plots.predicted_against_true(ones, ones, "age"), tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 0
