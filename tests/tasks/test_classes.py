import pytest

from mmfusion.tasks._classes import ClassTask
from mmfusion.tasks.binary import Binary
from mmfusion.tasks.classification import Classification
from mmfusion.tasks.multilabel import Multilabel
from mmfusion.tasks.regression import Regression

LABELS = {Classification: ["b", "c", "a", "a"], Binary: ["no", "yes", "yes"], Multilabel: ["b", "a;c", "a"]}
KINDS = pytest.mark.parametrize("kind", LABELS)


@KINDS
def test_what_was_fitted_comes_back(kind):
    task, again = kind(), kind()
    task.fit(LABELS[kind])
    again.load_state(task.state())
    assert isinstance(task, ClassTask)
    assert (again.classes.names, again.counts, again.dim) == (task.classes.names, task.counts, task.dim)
    assert sum(task.counts) == {Multilabel: 4}.get(kind, len(LABELS[kind]))
    assert "training split has" in _complaint(task) or kind is Binary


def _complaint(task) -> str:
    with pytest.raises(ValueError, match="found 'z'") as caught:
        task.check("z")
    return str(caught.value)


@pytest.mark.parametrize("kind", [Classification, Multilabel])
def test_classes_that_were_given_stay_and_errors_call_them_so(kind):
    task = kind(classes=["c", "b", "a", "none of the rows"])
    task.fit(LABELS[kind])
    assert task.classes.names == ["c", "b", "a", "none of the rows"]
    assert task.counts[3] == 0
    again = kind(classes=["c", "b", "a", "none of the rows"])
    again.load_state(task.state())
    assert "listed in the task's `classes`" in _complaint(again)


@KINDS
def test_too_few_bins_are_refused(kind):
    with pytest.raises(ValueError, match="auroc_bins: expected null or at least 2, found 1"):
        kind(auroc_bins=1)


def test_among_how_many_a_blind_guess_chooses():
    choices = {}
    for kind, labels in {**LABELS, Regression: [1.0, 2.0]}.items():
        task = kind()
        task.fit(labels)
        choices[kind] = task.choices
    assert choices == {Classification: 3, Binary: 2, Multilabel: 2, Regression: 0}
