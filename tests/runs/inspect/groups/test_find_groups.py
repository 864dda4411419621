from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from mmfusion.runs.inspect.columns.coded import MOST_ROWS
from mmfusion.runs.inspect.groups.find_groups import GroupColumn, Grouped, find_groups, find_pair, straddling_values

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


ROWS, PATIENTS = 300, 75


def pair_table(mixed: bool = True, **columns) -> dict[str, pl.Series]:
    """Four rows of each patient, whose number begins anew in each of five sites."""
    generator = np.random.default_rng(0)
    who = np.arange(ROWS) // 4
    own = generator.normal(size=(PATIENTS, 2))[who]
    cells = {
        "site": [f"{'ABCDE'[i // 15]}-town" for i in who],
        "patient": [str(i % 15 + 1) for i in who],
        "pulse": (own[:, 0] + 0.5 * generator.normal(size=ROWS)).round(2),
        "iron": (own[:, 1] + 0.5 * generator.normal(size=ROWS)).round(2),
        **columns,
    }
    order = generator.permutation(ROWS) if mixed else np.arange(ROWS)
    return {name: pl.Series(name, [str(values[i]) for i in order]) for name, values in cells.items()}


def pair_of(columns: dict[str, pl.Series], **more) -> GroupColumn | None:
    return find_pair(Grouped(columns, list(columns), **more), list(columns))


@pytest.mark.parametrize("mixed", [False, True])
def test_a_number_that_begins_anew_in_each_site(mixed):
    pair = pair_of(pair_table(mixed))
    assert (pair.outer, pair.column, pair.values) == ("site", "patient", PATIENTS)


def test_attributes_and_texts_are_evidence_too():
    generator = np.random.default_rng(1)
    who, noise = np.arange(ROWS) // 4, generator.normal(size=ROWS).round(2)
    born, height = generator.integers(1930, 2000, PATIENTS)[who], generator.normal(170, 9, PATIENTS).round(1)[who]
    assert pair_of(pair_table(pulse=born, iron=height)).column == "patient"
    words = [f"w{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(60)]
    own = [generator.choice(words, 10) for _ in range(PATIENTS)]
    note = [" ".join(generator.choice(own[i], 7)) for i in who]
    assert pair_of(pair_table(pulse=noise, iron=noise, note=note)) is None
    assert pair_of(pair_table(pulse=noise, iron=noise, note=note), texts=["note"]).column == "patient"


def test_what_each_of_two_columns_explains_by_itself_makes_no_pair():
    generator = np.random.default_rng(2)
    who = np.arange(ROWS) // 4
    effects = generator.normal(size=(5, 2))[who // 15] + generator.normal(size=(15, 2))[who % 15]
    values = effects + 0.5 * generator.normal(size=(ROWS, 2))
    assert pair_of(pair_table(pulse=values[:, 0], iron=values[:, 1])) is None
    assert pair_of(pair_table(pulse=generator.normal(size=ROWS), iron=generator.normal(size=ROWS))) is None
