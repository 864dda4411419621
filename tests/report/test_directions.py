import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.report.directions import has_direction, lower_is_better


@pytest.mark.parametrize("last", ["accuracy", "f1", "auroc", "r2", "pearson"])
def test_higher(last):
    assert not lower_is_better(f"test/digit/{last}")
    assert not lower_is_better(f"test[image+text]/digit/{last}")


@pytest.mark.parametrize("last", ["loss", "mae", "rmse", "calibration_error"])
def test_lower(last):
    assert lower_is_better(f"test/digit/{last}")


def test_every_metric_of_every_task_has_a_direction_that_is_the_metrics_own():
    from mmfusion.tasks.classification import Classification
    from mmfusion.tasks.multilabel import Multilabel
    from mmfusion.tasks.regression import Regression

    classification, multilabel = Classification(), Multilabel()
    classification.fit(["a", "b"])
    multilabel.fit([["a"], ["b"]])
    for task in (classification, multilabel, Regression()):
        for name, metric in task.metrics().items():
            assert lower_is_better(name) is (not metric.higher_is_better), name


def test_unknown_is_asked_for():
    with pytest.raises(ConfigError, match=r"test/digit/zeal: .* higher zeal is better; say --lower or --higher"):
        lower_is_better("test/digit/zeal")
    assert not has_direction("test/digit/zeal")
    assert lower_is_better("test/digit/zeal", {"zeal": True})
    assert not lower_is_better("test/digit/loss", {"test/digit/loss": False})
