import numpy as np
import pytest
import torch

from mmfusion.baselines.linear import STRENGTHS, best_penalty, constant_answer, has_linear_model
from mmfusion.tasks.binary import Binary
from mmfusion.tasks.classification import Classification
from mmfusion.tasks.multilabel import Multilabel
from mmfusion.tasks.regression import Regression

rng = np.random.default_rng(0)
X = rng.normal(size=(300, 4))
LEVEL = X[:, 0] + 0.1 * rng.normal(size=300)


def fitted(task, labels):
    task.fit(labels)
    return task, torch.tensor([task.check(label) for label in labels])


def run(task, y):
    return best_penalty(task, X[:100], y[:100], X[100:200], y[100:200], X[200:])


def test_classes():
    task, y = fitted(Classification(), ["low" if v < -0.5 else "high" if v > 0.5 else "mid" for v in LEVEL])
    found = run(task, y)
    assert (task.predict(found.outputs)["class"] == y[200:]).float().mean() > 0.8
    assert found.score[0] > 0.8
    assert found.strength in STRENGTHS
    torch.testing.assert_close(found.outputs.exp().sum(1), torch.ones(100, dtype=torch.float64), atol=1e-6, rtol=0)


def test_a_class_that_training_lacks_is_never_predicted_and_one_alone_always():
    task, y = fitted(Classification(classes=["a", "b", "c"]), ["a" if v < 0 else "b" for v in LEVEL])
    best = run(task, y)
    assert task.loss(best.outputs, torch.full((100,), 2)).min() > 20
    assert 2 not in task.predict(best.outputs)["class"]
    task, y = fitted(Classification(classes=["a", "b"]), ["b"] * 300)
    assert (task.predict(run(task, y).outputs)["class"] == 1).all()


def test_yes_or_no_and_several_labels():
    task, y = fitted(Binary(), ["yes" if v > 0 else "no" for v in LEVEL])
    assert (task.predict(run(task, y).outputs)["class"] == y[200:]).float().mean() > 0.9
    lists = [[n for n, on in (("p", a > 0), ("q", b > 0)) if on] for a, b in zip(X[:, 1], X[:, 2], strict=True)]
    task, y = fitted(Multilabel(), lists)
    assert (task.predict(run(task, y).outputs)["classes"] == y[200:].bool()).float().mean() > 0.9


def test_numbers_in_their_own_unit():
    target = 50 + 3 * LEVEL
    task, y = fitted(Regression(), target)
    gap = task.predict(run(task, y).outputs)["value"] - y[200:]
    assert gap.abs().mean() < 0.5


@pytest.mark.parametrize(
    ("task", "labels", "answer"),
    [
        (Classification(), ["a", "b", "b", "c"], [0.25, 0.5, 0.25]),
        (Binary(), ["yes", "no", "no", "no"], 0.25),
        (Multilabel(), [["p"], ["p", "q"], ["p"], []], [0.75, 0.25]),
        (Regression(), [1.0, 2.0, 6.0, 7.0], 4.0),
    ],
)
def test_without_looking_it_is_the_shares_or_the_mean(task, labels, answer):
    task, y = fitted(task, labels)
    said = task.predict(constant_answer(task, y, y, 3).outputs)
    (value,) = (said[name] for name in ("probabilities", "probability", "value") if name in said)
    np.testing.assert_allclose(value, [answer] * 3, rtol=1e-5)


def test_kinds_of_tasks_that_are_known():
    assert has_linear_model(Regression())
    assert not has_linear_model(torch.nn.Identity())
