import numpy as np
import polars as pl

from mmfusion.runs.inspect.columns.coded import MOST_ROWS
from mmfusion.runs.inspect.groups.find_groups import Grouped, find_groups, straddling_values

N = 240


def groups(**columns) -> list[str]:
    table = {name: pl.Series(name, [str(cell) for cell in cells]) for name, cells in columns.items()}
    return [group.column for group in find_groups(Grouped(table, list(table)), list(table))]


def test_rows_that_are_alike_are_found_by_their_numbers_alone():
    generator = np.random.default_rng(0)
    who = generator.integers(0, 30, N)
    near = {f"x{k}": (generator.normal(size=30)[who] + 0.5 * generator.normal(size=N)).round(3) for k in range(3)}
    names = [f"{chr(97 + i % 26)}{chr(97 + i // 26)}a" for i in who]
    assert groups(who=names, **near) == ["who"]
    assert groups(who=generator.permutation(names), **near) == []
    mostly = ["zza" if generator.random() < 0.7 else name for name in names]
    assert groups(who=mostly, **near) == [], "a value that most rows have makes no group"


def test_what_follows_from_the_target_is_no_group():
    generator = np.random.default_rng(0)
    target = [f"{chr(97 + i)}" for i in generator.integers(0, 20, N)]
    table = {"target": pl.Series(target), "code": pl.Series([f"P{ord(cell):03}" for cell in target])}
    for targets, codes in (([], ["code"]), (["target"], [])):
        grouped = Grouped(table | {"x": pl.Series([ord(c) + 0.5 for c in target])}, ["x"], targets=targets)
        assert [group.column for group in find_groups(grouped, ["code"])] == codes


def test_a_measurement_of_each_patient_may_be_the_target():
    place = np.arange(N) // 6
    ages = np.random.default_rng(0).permutation(40) + 20
    table = {"age": pl.Series(ages[place].astype(str)), "who": pl.Series([f"p{i:02}" for i in place])}
    (group,) = find_groups(Grouped(table, ["who"], targets=["age"]), ["who"])
    assert (group.column, group.values, group.rows) == ("who", 40, N)


def test_numbers_with_a_fraction_and_columns_of_few_rows_are_no_groups():
    assert groups(dose=[i // 6 + 0.5 for i in range(N)]) == []
    assert groups(own=[f"P{i:03}" for i in range(N)]) == []
    assert groups(few=[f"P{i // 4:03}" for i in range(16)]) == []


def test_a_long_table_is_looked_at_in_whole_values():
    rows = 3 * MOST_ROWS
    generator = np.random.default_rng(0)
    who = generator.permutation(np.arange(rows) // 4)
    near = {f"x{k}": pl.Series(generator.normal(size=rows // 4)[who]) for k in range(2)}
    table = {"who": pl.Series([f"n{i}x" for i in who]), **near}
    (group,) = find_groups(Grouped(table, list(near)), ["who"])
    assert group.values == rows // 4


def test_values_in_several_splits():
    assert straddling_values(pl.Series(["a", "a", "b", None, "c"]), pl.Series(["x", "y", "x", "x", None])) == 1
