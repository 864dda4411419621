import math

import pytest
import torch
from torch.nn.functional import cross_entropy

from mmfusion.tasks.classification import Classification

LABELS = ["b", "a", "a", "a", "c", "b"]


def fitted(**options) -> Classification:
    task = Classification(**options)
    task.fit(LABELS)
    return task


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(5, 3, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 2, 1, 1, 0])


def test_classes_are_the_training_splits():
    task = fitted()
    assert task.dim == 3
    assert [task.check(x) for x in ("a", "b", "c")] == [0, 1, 2]
    assert task.counts == [3, 2, 1]
    with pytest.raises(ValueError, match="found 'd'"):
        task.check("d")


def test_numbers_from_any_file_are_the_same_classes():
    task = Classification()
    task.fit(["3", "10", 1.0])
    assert task.classes.names == ["1", "3", "10"]
    assert [task.check(x) for x in (3, 3.0, "3", " 3 ", 10)] == [1, 1, 1, 1, 2]
    with pytest.raises(ValueError, match=r"found 11.*'1'"):
        task.check(11)


def test_texts_are_classes_as_they_are_written():
    names = [
        "250",
        "250.0",
        "250.00",
        "cafe\u0301",
        "caf\u00e9",
        "new york",
        "new\u00a0york",
        "a",
        "a\u200b",
        "A",
        "True",
    ]
    task = Classification()
    task.fit(names)
    assert sorted(task.classes.names) == sorted(names)
    assert len({task.check(name) for name in names}) == len(names)
    with pytest.raises(ValueError, match=r"found '250\.000': did you mean"):
        task.check("250.000")


def test_a_run_from_before_reads_its_labels_as_it_did():
    old = Classification()
    old.load_state({"classes": ["1", "2", "true"], "counts": [1, 1, 1]})
    assert [old.check(label) for label in ("1.0", "2", "TRUE")] == [0, 1, 2]
    again = Classification()
    again.load_state(old.state())
    assert again.check("1.00") == 0


def test_classes_given_in_the_config_keep_their_order():
    task = fitted(classes=["c", "x", "a", "b"])
    assert [task.check(x) for x in ("c", "a")] == [0, 2]
    assert task.counts == [1, 0, 3, 2]


def test_a_bad_training_label_is_left_to_the_check():
    task = Classification()
    task.fit(["a", math.nan, "b"])
    assert task.dim == 2
    with pytest.raises(ValueError, match="found nan"):
        task.check(math.nan)


def test_loss_is_cross_entropy_per_row():
    z, y = batch()
    task = fitted(label_smoothing=0.1)
    expected = torch.stack([cross_entropy(z[i : i + 1], y[i : i + 1], label_smoothing=0.1) for i in range(5)])
    torch.testing.assert_close(task.loss(z, y), expected)
    by_hand = -((0.9 * z.log_softmax(1)[torch.arange(5), y]) + 0.1 / 3 * z.log_softmax(1).sum(1))
    torch.testing.assert_close(task.loss(z, y), by_hand)


def test_balanced_weights_have_mean_one_over_the_training_rows():
    task = fitted(class_weights="balanced")
    torch.testing.assert_close(task.weights, torch.tensor([6 / 9, 6 / 6, 6 / 3]))
    assert sum(w * n for w, n in zip(task.weights.tolist(), task.counts, strict=True)) == pytest.approx(6)
    z, y = batch()
    torch.testing.assert_close(task.loss(z, y), fitted().loss(z, y) * task.weights[y])
    task = fitted(classes=["a", "b", "c", "d"], class_weights="balanced")  # a class without training rows gets 1
    torch.testing.assert_close(task.weights, torch.tensor([6 / 9, 6 / 6, 6 / 3, 1.0]))


def test_listed_weights():
    z, y = batch()
    torch.testing.assert_close(
        fitted(class_weights=[1, 2, 3]).loss(z, y), fitted().loss(z, y) * torch.tensor([1.0, 2, 3])[y]
    )
    with pytest.raises(ValueError, match="expected 3 numbers, one each for a, b, c, found 2"):
        fitted(class_weights=[1, 2])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label_smoothing": 1.0}, r"label_smoothing: expected a number in \[0, 1\), found 1.0"),
        ({"class_weights": "balance"}, "class_weights: expected null, balanced or a list, found 'balance'"),
        ({"class_weights": [1.0, 0.0]}, "expected positive numbers"),
        ({"classes": ["a"]}, "expected at least 2 classes, found 1"),
        ({"classes": ["a", "a"]}, "'a' twice"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        fitted(**options)


def test_wrong_shapes_are_refused():
    for method in (fitted().loss, fitted().metric_inputs):
        with pytest.raises(ValueError, match=r"expected an output of shape \[B, 3\]"):
            method(torch.zeros(4, 3), torch.zeros(4, 1).long())


def test_predictions_are_readable():
    task = fitted()
    predictions = task.predict(torch.tensor([[0.0, 5.0, 0.0], [4.0, 0.0, 0.0]]))
    columns = task.readable(predictions)
    assert columns[""] == ["b", "a"]
    assert set(columns) == {"", "_p", "_p_a", "_p_b", "_p_c"}
    assert columns["_p"][0] == columns["_p_b"][0] > 0.9
    assert sum(columns[f"_p_{c}"][1] for c in "abc") == pytest.approx(1)


def test_state_restores_everything_that_was_fitted():
    task = fitted(class_weights="balanced")
    again = Classification(class_weights="balanced")
    again.load_state(task.state())
    z, y = batch()
    assert again.dim == 3
    assert torch.equal(again.loss(z, y), task.loss(z, y))
    assert again.check("c") == 2
    assert not task.state_dict()  # a checkpoint of a model loads before and after fitting


def test_half_precision_outputs_lose_nothing_more():
    z, y = batch()
    assert fitted().loss(z.bfloat16(), y).dtype == torch.float32
    assert fitted().metric_inputs(z.bfloat16(), y)[0].dtype == torch.float32
