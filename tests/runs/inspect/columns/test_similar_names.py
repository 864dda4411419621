import pytest

from mmfusion.runs.inspect.columns.similar_names import number_spellings, similar, similar_message, visible


@pytest.mark.parametrize(
    "names",
    [
        ("250", "250.0", "250.00"),
        ("Cat", "cat"),
        ("caf\u00e9", "cafe\u0301"),
        ("cat", "cat\u200b"),
        ("new york", "new\u00a0york", "new  york"),
        ("\ufb01n", "fin"),
        ("A", "\uff21"),
        ("stra\u00dfe", "STRASSE"),
        ("1e2", "100"),
    ],
)
def test_names_that_look_alike(names):
    assert similar([*names, "other"]) == [sorted(names)]


def test_names_that_do_not():
    assert similar(["cat", "cats", "250", "251", "v1.0", "v1", "1,5", "1.5", "été", "ete"]) == []
    assert similar_message(["a", "b"], "classes") is None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("über uns", "'über uns'"),
        ("这只猫", "'这只猫'"),
        ("cafe\u0301", r"'cafe\u0301'"),
        ("a\u200b", r"'a\u200b'"),
        ("a\u00a0b", r"'a\xa0b'"),
        ("a\tb", r"'a\tb'"),
        ("\u0e01\u0e34", "'\u0e01\u0e34'"),  # Thai vowels above a letter have no composed form
    ],
)
def test_what_cannot_be_seen_is_escaped(name, shown):
    assert visible(name) == shown


def test_the_message_names_every_spelling_and_counts_the_rest():
    assert similar_message(["a\u200b", "a", "b", "B", "c", "C", "d", "D"], "levels").startswith(
        r"'B' and 'b'; 'C' and 'c'; 'D' and 'd'; … and 1 more are different levels that differ only in"
    )


def test_numbers_in_several_spellings():
    assert number_spellings(["250", "250.0", "401.9"])
    assert not number_spellings(["250", "401.9", "a", "A"])
