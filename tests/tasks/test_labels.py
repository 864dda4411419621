import math

import numpy as np
import pytest
import torch

from mmfusion.tasks.labels import ClassList, as_value, canonical, ordered, require_shapes


@pytest.mark.parametrize("label", [3, 3.0, "3", " 3 ", np.int64(3), np.float32(3.0)])
def test_one_spelling_whatever_the_file_gave(label):
    assert canonical(label) == "3"


def test_codes_and_fractions_keep_their_spelling():
    assert [canonical(label) for label in (True, "true", np.bool_(True))] == ["true"] * 3
    for text in ("03", "3.50", "3.0", "True", "v1.0"):
        assert canonical(f"{text} ") == text
    assert canonical(0.1) == canonical("0.1") == canonical(np.float32(0.1)) == "0.1"


@pytest.mark.parametrize("label", [math.nan, math.inf, "", "  ", None, [1], {"a": 1}, b"a"])
def test_what_is_no_class_is_refused(label):
    with pytest.raises(ValueError, match="expected a class"):
        canonical(label)


def test_order_is_by_value_or_by_the_alphabet():
    assert ordered(["10", "9", "-1", "9"]) == ["-1", "9", "10"]
    assert ordered(["b", "A", "c", "10"]) == ["10", "A", "b", "c"]
    assert ordered(["nan", "2", "10"]) == ["10", "2", "nan"]


def test_unknown_class_names_the_nearest():
    classes = ClassList(["image", "speech", "text"], given=False)
    assert [classes.index(x) for x in ("image", "text ")] == [0, 2]
    with pytest.raises(
        ValueError,
        match=r"classes that the training split has, found 'speach'.*'speech'.*; to train without rows of a class",
    ):
        classes.index("speach")
    with pytest.raises(ValueError, match="listed in the task's `classes`"):
        ClassList([0, 1], given=True).index(2)


def test_a_class_named_twice_is_refused():
    with pytest.raises(ValueError, match="'1' twice; between quotes a name stays as it is written"):
        ClassList([1, 2, 1.0], given=True)
    assert len(ClassList(["1", "1.0"], given=True)) == 2


def test_classes_given_as_numbers_say_how_to_keep_their_spelling():
    with pytest.raises(ValueError, match=r"found '401\.90'.*'401\.9'.*between quotes"):
        ClassList([250, 401.90], given=True).index("401.90")
    with pytest.raises(ValueError, match=r"found 'yes'.*between quotes"):
        ClassList([True, False], given=True).index("yes")


@pytest.mark.parametrize(
    ("name", "value"), [("3.0", "3"), ("-1.", "-1"), ("TRUE", "true"), ("3.5", "3.5"), ("03", "03")]
)
def test_names_by_value(name, value):
    assert as_value(name) == value


@pytest.mark.parametrize(
    ("output", "target"), [((4, 1), (4, 1)), ((4,), (4,)), ((4, 1), (3,)), ((4, 2), (4,)), ((4, 1), ())]
)
def test_shapes_that_would_broadcast_are_refused_with_both_shapes(output, target):
    with pytest.raises(ValueError, match=rf"found output \[{str(list(output))[1:-1]}\] and target \["):
        require_shapes(torch.zeros(output), torch.zeros(target), 1, ())
