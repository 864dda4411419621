from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from mmfusion.runs.inspect.groups.find_groups import GroupColumn, Grouped
from mmfusion.runs.inspect.groups.pairs import find_pair

N, PATIENTS = 300, 75


def table(mixed: bool = True, **columns) -> dict[str, pl.Series]:
    """Four rows of each patient, whose number begins anew in each of five sites."""
    generator = np.random.default_rng(0)
    who = np.arange(N) // 4
    own = generator.normal(size=(PATIENTS, 2))[who]
    cells = {
        "site": [f"{'ABCDE'[i // 15]}-town" for i in who],
        "patient": [str(i % 15 + 1) for i in who],
        "pulse": (own[:, 0] + 0.5 * generator.normal(size=N)).round(2),
        "iron": (own[:, 1] + 0.5 * generator.normal(size=N)).round(2),
        **columns,
    }
    order = generator.permutation(N) if mixed else np.arange(N)
    return {name: pl.Series(name, [str(values[i]) for i in order]) for name, values in cells.items()}


def pair_of(columns: dict[str, pl.Series], **more) -> GroupColumn | None:
    return find_pair(Grouped(columns, list(columns), **more), list(columns))


@pytest.mark.parametrize("mixed", [False, True])
def test_a_number_that_begins_anew_in_each_site(mixed):
    pair = pair_of(table(mixed))
    assert (pair.outer, pair.column, pair.values) == ("site", "patient", PATIENTS)


def test_attributes_and_texts_are_evidence_too():
    generator = np.random.default_rng(1)
    who, noise = np.arange(N) // 4, generator.normal(size=N).round(2)
    born, height = generator.integers(1930, 2000, PATIENTS)[who], generator.normal(170, 9, PATIENTS).round(1)[who]
    assert pair_of(table(pulse=born, iron=height)).column == "patient"
    words = [f"w{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(60)]
    own = [generator.choice(words, 10) for _ in range(PATIENTS)]
    note = [" ".join(generator.choice(own[i], 7)) for i in who]
    assert pair_of(table(pulse=noise, iron=noise, note=note)) is None
    assert pair_of(table(pulse=noise, iron=noise, note=note), texts=["note"]).column == "patient"


def test_what_each_of_two_columns_explains_by_itself_makes_no_pair():
    generator = np.random.default_rng(2)
    who = np.arange(N) // 4
    effects = generator.normal(size=(5, 2))[who // 15] + generator.normal(size=(15, 2))[who % 15]
    values = effects + 0.5 * generator.normal(size=(N, 2))
    assert pair_of(table(pulse=values[:, 0], iron=values[:, 1])) is None
    assert pair_of(table(pulse=generator.normal(size=N), iron=generator.normal(size=N))) is None
