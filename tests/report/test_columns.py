from mmfusion.report.columns import ABSENT, Columns, token


def test_token():
    assert token(1) == token(1.0)
    assert token(True) != token(1)
    assert token(None) != token(ABSENT) != token("None")
    assert token([1, {"a": 2.0}]) == token((1.0, {"a": 2}))
    assert token([1]) != token(1)
    assert {token({"b": 1, "a": [2]}), token({"a": [2], "b": 1})} == {token({"a": [2], "b": 1})}


def test_what_follows_from_what():
    columns = Columns([{"a": 1, "b": "x"}, {"a": 1, "b": "x", "c": 0}, {"a": 2, "b": "x", "c": 0}])
    assert columns.follows("b", "a")
    assert not columns.follows("a", "b")
    assert not columns.follows("c", "a")
    assert not columns.follows("a", "no such key")
    assert columns.only_there_or_not("c")
    assert not columns.only_there_or_not("a")
    assert columns.determined("c", ["a"], [0, 1, 0])
    assert columns.parts("c") == 2
