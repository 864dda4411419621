from mmfusion.runs.digest import digest


def test_rows_in_any_order_and_from_any_iterable_have_one_name():
    assert digest(["a", "b", "c"]) == digest(iter(["c", "a", "b"])) == "7f267f765b504e73"


def test_other_rows_have_another():
    names = [digest(rows) for rows in ([""], ["a"], ["a", "a"], ["a", "b"], ["ab"], ["a b"], ["b", "é"])]
    assert len(set(names)) == len(names)
    assert {len(name) for name in names} == {16}
