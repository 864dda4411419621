import math

import pytest
import torch

from mmfusion.config.errors import ConfigError
from mmfusion.tasks.classification import Classification
from mmfusion.tasks.multilabel import Multilabel
from mmfusion.training.callbacks.undefined import check_defined, explain, undefined, why_undefined
from tests.training.small import make_tasks

TARGETS = {"kind": torch.tensor([1, 1, 1]), "sick": torch.tensor([0, 1, 1]), "age": torch.tensor([2.5, 2.5])}


@pytest.fixture(scope="module")
def tasks():
    return make_tasks()


@pytest.mark.parametrize(
    ("task", "target", "expected"),
    [
        ("kind", [0, 0, 0], {"auroc"}),
        ("kind", [0, 1, 0], set()),  # of two classes alone it is known
        ("sick", [1] * 3, {"auroc"}),
        ("sick", [0, 1], set()),
        ("age", [0.1] * 5, {"r2", "pearson"}),
        ("age", [1.7e9], {"r2", "pearson"}),
        ("age", [1.7e9, 1.7e9 + 1e-3], set()),
        ("kind", [0, 1] * 1500, set()),
    ],
)
def test_it_is_the_labels_that_leave_a_metric_without_a_value(tasks, task, target, expected):
    target = torch.tensor(target, dtype=torch.float64 if task == "age" else torch.long)
    assert undefined(tasks[task], target) == expected


def test_of_several_labels_one_that_varies_is_enough():
    task = Multilabel()
    task.fit([["a", "b"]])
    assert undefined(task, torch.tensor([[1.0, 0.0]] * 4)) == {"auroc"}
    assert undefined(task, torch.tensor([[1.0, 0.0], [0.0, 0.0]])) == set()


@pytest.mark.parametrize(
    ("metric", "why"),
    [
        ("val/kind/auroc", "all 3 rows with a label have the same one, 'y'; go by one of val/kind/loss, val/kind/acc"),
        ("val/age/r2", "all 2 rows with a label have the same one, 2.5; go by one of val/age/loss, val/age/mae, "),
    ],
)
def test_such_a_metric_is_refused_before_training(tasks, metric, why):
    with pytest.raises(ConfigError, match=f"scheduler.monitor: '{metric}' is not a number on the validation .*{why}"):
        check_defined({"callbacks.monitor.metric": ["val/sick/auroc"], "scheduler.monitor": [metric]}, tasks, TARGETS)


def test_any_other_is_let_pass(tasks):
    names = ["val/loss", "val/monitor", "val/kind/loss", "val/kind/accuracy", "val/sick/auroc", "val/gone/auroc"]
    check_defined({"callbacks.monitor.metric": names}, tasks, TARGETS)
    check_defined({"callbacks.monitor.metric": ["val/kind/auroc"]}, tasks, {**TARGETS, "kind": torch.zeros(0)})


def test_a_task_of_ones_own_that_takes_other_outputs_is_let_pass():
    class Own(Classification):
        def metric_inputs(self, output, target):
            raise TypeError("expected a pair")

    task = Own()
    task.fit(["x", "y"])
    assert undefined(task, torch.zeros(3, dtype=torch.long)) == set()


def test_why(tasks):
    assert why_undefined(tasks["age"], torch.tensor([2.5])) == "only 1 row has a label"
    assert why_undefined(tasks["age"], torch.tensor([2.5, 3.0])).startswith("the labels of the 2 rows")


def test_what_a_test_could_not_give_is_explained(tasks):
    metrics = {"test/kind/auroc": math.nan, "test/kind/loss": 0.1, "test/sick/auroc": math.nan, "test/age/mae": 1.0}
    reasons = explain({**metrics, "test[a]/kind/auroc": math.nan}, "test", tasks, TARGETS)
    assert reasons["test/kind/auroc"] == "all 3 rows with a label have the same one, 'y'"
    assert reasons["test/sick/auroc"].startswith("the model's predictions leave it without a value")
    assert len(reasons) == 2


def test_why_of_many_labels_is_short():
    task = Multilabel()
    task.fit([[f"label {i}" for i in range(400)]])
    assert why_undefined(task, torch.zeros(3, 400)) == "all 3 rows with a label have the same ones, none"
    assert len(why_undefined(task, torch.ones(3, 400))) < 150
