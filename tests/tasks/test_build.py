import pytest
import torch
from torchmetrics import MeanMetric
from torchmetrics.classification import BinaryRecall

from mmfusion.config.errors import ConfigError
from mmfusion.config.instantiate import trusting
from mmfusion.config.task_metrics import MetricFacts
from mmfusion.tasks.binary import Binary
from mmfusion.tasks.build import build_task, check_metrics, metric_facts

TORCHMETRICS = "torchmetrics.classification"
ONE_OF, NUMBER = "mmfusion.tasks.classification.Classification", "mmfusion.tasks.regression.Regression"


class Share(MeanMetric):
    """Of what was predicted; nobody says whether more of it is better."""

    def update(self, preds, target):
        super().update(preds.float())


class Several(Binary):
    def metrics(self):
        result = super().metrics()
        result.add_metrics({"recall": BinaryRecall()})
        return result


def build(target=ONE_OF, labels=("a", "b", "c"), **metrics):
    task = build_task("x", {"_target_": target, "metrics": metrics})
    task.fit(list(labels))
    return task


def test_a_metric_of_torchmetrics_beside_the_tasks_own():
    task = build(top2={"_target_": "torchmetrics.classification.MulticlassAccuracy", "top_k": 2, "average": "micro"})
    assert list(metric_facts(task)) == ["accuracy", "f1", "auroc", "calibration_error", "top2"]
    assert metric_facts(task)["top2"] == MetricFacts("max")
    metrics, output = task.metrics(), torch.tensor([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0]])
    metrics.update(*task.metric_inputs(output, torch.tensor([1, 2])))
    assert metrics.compute()["top2"] == 0.5


def test_metrics_with_like_states_stay_apart_though_the_first_batch_is_alike():
    top = {f"top{k}": {"_target_": "torchmetrics.classification.MulticlassAccuracy", "top_k": k} for k in (1, 2)}
    task = build(**top)
    metrics = task.metrics()
    for output, target in (([[3.0, 2.0, 1.0]], [0]), ([[3.0, 2.0, 1.0]], [1])):
        metrics.update(*task.metric_inputs(torch.tensor(output), torch.tensor(target)))
    assert metrics.compute()["top1"] < metrics.compute()["top2"]


def test_regression_metrics_count_in_float64():
    task = build(NUMBER, [0.0, 1.0], spread={"_target_": "torchmetrics.ExplainedVariance"})
    assert task.metrics()["spread"].dtype == torch.float64


def test_direction_of_the_config_of_the_class_or_of_nobody():
    own = f"{__name__}.Share"
    with trusting([__name__]):
        task = build(share={"_target_": own, "direction": "min"}, other={"_target_": own})
        facts = metric_facts(task)
    assert (facts["share"].direction, facts["other"].direction) == ("min", None)


def test_a_task_that_makes_its_metrics_itself():
    task = Several()
    task.fit(["no", "yes"])
    facts = metric_facts(task)
    assert next(iter(facts)) == "accuracy"
    assert facts["recall"] == MetricFacts("max")


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        (
            {"_target_": "torchmetrics.classification.MulticlassAccuracy", "average": "none"},
            "one number, found \\[3\\]",
        ),
        ({"_target_": "torchmetrics.SpearmanCorrCoef"}, r"gives it, predictions \[3, 3\] and targets \[3\]: "),
        ({"_target_": f"{TORCHMETRICS}.MulticlassROC"}, "one number, found tuple"),
        ({"_target_": f"{TORCHMETRICS}.MulticlassAccuracy", "top_k": 9}, "top_k"),
    ],
)
def test_what_a_task_cannot_feed_is_found_before_training(metric, message):
    task = build(mine=metric)
    with pytest.raises(ConfigError, match=rf"^task.x.metrics.mine: .*{message}"):
        check_metrics({"x": task}, {"x": torch.tensor([0, 1, 2])})


def test_refused_without_trust():
    with pytest.raises(ConfigError, match=r"^task.x.metrics.mine: _target_ 'mypackage.Mine' is refused"):
        build(mine={"_target_": "mypackage.Mine"})


def test_an_argument_that_there_is_not():
    with pytest.raises(
        ConfigError, match=r"^task.x.metrics.mine.tpo_k: .* takes no such argument; did you mean 'top_k'"
    ):
        build(mine={"_target_": f"{TORCHMETRICS}.MulticlassAccuracy", "tpo_k": 2})
