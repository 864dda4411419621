import pytest

from mmfusion.config.instantiate import trusting
from mmfusion.config.task_metrics import MetricFacts, facts_by_name, facts_of, sum_direction, validation_facts

REGRESSION = {"_target_": "mmfusion.tasks.regression.Regression"}


def test_metrics_of_a_task_and_those_that_its_config_adds(user_package):
    user_package.write(
        "__init__.py", "from torchmetrics import SumMetric as S\nclass Late(S): ...\nclass Unknown(S): ...\n"
    )
    further = {
        "kendall": {"_target_": "torchmetrics.SpearmanCorrCoef"},
        "late": {"_target_": "userpack.Late", "direction": "min"},
        "unknown": {"_target_": "userpack.Unknown"},
    }
    with trusting(["userpack"]):
        facts = facts_of({**REGRESSION, "metrics": further}, "task.x")
    assert facts == {
        "mae": MetricFacts("min"),
        "rmse": MetricFacts("min"),
        "r2": MetricFacts("max", signed=True),
        "pearson": MetricFacts("max", signed=True),
        "kendall": MetricFacts("max", signed=True),
        "late": MetricFacts("min"),
        "unknown": MetricFacts(None),
    }


def test_by_name_alone():
    facts = facts_by_name()
    assert {facts[name].direction for name in ("accuracy", "f1", "auroc", "r2", "pearson")} == {"max"}
    assert {facts[name].direction for name in ("loss", "mae", "rmse", "calibration_error")} == {"min"}


@pytest.mark.parametrize(
    ("terms", "direction"),
    [
        ({"val/loss": 1.0}, "min"),
        ({"val/y/mae": -1.0, "val/y/r2": 0.5}, "max"),
        ({"val/y/mae": 1.0, "val/y/r2": 0.5}, None),
        ({"val/y/zeal": 1.0}, None),
    ],
)
def test_direction_of_a_sum(terms, direction):
    facts = validation_facts({"y": facts_of(REGRESSION, "task.x"), "z": None})
    assert sum_direction(terms, facts) == direction
