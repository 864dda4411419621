from mmfusion.runs.metric_lines import flat_ceilings, format_number, leading_metrics, parse_metric_names


def test_names_are_taken_apart():
    found = parse_metric_names(["test/rows", "test/loss", "test/a/labels", "test/a/mae", "test[x+y]/a/mae"])
    assert [(line.subset, line.task, line.metric) for line in found] == [(None, "a", "mae"), ("x+y", "a", "mae")]


def test_the_leading_metric_has_a_ceiling_if_any_has():
    lines = parse_metric_names(["test/a/loss", "test/a/mae", "test/a/r2", "test/b/loss", "test/b/f1", "test/c/loss"])
    assert leading_metrics({"test/a/r2": 1.0}, lines) == {"a": "r2", "b": "f1", "c": "loss"}


def test_numbers():
    assert [format_number(x) for x in (None, float("nan"), 0.0, 4e-5, 0.12345, 12345.6)] == [
        "–", "–", "0.000", "4e-05", "0.123", "1.235e+04",
    ]  # fmt: skip


def test_ceilings_go_by_the_metrics_own_names():
    subsets = []

    def ceiling(modalities):
        subsets.append("+".join(sorted(modalities)))
        return {"sum": {"mae": float(3 - len(modalities)), "r2": 1.0}}

    names = [
        "test/rows",
        "test/sum/mae",
        "test/sum/rmse",
        "test[image]/sum/mae",
        "test[image+text]/sum/mae",
        "test/a/mae",
    ]
    ceilings = flat_ceilings(names, ["image", "text", "speech"], ceiling)
    assert ceilings == {"test/sum/mae": 0.0, "test[image]/sum/mae": 2.0, "test[image+text]/sum/mae": 1.0}
    assert subsets == ["image+speech+text", "image", "image+text"]
