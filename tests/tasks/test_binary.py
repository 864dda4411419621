from contextlib import nullcontext

import pytest
import torch

from mmfusion.tasks.binary import Binary


def fitted(labels, **options) -> Binary:
    task = Binary(**options)
    task.fit(labels)
    return task


@pytest.mark.parametrize(
    ("labels", "no", "yes"),
    [
        (["yes", "no"], "no", "YES"),
        (["Yes"], "no", "yes"),
        ([True, False], "false", True),
        (["TRUE", "false"], False, "true"),
        (["1.0", "0.0", "1"], 0, "1"),
        ([0, 1, 1], "0", "1.0"),
        ([1.0], 0, 1),
        ([-1, 1], -1, "1"),
        (["negative", "Positive"], "Negative", "positive"),
        (["malignant", "benign"], "benign", "malignant"),
    ],
)
def test_which_label_is_positive(labels, no, yes):
    task = fitted(labels)
    assert task.check(no) == 0
    assert task.check(yes) == 1


def test_positive_can_be_chosen():
    task = fitted(["malignant", "benign"], positive="benign")
    assert (task.check("malignant"), task.check("benign")) == (0, 1)
    assert fitted(["yes", "no"], positive="No").check("no") == 1
    with pytest.raises(ValueError, match="positive: expected one of benign, malignant, found 'good'"):
        fitted(["malignant", "benign"], positive="good")


@pytest.mark.parametrize(
    "labels",
    [["a", "b", "c"], ["a"], [], range(10), ["yes", "no", 1, 0], [-1, 0, 1]],  # the last are no mistypings
)
def test_labels_that_are_not_two_are_refused(labels):
    with pytest.raises(ValueError, match=f"expected two labels.*found {len(labels)}"):
        fitted(labels)


def test_a_mix_of_known_pairs_must_be_decided_by_the_person():
    with pytest.raises(ValueError, match="positive: say which of 1 and no counts as yes"):
        fitted(["no", 1])
    assert fitted(["no", 1], positive=1).check("no") == 0


def test_unknown_label_is_refused():
    with pytest.raises(ValueError, match=r"expected no or yes, found 'yess': did you mean 'yes'"):
        fitted(["yes", "no"]).check("yess")
    with pytest.raises(ValueError, match=r"expected 0 or 1, found 3.0"):
        fitted([0, 1]).check(3.0)


def test_loss_by_hand():
    z, y = torch.tensor([[0.3], [-2.0], [1.0]]), torch.tensor([1, 0, 1])
    p = z[:, 0].sigmoid()
    expected = torch.where(y == 1, -p.log(), -(1 - p).log())
    torch.testing.assert_close(fitted([0, 1]).loss(z, y), expected)
    weighted = fitted([0, 1], pos_weight=3.0).loss(z, y)
    torch.testing.assert_close(weighted, torch.where(y == 1, 3 * expected, expected))


def test_balanced_weight():
    assert fitted([0, 0, 0, 1], pos_weight="balanced").weight.item() == 3
    assert fitted([1, 1], pos_weight="balanced").weight.item() == 1
    for weight in (0, -1.0, "balance"):
        with pytest.raises(ValueError, match="pos_weight: expected null, balanced or a positive number"):
            Binary(pos_weight=weight)


def test_wrong_shapes_are_refused():
    task = fitted([0, 1])
    for output, target in [(torch.zeros(4), torch.zeros(4)), (torch.zeros(4, 1), torch.zeros(4, 1))]:
        with pytest.raises(ValueError, match=r"found output \[4"):
            task.loss(output, target)


def test_predictions_agree_with_the_metrics():
    task = fitted(["yes", "no"])
    z, y = torch.tensor([[2.0], [-1.0], [0.0], [0.1]]), torch.tensor([1, 1, 0, 1])
    columns = task.readable(task.predict(z))
    assert columns[""] == ["yes", "no", "no", "yes"]
    assert columns["_p_yes"][2] == 0.5
    metrics = task.metrics()
    metrics.update(*task.metric_inputs(z, y))
    assert metrics.compute()["accuracy"] == 0.75


def test_state_restores_everything_that_was_fitted():
    task = fitted(["b", "a", "a", "a"], positive="a", pos_weight="balanced")
    again = Binary(positive="a", pos_weight="balanced")
    again.load_state(task.state())
    assert again.check("a") == 1
    assert again.weight == task.weight == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("labels", "mistyped"),
    [(["yes", "no", "yse"], ["yse"]), (["Yes", "no", "no", "maybe", "n/a"], ["maybe", "n/a"]), ([0, 1, 1, 11], [11])],
)
def test_a_mistyped_label_is_left_to_be_refused_with_its_row(labels, mistyped):
    task = fitted(labels)
    for label in labels:
        with pytest.raises(ValueError, match="expected") if label in mistyped else nullcontext():
            task.check(label)
