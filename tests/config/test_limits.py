import ast
import math

import pytest

from mmfusion.config.limits import Keys, Range, read_limits


@pytest.mark.parametrize(
    ("limits", "inside", "outside"),
    [
        (Range(1), [1, 1.5, math.inf], [0, 0.999, -math.inf]),
        (Range(0, 1), [0, 0.5, 1], [-1e-9, 1 + 1e-9]),
        (Range(0, above=True), [1e-300], [0, -0.0, -1]),
        (Range(0, 1, above=True), [0.5, 1], [0, 1.5]),
        (Range(3, 3), [3], [2, 4]),
    ],
)
def test_the_ends_belong_to_a_range_unless_it_begins_above(limits, inside, outside):
    assert all(limits.holds(each) for each in inside)
    assert not any(limits.holds(each) for each in outside)
    assert not limits.holds(math.nan)


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        (Range(1), "of at least 1"),
        (Range(0, above=True), "above 0"),
        (Range(0, 0.5), "from 0 to 0.5"),
        (Range(0, 1, above=True), "above 0 and up to 1"),
        (Keys("train", "val"), "with train, val"),
    ],
)
def test_what_a_message_says_of_them(limits, text):
    assert str(limits) == text


@pytest.mark.parametrize(
    ("source", "limits"),
    [
        ("Range(1)", Range(1)),
        ("Range(-1.5, high=2)", Range(-1.5, 2)),
        ("Range(0, above=True)", Range(0, above=True)),
        ("Keys('a', 'b')", Keys("a", "b")),
        ("Keys()", Keys()),
        ("Range", None),
        ("'Range(1)'", None),
        ("Other(1)", None),
        ("Literal['a']", None),
        ("typing.Range(1)", None),
    ],
)
def test_they_are_read_from_the_source_of_an_annotation(source, limits):
    assert read_limits(ast.parse(source, mode="eval").body) == limits


def test_what_is_no_plain_number_is_not_run():
    with pytest.raises(ValueError, match="malformed"):
        read_limits(ast.parse("Range(open('x'))", mode="eval").body)


def test_keys_are_equal_by_their_names_and_cannot_be_changed():
    assert Keys("a", "b") == Keys("a", "b") != Keys("b", "a")
    with pytest.raises(AttributeError):
        Keys("a").names = ()
