"""The numbers that the page's charts draw, against the same numbers from the run folders."""

import itertools
import json
import re
from statistics import fmean

import numpy as np
import polars as pl
import pytest
import torch

from mmfusion.report.html import write_html
from mmfusion.report.same_rows import same_rows
from mmfusion.store.find import find_runs
from mmfusion.tasks.metrics.classes import CalibrationError
from tests.helpers.run_folders import config, write_grid, write_run, write_sweep
from tests.report.example_sweeps import FUSIONS, PEAK, WEIGHTINGS
from tests.report.page_content import column, settle, texts, until
from tests.report.prediction_runs import write_unequal_runs

pytestmark = pytest.mark.xdist_group("browser")

ACCURACY = "test/largest/accuracy"
MODALITIES = ("image", "speech", "text")


@pytest.fixture(scope="module")
def by(reports):
    """Fusion and weighting to the grid's runs."""
    by = {}
    for run in find_runs([reports / "outputs" / "fusion-weighting"]):
        typed = dict(override.split("=") for override in run.overrides)
        by.setdefault((typed["fusion"], typed["loss_weighting"]), []).append(run)
    return by


def drawn(page, chart):
    """The traces of a chart, once it is there."""
    page.locator(f"#{chart}-chart").evaluate("(node) => node.scrollIntoView({ block: 'center', behavior: 'instant' })")
    until(page, f"document.querySelector('#{chart}-chart').data !== undefined")
    # Typed arrays are no lists to JSON.
    plain = "(key, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value)"
    return json.loads(page.evaluate(f"JSON.stringify(document.querySelector('#{chart}-chart').data, {plain})"))


def completed(runs):
    return [run for run in runs if run.status == "completed"]


def mean(runs, metric):
    return fmean(run.metrics[metric] for run in completed(runs))


def ranked(by):
    return sorted(by, key=lambda key: -mean(by[key], ACCURACY))


def split_of(subset):
    return "test" if set(subset) == set(MODALITIES) else f"test[{'+'.join(subset)}]"


def test_heat_map_and_subsets_are_means_over_completed_seeds_and_worth_follows_from_them(by, grid_page):
    page = grid_page
    assert (page.input_value("#heat-y"), page.input_value("#heat-x")) == ("fusion", "loss_weighting")
    expected = [[mean(by[fusion, weighting], ACCURACY) for weighting in sorted(WEIGHTINGS)] for fusion in FUSIONS]
    np.testing.assert_allclose(drawn(page, "heat")[0]["z"], expected, rtol=1e-9)
    subsets = [subset for size in (1, 2, 3) for subset in itertools.combinations(MODALITIES, size)]
    rows = [[mean(by[key], f"{split_of(subset)}/largest/accuracy") for subset in subsets] for key in ranked(by)]
    np.testing.assert_allclose(drawn(page, "subsets")[0]["z"], rows, rtol=1e-9)
    worth, missing = drawn(page, "worth"), drawn(page, "missing")
    assert len(worth) == len(missing) == 6
    for row, bars, line in zip(rows, worth, missing, strict=False):
        value = dict(zip(subsets, row, strict=True))
        assert bars["x"] == list(MODALITIES)
        gains = [value[MODALITIES] - value[tuple(m for m in MODALITIES if m != gone)] for gone in MODALITIES]
        np.testing.assert_allclose(bars["y"], gains, atol=1e-9)
        sizes = [[value[subset] for subset in itertools.combinations(MODALITIES, size)] for size in (1, 2, 3)]
        np.testing.assert_allclose(line["y"], [fmean(values) for values in sizes], rtol=1e-9)
        low = [fmean(values) - min(values) for values in sizes]
        np.testing.assert_allclose(line["error_y"]["arrayminus"], low, atol=1e-9)


def test_confusion_and_calibration_are_those_of_the_predictions(by, grid_page):
    table = pl.concat([pl.read_parquet(run.path / "predictions.parquet") for run in completed(by[ranked(by)[0]])])
    counts = [
        [table.filter(pl.col("largest_true") == true, pl.col("largest") == name).height for name in MODALITIES]
        for true in MODALITIES
    ]
    shares, texts = drawn(grid_page, "confusion")
    np.testing.assert_allclose(shares["z"], [[n / sum(row) for n in row] for row in counts], rtol=1e-9)
    assert texts["text"] == [str(n) for row in counts for n in row if n]
    metric = CalibrationError()
    probabilities = table.select(f"largest_p_{name}" for name in MODALITIES).to_torch(dtype=pl.Float32)
    metric.update(probabilities, torch.tensor([MODALITIES.index(name) for name in table["largest_true"]]))
    drawn(grid_page, "calibration")
    error = grid_page.evaluate("document.querySelector('#calibration-chart').layout.annotations[0].text")
    assert float(error.rsplit(" ", 1)[1]) == pytest.approx(metric.compute().item(), abs=6e-4)


@pytest.mark.parametrize(
    ("chart", "columns"),
    [("weights", ["step/largest/weight", "step/sum/weight"]), ("cosines", ["step/cosine/largest~sum"])],
)
def test_weights_and_cosines_are_what_was_logged(by, grid_page, chart, columns):
    raw = [trace for trace in drawn(grid_page, chart) if trace.get("opacity")]
    panels = {weighting: (fusion, weighting) for fusion, weighting in reversed(ranked(by))}
    order = sorted(panels, key=lambda weighting: ranked(by).index(panels[weighting]))
    logged = [completed(by[panels[weighting]])[0].curves()[name] for weighting in order for name in columns]
    assert len(raw) == len(logged)
    for trace, values in zip(raw, logged, strict=True):
        if values.n_unique() > 1:
            np.testing.assert_allclose(trace["y"], values.to_numpy(), rtol=1e-6)
        else:
            assert set(trace["y"]) == set(values)
    if chart == "weights":
        lines = [trace["line"]["dash"] for trace in drawn(grid_page, chart) if not trace.get("opacity")]
        assert lines.count("dash") == 1  # of equal weights the second, which lies on the first


def test_the_band_holds_every_value_and_the_mean_goes_on_where_a_seed_ends(by, grid_page):
    page = grid_page
    page.locator("#curves").scroll_into_view_if_needed()
    page.select_option("#curve-name", "val/once")  # one point beside long ones is drawn
    until(page, "document.querySelector('#curves-chart').data?.some((trace) => trace.y?.includes(0.5))")
    page.wait_for_selector("#curves-chart .points path")
    page.fill("#filter", "fusion=concat loss_weighting=equal")
    page.select_option("#curve-name", "step/sum/loss")
    until(page, "document.querySelector('#curves-chart').data?.some((trace) => trace.name === 'a seed ends')")
    low, high, line, ends = drawn(page, "curves")[:4]
    values = [run.curves()["step/sum/loss"].to_numpy() for run in by["concat", "equal"]]
    assert sorted(map(len, values)) == [300, 400, 400]
    padded = np.array([np.pad(own, (0, 400 - len(own)), constant_values=np.nan) for own in values])
    np.testing.assert_allclose(low["y"], np.nanmin(padded, 0), rtol=1e-6)
    np.testing.assert_allclose(high["y"], np.nanmax(padded, 0), rtol=1e-6)
    assert max(high["y"]) > 0.5 * PEAK * min(high["y"])
    assert (line["x"][-1], None in line["y"]) == (3990, False)
    assert (line["text"][299], line["text"][300]) == ("3 seeds", "2 seeds")
    assert (ends["x"], ends["name"]) == ([2990], "a seed ends")
    assert "Where a seed ends" in page.inner_text("#curves-says")
    page.evaluate("document.querySelector('#curve-smooth').value = 0")
    page.dispatch_event("#curve-smooth", "input")
    until(page, "document.querySelector('#curve-smooth-value').textContent === 'off'")
    flat = f"Math.abs(document.querySelector('#curves-chart').data[2].y[399] - {np.nanmean(padded[:, 399])}) < 1e-6"
    until(page, flat)
    np.testing.assert_allclose(drawn(page, "curves")[2]["y"], np.nanmean(padded, 0), rtol=1e-6)


def test_of_many_points_the_peaks_stay_in_the_band_and_their_numbers_are_told(tmp_path, visit):
    write_sweep(tmp_path / "sweep", planned=4)
    for number, (fusion, seed) in enumerate(itertools.product(("concat", "gated"), (0, 1))):
        points = 3000 if seed == 0 else 5000
        values = 1 + 0.01 * np.random.default_rng(number).standard_normal(points)
        values[2500] = 50.0 if number == 1 else 1.0
        curves = {"step": range(points), "epoch": [0] * points, "val/loss": values}
        cfg = config({"fusion": fusion}, seed=seed)
        write_run(tmp_path / "sweep" / str(number), cfg, {ACCURACY: 0.8 - number / 100}, curves=curves)
    write_html(find_runs([tmp_path / "sweep"]), tmp_path / "report.html", "peaks")
    page = visit(tmp_path / "report.html")
    traces = drawn(page, "curves")
    assert max(traces[1]["y"]) == 50
    assert max(traces[2]["y"]) < 20, "the mean is smoothed, and of two"
    words = page.inner_text("#curves-says")
    assert re.search(r"Of 3000 to 5000 points a curve, the highest and the lowest of each of 999 stretches", words)


def test_a_single_point_is_seen_in_every_chart_over_time(tmp_path, visit):
    once = {"step": [0], "epoch": [0], "val/loss": [1.0], "step/a/weight": [1.0], "step/cosine/a~b": [0.5]}
    write_run(tmp_path / "run", metrics={"test/a/accuracy": 0.5}, curves=once)
    write_html(find_runs([tmp_path / "run"]), tmp_path / "report.html", "once")
    page = visit(tmp_path / "report.html")
    for chart in ("curves", "weights", "cosines"):
        drawn(page, chart)
        page.wait_for_selector(f"#{chart}-chart .points path")


def test_simple_models_stand_below_the_ranking_and_far_ones_at_its_edge(visit, tmp_path):
    simple = {"constant": 0.1, "linear[image]": 0.885}
    metrics = {model: {ACCURACY: value} for model, value in simple.items()}
    runs = write_grid(
        tmp_path / "runs",
        {"fusion": ["concat", "gated"]},
        3,
        lambda choice, seed: {ACCURACY: 0.9 + seed / 100 - 0.02 * (choice["fusion"] == "gated")},
        baselines={"metrics": metrics},
    )
    write_html(find_runs([runs]), tmp_path / "page.html", "example", metric=ACCURACY)
    page = visit(tmp_path / "page.html")
    assert texts(page, "#fold-says") == ["Average seeds"]
    page.wait_for_selector("#ranking-chart svg")
    rows = page.locator("#ranking-chart .simple")
    assert rows.locator("path title").all_text_contents() == ["majority or mean\n0.100", "linear: image\n0.885"]
    far, near = (mark.bounding_box()["x"] for mark in rows.locator("path").all())
    frame = page.locator("#ranking-chart .frame").bounding_box()
    assert far - frame["x"] < 15 < near - frame["x"] < frame["width"]
    dots = page.locator("#ranking-chart circle").all()
    assert len(dots) == 6
    assert all(frame["x"] < dot.bounding_box()["x"] < frame["x"] + frame["width"] for dot in dots)


def test_folds_are_averaged_and_their_interval_is_said_to_be_corrected(visit, tmp_path):
    for fold in range(3):
        cfg = config()
        cfg["data"]["split"] = {"folds": 3, "fold": fold, "column": None}
        write_run(tmp_path / "runs" / str(fold), cfg, {ACCURACY: 0.8 + fold / 10})
    write_html(find_runs([tmp_path / "runs"]), tmp_path / "page.html", "example", metric=ACCURACY)
    page = visit(tmp_path / "page.html")
    assert texts(page, "#fold-says") == ["Average seeds and folds"]
    assert "corrected resampled t-test (Nadeau and Bengio, 2003)" in page.locator("#overview").inner_text()
    page.wait_for_selector("#ranking-chart svg")
    assert "0.900 ± 0.393" in page.locator("#ranking-chart").inner_text()  # 4.303 · 0.1 · √(1/3 + 1/2)


def test_what_cannot_be_ranked_is_marked_and_dots_are_what_is_compared(visit, tmp_path):
    folder, _ = write_unequal_runs(tmp_path / "runs")
    for path in folder.iterdir():
        content = json.loads((path / "result.json").read_text())
        content["validation"] = {"val/y/accuracy": 0.9}
        content["rows"] = {"val": {"rows": 9, "labels": {"y": [9, path.name[0]]}}}
        (path / "result.json").write_text(json.dumps(content))
    write_html(find_runs([folder]), tmp_path / "page.html", "example", metric="test/y/accuracy")
    page = visit(tmp_path / "page.html")
    same = same_rows(find_runs([folder]), "test/y/accuracy").values
    page.wait_for_selector("#ranking-chart svg")
    dots = page.locator("#ranking-chart circle title").all_text_contents()
    assert sorted(float(text.split("\n")[1]) for text in dots) == pytest.approx(sorted(same.values()), abs=1e-3)
    page.select_option("#metric", "val/y/accuracy")
    settle(page)
    assert [text.split()[-2:] for text in column(page, "y val accuracy ↑")] == [["not", "ranked"]] * 2
    until(page, "document.querySelector('#ranking-chart').innerText.includes('can be ranked')")
