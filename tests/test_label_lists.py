import pytest

from mmfusion.label_lists import bracketed, split_labels


@pytest.mark.parametrize(
    ("text", "separator", "labels"),
    [
        ("cat; dog;", ";", ["cat", "dog"]),
        (" ;cat ;;", ";", ["cat"]),
        ("cat|dog", "|", ["cat", "dog"]),
        ("cat || dog", "||", ["cat", "dog"]),
        ('"cat;dog"; owl', ";", ["cat;dog", "owl"]),
        ("'cat';'dog'", ";", ["cat", "dog"]),
        ("don't;won't", ";", ["don't", "won't"]),
        ("'tis; it's", ";", ["'tis", "it's"]),
        ("[a]; [b]", ";", ["[a]", "[b]"]),
        ("(cat)", ";", ["(cat)"]),
    ],
)
def test_labels_between_separators(text, separator, labels):
    assert split_labels(text, separator) == labels


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("['cat', \"don't\"]", ["cat", "don't"]),
        ('["cat","a, b"]', ["cat", "a, b"]),
        ("['cat' 'dog']", ["cat", "dog"]),
        ("array(['cat', 'dog'], dtype=object)", ["cat", "dog"]),
        ("frozenset({'cat'})", ["cat"]),
        ("frozenset()", []),
        ("('cat',)", ["cat"]),
        ("[new york, rome]", ["new york", "rome"]),
        ("{cat,dog}", ["cat", "dog"]),
        ("[1 2]", ["1", "2"]),
        ("[1, 2]", [1, 2]),
        ("['cat', None]", ["cat"]),
        ("['cat', nan]", ["cat"]),
        ("[]", []),
        ("set()", []),
    ],
)
def test_lists_in_brackets_whatever_the_separator(text, labels):
    assert bracketed(text) == labels
    assert split_labels(text, ";") == labels


@pytest.mark.parametrize("text", ["[", "cat", "(cat)", "{'a': 1}", "[a] and [b]", "(a), (b)"])
def test_what_is_no_list(text):
    assert bracketed(text) is None
